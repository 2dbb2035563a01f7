"""What a run has, as its journal adds up: cells, evidence, papers, artefacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..records import Cell, Event, Evidence, Json, parse
from .tape import EFFECTS, counting


class State:
    """A projection of effects. `apply` is the only way it changes, live and in replay."""

    def __init__(self) -> None:
        self._cells: list[Cell] = []
        self._evidence: dict[str, Evidence] = {}
        self._papers: dict[str, Json] = {}
        self._artefacts: dict[str, Any] = {}
        self.changed = 0
        """How often cells changed; an artefact that rests on cells remembers it."""

    @property
    def cells(self) -> Sequence[Cell]:
        """The draft notebook, in order."""
        return tuple(self._cells)

    @property
    def evidence(self) -> Mapping[str, Evidence]:
        """Everything quoted so far, by id."""
        return self._evidence

    @property
    def papers(self) -> Mapping[str, Json]:
        """Cards of the papers at hand, by id."""
        return self._papers

    @property
    def artefacts(self) -> Mapping[str, Any]:
        """What passed its checks, by name."""
        return self._artefacts

    def apply(self, kind: str, data: Any) -> None:
        """Apply one effect; other kinds change nothing."""
        if kind == "cell":
            self._put(parse(data["cell"], Cell), data.get("index"))
        elif kind == "cell_removed":
            self._cells = [cell for cell in self._cells if cell.id != data["id"]]
            self.changed += 1
        elif kind == "evidence":
            found = parse(data, Evidence)
            self._evidence[found.id] = found
        elif kind == "paper":
            self._papers[data["id"]] = data
        elif kind == "artefact":
            self._artefacts[data["name"]] = data["value"]

    def copy(self) -> State:
        """The same state, to go its own way."""
        other = State()
        other.become(self)
        return other

    def become(self, other: State) -> None:
        """Take over everything another line has."""
        self._cells = list(other._cells)
        self._evidence, self._papers = dict(other._evidence), dict(other._papers)
        self._artefacts, self.changed = dict(other._artefacts), other.changed

    def _put(self, cell: Cell, index: int | None) -> None:
        """Replace the cell with the same id where it stands, else insert at `index`, else append."""
        at = next((i for i, c in enumerate(self._cells) if c.id == cell.id), None)
        if at is not None:
            changed = self._cells[at].source != cell.source
            self._cells[at] = cell
        else:
            changed = True
            self._cells.insert(len(self._cells) if index is None else index, cell)
        self.changed += changed


def line_of(key: str) -> str:
    """The line of work a key belongs to: its path up to the last branch, `` for the main line."""
    path = key.rpartition(":")[0]
    parts = path.split("/")
    last = max((i for i, part in enumerate(parts) if part.endswith("b")), default=0)
    return "/".join(parts[: last + 1]) if last else ""


def advance(lines: dict[str, State], event: Event) -> None:
    """Apply one event that counts to the lines of work it concerns."""
    line = line_of(event.key)
    if event.kind == "branch":
        lines[event.data["path"]] = lines[line].copy()
    elif event.kind == "adopted":
        lines[line].become(lines[event.data["path"]])
    elif event.kind in EFFECTS:
        lines[line].apply(event.kind, event.data)


def project(events: Iterable[Event]) -> State:
    """The main line's state after all events that count; for views and for ended runs."""
    lines = {"": State()}
    for event in counting(events):
        advance(lines, event)
    return lines[""]
