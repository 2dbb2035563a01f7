"""Every error a user can meet, as one tree.

JupyterAgentsError
├── InputError                  what was asked for cannot be done as written (exit code 2)
│   ├── UnknownName             a setting, option, key, agent or design that does not exist
│   ├── PaperError              a paper that cannot be read
│   │   ├── PaperNotFound
│   │   ├── PaperWithdrawn
│   │   ├── PaperUnreadable     encrypted, scanned, empty, broken
│   │   └── PaperRefused        hostile or too large: traversal, bombs, endless macros
│   └── DataError               data given to an experiment that cannot be taken
├── ArxivError                  arXiv did not answer as it should
│   ├── ArxivQueryError         arXiv refused the query or the id
│   ├── ArxivBusy               429, 503 or a body that is no feed
│   ├── ArxivTimeout
│   └── ArxivUnreachable         no connection to arXiv, or one that broke
├── KernelError
│   ├── SandboxUnavailable      no sandbox can be set up here; nothing was run
│   ├── KernelDied
│   ├── KernelTimeout
│   └── ReadRefused             a file in the run's folder that is a link, a device or too large
├── ModelError
│   ├── ModelUnavailable        no key, wrong key, unknown model, no connection
│   ├── ModelBusy               still overloaded after the bounded retries
│   ├── ModelRefused            the model declined to answer
│   ├── ModelAnswerInvalid      an answer that does not fit its schema after one repair round
│   └── ContextExceeded         a conversation that no longer fits the model's window
├── StoreError
│   ├── StoreEmpty
│   ├── PreprintNotFound      no preprint with this id (exit code 2)
│   ├── EmbedderMismatch        the index was built with another embedder: rebuild it
│   ├── StoreLocked
│   └── StoreUnreadable         a record that is damaged, of a newer version, or cannot be opened here
├── JournalError                a journal that is damaged or of a newer version
├── RunError
│   ├── RunNotFound
│   ├── RunOwned                another live process or another host owns it
│   ├── RunDiverged             a resumed run asks for something else than its journal holds
│   └── RunFailed               a run ended as failed or stopped; raised after it has shown itself
└── MissingExtra                an optional part that is not installed; says the install line

Stop                            control flow inside a run, never shown as an error
├── BudgetExhausted
├── StopAsked
└── Held
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class JupyterAgentsError(Exception):
    """What failed, on what, and what to do next. Keyword fields become attributes."""

    exit_code = 1

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields
        for name, value in fields.items():
            setattr(self, name, value)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.fields)


def _rebuild(cls: type[JupyterAgentsError], message: str, fields: dict[str, object]) -> JupyterAgentsError:
    """Build an error again in another process; its attributes come along."""
    error = cls.__new__(cls)
    JupyterAgentsError.__init__(error, message, **fields)
    return error


class InputError(JupyterAgentsError):
    """What was asked for cannot be done as written."""

    exit_code = 2


class UnknownName(InputError):
    """A name that does not exist, with the nearest one that does."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        choices = sorted(known)
        near = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(choices) or 'none'}"
        super().__init__(
            f"unknown {kind} {name!r}{f' in {where}' if where else ''}; {hint}",
            kind=kind,
            name=name,
            nearest=near[0] if near else None,
        )


class PaperError(InputError):
    """A paper that cannot be read."""


class PaperNotFound(PaperError):
    """No such file, folder or arXiv id."""


class PaperWithdrawn(PaperError):
    """The authors or arXiv withdrew it; there is no source to read."""


class PaperUnreadable(PaperError):
    """Encrypted, scanned, empty or broken."""


class PaperRefused(PaperError):
    """Hostile or too large: traversal, links, bombs, endless macros."""


class DataError(InputError):
    """Data given to an experiment that cannot be taken."""


class ArxivError(JupyterAgentsError):
    """arXiv did not answer as it should."""


class ArxivQueryError(ArxivError):
    """arXiv refused the query or the id."""


class ArxivBusy(ArxivError):
    """arXiv answered 429, 503 or something that is no feed, after bounded retries."""


class ArxivTimeout(ArxivError):
    """arXiv did not answer in time."""


class ArxivUnreachable(ArxivError):
    """No connection to arXiv, or one that broke off."""


class KernelError(JupyterAgentsError):
    """Something about a kernel."""


class SandboxUnavailable(KernelError):
    """No sandbox can be set up here; nothing was run."""


class KernelDied(KernelError):
    """The kernel's process ended."""


class KernelTimeout(KernelError):
    """The kernel did not answer in time."""


class ReadRefused(KernelError):
    """A file in the run's folder that is a link, a device or too large to read back."""


class ModelError(JupyterAgentsError):
    """Something about the model or its server."""


class ModelUnavailable(ModelError):
    """No key, a wrong key, an unknown model, or no connection."""


class ModelBusy(ModelError):
    """Still overloaded or failing after the bounded retries."""


class ModelRefused(ModelError):
    """The model declined to answer."""


class ModelAnswerInvalid(ModelError):
    """An answer that does not fit its schema after one repair round."""


class ContextExceeded(ModelError):
    """A conversation that no longer fits the model's window."""


class StoreError(JupyterAgentsError):
    """Something about the preprint store."""


class StoreEmpty(StoreError):
    """There is nothing in the store yet."""


class PreprintNotFound(StoreError, InputError):
    """No preprint with this id."""

    exit_code = 2


class EmbedderMismatch(StoreError):
    """The index was built with another embedder; rebuild it."""


class StoreLocked(StoreError):
    """Another process holds the index for longer than we wait."""


class StoreUnreadable(StoreError):
    """A record that is damaged, of a newer version, or cannot be opened here."""


class JournalError(JupyterAgentsError):
    """A journal that is damaged or was written by a newer version."""


class RunError(JupyterAgentsError):
    """Something about a run."""


class RunNotFound(RunError, InputError):
    """No run with this id."""

    exit_code = 2


class RunOwned(RunError):
    """Another live process, or another host, owns this run."""


class RunDiverged(RunError):
    """A resumed run asks for something else than its journal holds."""


class RunFailed(RunError):
    """A run ended as failed or stopped; raised after it has shown itself."""


class MissingExtra(JupyterAgentsError):
    """An optional part that is not installed; says the install line."""


class Stop(Exception):
    """Ends or suspends a run's work in an orderly way; carries what to record."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BudgetExhausted(Stop):
    """Money, tokens, steps or wall time are used up."""


class StopAsked(Stop):
    """A person asked the run to stop."""


class Held(Stop):
    """Waited or was paused for as long as a process is kept; it ends, and the run can be resumed."""
