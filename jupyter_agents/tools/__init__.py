"""What a model may call: typed functions, grouped by what they touch.

Each file of this folder defines tools with `@tool`; `names()` lists the files, `load(name)` gives a file's tools.
A tool is an async function of a `Desk` and one argument record. Its schema is made from the record, its text from
the docstring. Whatever a tool changes it changes by `desk.emit`, so that a journal rebuilds it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, get_type_hints

from ..records import Cell, Evidence, Json, Observation, Record, Request, json_schema

if TYPE_CHECKING:
    from ..runtime.kernel import Kernel
    from ..runtime.papers import Paper
    from ..runtime.store import Store

Effect = Literal["read", "network", "execute", "write", "store", "submit"]
"""What a tool touches: papers and notebook, hosts, the sandboxed kernel, the run's folder, the store, the board."""


class State(Protocol):
    """What a run has so far: a projection of its journal. Read it; change it by `Desk.emit` only."""

    @property
    def cells(self) -> Sequence[Cell]:
        """The draft notebook, in order."""
        ...

    @property
    def evidence(self) -> Mapping[str, Evidence]:
        """Everything quoted so far, by id."""
        ...

    @property
    def papers(self) -> Mapping[str, Json]:
        """Cards of the papers at hand, by id: title, authors, year, source, version."""
        ...

    @property
    def artefacts(self) -> Mapping[str, Any]:
        """What passed its checks, by name, as JSON values."""
        ...


class Library(Protocol):
    """Papers within reach: local sources, arXiv, and what was parsed before."""

    def local(self) -> Sequence[str]:
        """What the request's sources hold, as strings that `open` takes; unreadable ones are left out and noted."""
        ...

    async def open(self, source: str) -> Paper:
        """The parsed paper of an id or local source; kept in memory and on disk. Raises PaperError, ArxivError."""
        ...

    async def search(
        self, query: str, *, category: str = "", since: int | None = None, limit: int = 10
    ) -> Sequence[Json]:
        """Cards of arXiv entries: id, title, authors, year, abstract, categories. Raises ArxivError."""
        ...


class Desk(Protocol):
    """What a tool may touch while it works. Built by `session/` for one call."""

    @property
    def request(self) -> Request:
        """What the person asked for."""
        ...

    @property
    def folder(self) -> Path:
        """The line's folder; `folder / "work"` is what a kernel sees."""
        ...

    @property
    def state(self) -> State:
        """What the run has so far."""
        ...

    @property
    def library(self) -> Library:
        """Papers: local sources, arXiv, the parsed cache."""
        ...

    @property
    def store(self) -> Store:
        """The preprint store."""
        ...

    def emit(self, kind: str, data: object) -> None:
        """Journal an effect and apply it: `cell`, `cell_removed`, `evidence`, `paper`, `artefact`, `note`."""
        ...

    async def kernel(self) -> Kernel:
        """The run's (or branch's) sandboxed kernel, started and its kept cells re-run if need be."""
        ...

    async def fresh_kernel(self, name: str) -> Kernel:
        """A new kernel in a fresh folder with the run's own data and nothing else; shut down by who asked."""
        ...

    def place(self, name: str, source: Path) -> Path:
        """Copy a file or folder of ours into the work folder as `name`; it is there again after a restart."""
        ...

    def note(self, text: str) -> None:
        """A line for whoever watches."""
        ...

    def new_id(self, prefix: str) -> str:
        """An id that is the same when the run is replayed, for instance `ev-k3v9x0a2`."""
        ...


A = TypeVar("A", bound=Record)
Function = Callable[[Any, Any], Awaitable[Observation]]


@dataclass(frozen=True)
class Tool:
    """One function a model may call."""

    name: str
    about: str
    effect: Effect
    arguments: type[Record]
    function: Function
    hosts: tuple[str, ...] = ()
    """Hosts it may reach, for tools with the effect `network`."""

    def schema(self) -> Json:
        """JSON Schema of its arguments."""
        return json_schema(self.arguments)


def tool(effect: Effect, *, hosts: tuple[str, ...] = ()) -> Callable[[Function], Tool]:
    """Make a tool of an async function `(desk, arguments)`; its docstring is what the model reads."""

    def make(function: Function) -> Tool:
        arguments = get_type_hints(function)["arguments"]
        name = getattr(function, "__name__", "tool")
        return Tool(name, " ".join((function.__doc__ or "").split()), effect, arguments, function, hosts)

    return make


def names() -> list[str]:
    """The groups of tools: one a file of this folder."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def load(name: str) -> dict[str, Tool]:
    """The tools of one group, by name."""
    module = importlib.import_module(f".{name}", __name__)
    return {t.name: t for t in vars(module).values() if isinstance(t, Tool)}
