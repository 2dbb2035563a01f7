"""One run at work: its journal, what the journal answers already, its inbox and its limits.

Everything a run does passes `Engine.call`: what was recorded is answered from the tape, what is new is announced,
done and recorded. Between calls is the safe point, where a person's pause, stop or new budget is heard.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..agents import Agent
from ..designs import Design
from ..errors import Held, StopAsked
from ..policy import Rule
from ..records import Answer, Budget, Json, Question, Request, RunState, digest, dump, parse
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.inbox import Inbox, Message
from ..runtime.journal.journal import Journal
from ..runtime.journal.live import LiveWriter
from ..settings import Settings
from .account import Account
from .services import Services
from .state import State
from .tape import Tape

POLL_S = 0.2


@dataclass(frozen=True)
class Called:
    """What a journalled call gave."""

    value: Any
    """JSON values."""
    replayed: bool
    """Whether an earlier process made it."""


@dataclass
class Engine:
    """What all lines of one run share. Built by `opening.open_engine`."""

    folder: RunFolder
    request: Request
    settings: Settings
    agent: Agent
    design: Design
    rules: Sequence[Rule]
    services: Services
    journal: Journal
    tape: Tape
    inbox: Inbox
    live: LiveWriter
    secret: bytes
    redact: Callable[[str], str]
    account: Account
    has_model: bool
    model: str
    """The model that is asked; the fallback from the first refusal on."""
    resumed: bool = False
    """Whether an earlier process worked on this run."""
    heard: str = ""
    """Id of the newest message of the inbox that was read."""
    answers: dict[str, Answer] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """How often each tool was called."""
    asking: dict[str, tuple[tuple[str, ...], bool]] = field(default_factory=dict)
    """For each call a model asked for, by its id: the tools its conversation has, and whether it is tainted."""
    lines: dict[str, State] = field(default_factory=dict)
    """What every line of work has, by path."""
    allowed: set[str] = field(default_factory=set)
    """Tools a person allowed for this run."""
    _made: dict[str, int] = field(default_factory=dict)

    def made(self, mark: str) -> int:
        """Count a call; how often exactly this one was made on the same state."""
        self._made[mark] = self._made.get(mark, 0) + 1
        return self._made[mark]

    async def call(
        self, key: str, what: str, asked: object, work: Callable[[], Awaitable[Any]], *, announce: Json | None = None
    ) -> Called:
        """One journalled call: its recorded result, or a new one.

        announce: what its intent says beside `what` and `hash`; None for calls too small for one.
        """
        mark = digest([what, dump(asked)])
        recorded = self.tape.result(key, what, mark)
        if recorded is not None:
            return Called(recorded.data["value"], replayed=True)
        await self.safe_point()
        if announce is not None:
            self.begin(key, what, mark, announce, durable=False)
        value = dump(await work())
        self.end(key, what, mark, value, {}, durable=False)
        return Called(value, replayed=False)

    def begin(self, key: str, what: str, mark: str, announce: Json, *, durable: bool) -> None:
        """Journal the intent to make a call."""
        self.journal.append("intent", {"what": what, "hash": mark, **announce}, key=key, durable=durable)

    def end(self, key: str, what: str, mark: str, value: Any, extra: Json, *, durable: bool) -> None:
        """Journal what a call gave."""
        self.journal.append("result", {"what": what, "hash": mark, "value": value, **extra}, key=key, durable=durable)

    async def safe_point(self) -> None:
        """Hear what people said; wait while paused. Raises StopAsked, or Held when paused for too long."""
        paused_at = time.monotonic()
        paused = False
        for message in self._listen():
            paused = message.kind == "pause" or (paused and message.kind != "resume")
        if not paused:
            return
        self.say(RunState.paused, "paused by a person")
        while paused:
            self._hold(paused_at, "paused")
            await asyncio.sleep(POLL_S)
            paused = not any(message.kind == "resume" for message in self._listen())
        self.say(RunState.running, "resumed")

    async def answer(self, question: Question) -> Answer:
        """Wait for a person's typed answer. Raises StopAsked, or Held after as long as a process is kept."""
        self.journal.append("question", dump(question), durable=True)
        self.say(RunState.waiting, question.title)
        since = time.monotonic()
        while question.id not in self.answers:
            self._listen()
            self._hold(since, "waiting")
            await asyncio.sleep(POLL_S)
        self.say(RunState.running, "answered")
        return self.answers[question.id]

    def say(self, state: RunState, reason: str = "") -> None:
        """Journal a change of state."""
        self.journal.append("state", {"state": state.value, "reason": reason}, durable=True)

    def take(self, message: Message) -> None:
        """Let one message take effect that changes what follows: an answer or a budget."""
        if message.kind == "answer":
            answer = parse(message.data, Answer)
            self.answers[answer.question] = answer
            self.journal.append("answer", message.data, durable=True)
        elif message.kind == "budget":
            self.account.budget = parse(message.data, Budget)
            self.journal.append("budget", message.data, durable=True)

    def _listen(self) -> list[Message]:
        """New messages, journalled; answers and budgets take effect at once. Raises StopAsked."""
        fresh = self.inbox.unread(self.heard)
        for message in fresh:
            self.heard = message.id
            self.journal.append("inbox", {"id": message.id, "message": dump(message)}, durable=True)
            self.take(message)
        if any(message.kind == "stop" for message in fresh):
            raise StopAsked("stopped by a person")
        return fresh

    def _hold(self, since: float, state: str) -> None:
        if time.monotonic() - since > self.settings.hold_s:
            raise Held(f"{state} for {self.settings.hold_s:g} s; `jupyter agents runs resume` goes on from here")
