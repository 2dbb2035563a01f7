"""Where a run stands, folded from its journal event by event: what every view shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from ..records import Answer, Budget, Cell, Event, Json, Question, Record, Request, RunState, Usage, changed, parse

T = TypeVar("T")
ENDED = frozenset({RunState.done, RunState.failed, RunState.stopped})
NOTES = 5
"""How many notes and stages are kept."""


class CellGlance(Record):
    """The newest cell, as a view shows it."""

    id: str
    kind: str
    source: str
    number: int = 0
    """Its place in the notebook, counted from 1."""
    status: str = ""
    """Empty while it has not run."""
    output: str = ""
    """The text of its outputs, or its error."""


class Ending(Record):
    """What a run gave back."""

    title: str = ""
    summary: str = ""
    result: Any = None
    files: tuple[str, ...] = ()
    preprint: str = ""
    claims: tuple[Json, ...] = ()
    verdicts: tuple[Json, ...] = ()


class Progress(Record):
    """A run in one look; the payload of `application/vnd.jupyter-agents.run+json`."""

    run: str
    agent: str
    text: str
    folder: str = ""
    line: str = ""
    """The first line of every report: with or without a model."""
    state: RunState = RunState.queued
    reason: str = ""
    stages: tuple[str, ...] = ()
    """The newest last; the last one is under way."""
    steps: int = 0
    """Model calls and tool calls that have ended."""
    cost: Usage = Usage()
    budget: Budget = Budget()
    papers: int = 0
    evidence: int = 0
    cells: int = 0
    cell: CellGlance | None = None
    artefacts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    question: Question | None = None
    ending: Ending | None = None
    seq: int = 0
    """The newest event it knows of."""
    live: str = ""
    """The last words of an answer that is still coming."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come, unless somebody resumes it."""
        return self.state in ENDED


@dataclass
class Fold:
    """Takes events in order and says where the run stands."""

    run: str
    request: Request
    folder: str = ""
    cost: Usage = field(default_factory=Usage)
    """All that was spent so far."""
    _said: dict[str, Any] = field(default_factory=dict)
    _cells: list[str] = field(default_factory=list)
    _papers: set[str] = field(default_factory=set)
    _evidence: set[str] = field(default_factory=set)

    def progress(self, live: str = "") -> Progress:
        """As of the last event taken."""
        counts = {"papers": len(self._papers), "evidence": len(self._evidence), "cells": len(self._cells)}
        said = {"budget": self.request.budget, "cost": self.cost, **self._said, **counts}
        return Progress(
            run=self.run, agent=self.request.agent, text=self.request.text, folder=self.folder, live=live, **said
        )

    def take(self, event: Event) -> None:
        """One event; kinds it does not know change nothing."""
        data = event.data if isinstance(event.data, dict) else {}
        self._said["seq"] = event.seq
        usage = _maybe(data.get("usage"), Usage)
        if usage is not None:
            self.cost = self.cost + usage
        takes = getattr(self, f"_take_{event.kind}", None)
        if takes is not None:
            takes(data)

    def _take_started(self, data: Json) -> None:
        self._said["line"] = str(data.get("line", ""))

    def _take_state(self, data: Json) -> None:
        if data.get("state") in RunState.__members__:
            self._said |= {"state": RunState(data["state"]), "reason": str(data.get("reason") or "")}
            if self._said["state"] in ENDED:
                self._said["question"] = None

    def _take_stage(self, data: Json) -> None:
        self._append("stages", str(data.get("title", "")))

    def _take_note(self, data: Json) -> None:
        self._append("notes", str(data.get("text", "")))

    def _take_result(self, data: Json) -> None:
        if data.get("what") in ("model", "act"):
            self._said["steps"] = self._said.get("steps", 0) + 1

    def _take_cell(self, data: Json) -> None:
        cell = _maybe(data.get("cell"), Cell)
        if cell is not None:
            if cell.id not in self._cells:
                index = data.get("index")
                self._cells.insert(index if isinstance(index, int) else len(self._cells), cell.id)
            self._said["cell"] = changed(glance(cell), number=self._cells.index(cell.id) + 1)

    def _take_cell_removed(self, data: Json) -> None:
        if (id := str(data.get("id"))) in self._cells:
            self._cells.remove(id)

    def _take_evidence(self, data: Json) -> None:
        self._evidence.add(str(data.get("id")))

    def _take_paper(self, data: Json) -> None:
        self._papers.add(str(data.get("id")))

    def _take_artefact(self, data: Json) -> None:
        done = self._said.get("artefacts", ())
        self._said["artefacts"] = tuple(dict.fromkeys((*done, str(data.get("name")))))

    def _take_question(self, data: Json) -> None:
        self._said["question"] = _maybe(data, Question)

    def _take_answer(self, data: Json) -> None:
        answer, asked = _maybe(data, Answer), self._said.get("question")
        if answer is not None and asked is not None and asked.id == answer.question:
            self._said["question"] = None

    def _take_budget(self, data: Json) -> None:
        self._said["budget"] = _maybe(data, Budget) or self._said.get("budget", self.request.budget)

    def _take_report(self, data: Json) -> None:
        self._said["ending"] = _maybe(data, Ending)

    def _append(self, name: str, text: str) -> None:
        if text.strip():
            self._said[name] = (*self._said.get(name, ()), text)[-NOTES:]


def glance(cell: Cell) -> CellGlance:
    """A cell with the text of its outputs."""
    result = cell.result
    if result is None:
        return CellGlance(id=cell.id, kind=cell.kind, source=cell.source)
    failed = f"{result.error_name}: {result.error_value}" if result.error_name else ""
    output = failed or "".join(_text(output) for output in result.outputs)
    return CellGlance(id=cell.id, kind=cell.kind, source=cell.source, status=result.status, output=output)


def _text(output: Json) -> str:
    text = output.get("text") or output.get("data", {}).get("text/plain") or ""
    return "".join(text) if isinstance(text, list) else str(text)


def _maybe(data: object, kind: type[T]) -> T | None:
    try:
        return parse(data, kind) if isinstance(data, dict) else None
    except msgspec.ValidationError:
        return None
