"""The preprint store: what agents found, for other agents, labs and people to search and cite.

`record.py` is SQLite, the record; `index.py` the chroma index built from it; `embed.py` the embedder that works
offline; `store.py` joins them. Losing the index loses nothing: `rebuild` makes it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ...records import Preprint, Record, Usage, Verdict


class Hit(Record):
    """One passage of a preprint that answers a query."""

    preprint: str
    version: int
    title: str
    passage: str
    score: float
    """Higher is better; comparable within one answer only."""
    trust: str = "unchecked"
    model: str = ""
    created: str = ""
    section: str = ""
    """Headings above the passage, joined by ` › `; `Abstract` for the abstract."""


class Submission(Record):
    """One time that a run put a preprint in; a second run with the same words adds a submission, no preprint."""

    key: str
    preprint: str
    version: int
    agent: str = ""
    run: str = ""
    model: str = ""
    cost: Usage = Usage()
    notebook_hash: str = ""
    created: str = ""


class Reproduction(Record):
    """What one independent run said of a preprint's claims."""

    preprint: str
    version: int
    by_run: str
    verdicts: tuple[Verdict, ...] = ()
    created: str = ""


class Store(Protocol):
    """Preprints, versioned, never deleted."""

    def submit(self, preprint: Preprint, *, key: str) -> Preprint:
        """Put a preprint in; returns it with its id and version. The same `key` twice changes nothing.

        Without an id it gets one; with the id of a stored one it becomes that one's next version. The same content
        again (id, run, model, cost and dates aside) is the preprint that is there, also where that was withdrawn;
        the submission is kept. `trust` and `withdrawn` of what is handed in do not count.
        Raises StoreError naming what is wrong with it.
        """
        ...

    def search(self, query: str, *, limit: int = 10, trust: str | None = None) -> list[Hit]:
        """Passages by meaning and by words, fused; withdrawn preprints are left out."""
        ...

    def show(self, id: str, *, version: int | None = None) -> Preprint:
        """One preprint, newest version if none is named. Raises StoreError if there is none."""
        ...

    def withdraw(self, id: str, reason: str) -> Preprint:
        """Mark it withdrawn; it stays readable and says so."""
        ...

    def set_trust(self, id: str, verdicts: Sequence[Verdict], by_run: str, *, version: int | None = None) -> Preprint:
        """Keep what an independent run found, and set the trust that follows from all such runs.

        For `reproduce` only. Any mismatch: `mismatch`; every claim the preprint lists reproduced: `reproduced`; else
        `unchecked`. A run's later verdicts replace its earlier ones. Raises StoreError for a run that submitted the
        preprint itself, or a verdict on a claim that it does not make.
        """
        ...

    def rebuild(self) -> int:
        """Build the index again from the record; returns the number of passages."""
        ...
