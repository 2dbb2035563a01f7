"""A run in one look: what views list, computed from its journal and its lock.

Kinds of events it understands: `state` {state, reason}, `question` (a Question), `answer` (an Answer), `budget`
(a Budget), and any event whose data hold `usage` (a Usage) and maybe `model`, the model that answered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ...errors import JournalError
from ...records import Answer, Budget, Event, Question, Record, RunState, Usage, parse
from .folder import RunFolder
from .lock import alive, heartbeat_age_s, owner
from .process import Owner
from .reading import Tail

T = TypeVar("T")
_ENDED = (RunState.done, RunState.failed, RunState.stopped)
_REMEMBERED = 256
"""Runs whose place in the journal is kept, so that looking again reads only what is new."""


class Summary(Record):
    """A run as a list shows it."""

    id: str
    agent: str
    text: str
    state: RunState
    reason: str = ""
    """Why it is in this state, as it was journalled."""
    started: str = ""
    updated: str = ""
    """When its newest event was written; both ISO 8601 in UTC, empty before the first event."""
    cost: Usage = Usage()
    budget: Budget = Budget()
    question: Question | None = None
    """What it waits for a person to decide."""
    host: str = ""
    """Where its owner runs; empty if nobody owns it."""
    pid: int = 0
    elsewhere: bool = False
    """Another host or container owns it: the state is as journalled, whether it lives cannot be known here."""
    heartbeat_age_s: float | None = None
    models: tuple[str, ...] = ()
    """Models that answered, in order of their first answer."""
    failure: str = ""
    """Why it failed, as a sentence; empty if it did not."""
    damaged: str = ""
    """What is wrong with its journal; the rest is told from the events before."""
    events: int = 0


@dataclass
class _Seen:
    """What the events up to a place in a journal add up to."""

    tail: Tail
    state: RunState = RunState.queued
    reason: str = ""
    started: str = ""
    updated: str = ""
    cost: Usage = field(default_factory=Usage)
    budget: Budget | None = None
    question: Question | None = None
    models: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, event: Event) -> None:
        self.started = self.started or event.at
        self.updated = event.at
        data = event.data if isinstance(event.data, dict) else {}
        if event.kind == "state":
            self._take_state(data)
        elif event.kind == "question":
            self.question = _maybe(data, Question)
        elif event.kind == "answer":
            answer = _maybe(data, Answer)
            if answer is not None and self.question is not None and answer.question == self.question.id:
                self.question = None
        elif event.kind == "budget":
            self.budget = _maybe(data, Budget) or self.budget
        self._take_usage(data)

    def _take_state(self, data: dict[str, Any]) -> None:
        if data.get("state") in RunState.__members__:
            self.state = RunState(data["state"])
            self.reason = str(data.get("reason") or "")

    def _take_usage(self, data: dict[str, Any]) -> None:
        usage = _maybe(data.get("usage"), Usage)
        if usage is None:
            return
        self.cost = self.cost + usage
        model = data.get("model")
        if isinstance(model, str) and model and model not in self.models:
            self.models.append(model)


_seen: OrderedDict[Path, _Seen] = OrderedDict()
_seen_lock = threading.Lock()


def summary(folder: RunFolder, *, host: str | None = None) -> Summary:
    """How a run stands now. A journal that was looked at before is read from there on.

    host: the name of the host we are; None: ask the system. A run whose journal is damaged is told up to there.
    Raises JournalError only if its request cannot be read.
    """
    request = folder.read_request()
    seen = _remembered(folder.journal)
    with seen.lock:
        damaged = _catch_up(seen)
        holder = owner(folder.lock)
        lives = alive(holder, host=host) if holder is not None else None
        state = _state(seen.state, holder, lives)
        return Summary(
            id=folder.id,
            agent=request.agent,
            text=request.text,
            state=state,
            reason=seen.reason,
            started=seen.started,
            updated=seen.updated,
            cost=seen.cost,
            budget=seen.budget or request.budget,
            question=None if state in _ENDED else seen.question,
            host=holder.host if holder else "",
            pid=holder.pid if holder else 0,
            elsewhere=holder is not None and lives is None,
            heartbeat_age_s=heartbeat_age_s(holder) if holder else None,
            models=tuple(seen.models),
            failure=seen.reason if state is RunState.failed else "",
            damaged=damaged,
            events=seen.tail.seq,
        )


def _state(journalled: RunState, holder: Owner | None, lives: bool | None) -> RunState:
    """Only a lock whose owner is dead shows as interrupted; an orderly exit took its lock away."""
    dead = holder is not None and lives is False
    return RunState.interrupted if dead and journalled not in _ENDED else journalled


def _remembered(path: Path) -> _Seen:
    with _seen_lock:
        seen = _seen.pop(path, None) or _Seen(Tail(path))
        if path.is_file() and path.stat().st_size < seen.tail.offset:
            seen = _Seen(Tail(path))
        _seen[path] = seen
        while len(_seen) > _REMEMBERED:
            _seen.popitem(last=False)
    return seen


def _catch_up(seen: _Seen) -> str:
    try:
        for event in seen.tail.read():
            seen.take(event)
    except JournalError as exc:
        return exc.message
    return ""


def _maybe(data: object, kind: type[T]) -> T | None:
    try:
        return parse(data, kind) if isinstance(data, dict) else None
    except msgspec.ValidationError:
        return None
