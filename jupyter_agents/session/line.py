"""`Run` over a journal: what designs hold, for one line of work."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ..designs import Problems
from ..designs import Run as RunProtocol
from ..records import Answer, Budget, Call, Observation, Question, Usage, parse
from ..tools import Tool
from . import gate, talk
from .board import LineBoard
from .position import Position, drawn, named
from .state import State, advance

if TYPE_CHECKING:
    from .account import Account
    from .engine import Engine
    from .workspace import Workspace

R = TypeVar("R")


@dataclass
class Line:
    """One line of work: its state, its folder and kernel, its share of the budget."""

    path: str
    state: State
    account: Account
    workspace: Workspace
    stamps: dict[str, int] = field(default_factory=dict)
    """`State.changed` at the moment an artefact was accepted, by artefact."""


class LiveRun:
    """One run, or one task or branch of it, as designs and agents see it."""

    def __init__(self, engine: Engine, line: Line, path: str, tools: Mapping[str, Tool], task: str = "") -> None:
        self.engine = engine
        self.line = line
        self.path = path
        self.tools = tools
        self.task = task
        self.position = Position(path)
        self.board = LineBoard(engine.agent, line)

    @property
    def roles(self) -> Sequence[str]:
        """Names of the agent's roles; the first leads."""
        return tuple(role.name for role in self.engine.agent.roles)

    @property
    def spent(self) -> Usage:
        """What this line of work has consumed."""
        return self.line.account.spent

    def inside(self, path: str) -> LiveRun:
        """The same line of work seen from inside a call or task."""
        return LiveRun(self.engine, self.line, path, self.tools, self.task)

    def conversation(self, role: str, *, submits: Sequence[str] = (), tools: Sequence[str] | None = None) -> talk.Talk:
        """A new conversation of one of the agent's roles."""
        return talk.open_talk(self, role, submits, tools)

    async def act(self, call: Call) -> Observation:
        """Policy, limits, tool, observation: the one gate."""
        return await gate.act(self, call)

    async def branch(self, name: str, budget: Budget | None = None) -> LiveRun:
        """A line of work of its own: copied folder and cells, own kernel when needed, a share of the budget."""
        path = self.position.step("b")
        key = f"{path}:0"

        async def work() -> str:
            self.engine.journal.append("branch", {"path": path, "name": name}, key=f"{self.path}:0", durable=False)
            self.line.workspace.branch(path)
            return name

        called = await self.engine.call(key, "branch", [name, budget], work)
        line = Line(path, self.line.state.copy(), self.line.account.child(budget), self.line.workspace.at(path))
        line.stamps.update(self.line.stamps)
        self.engine.lines[path] = line.state
        if called.replayed:
            line.workspace.lost()
        return LiveRun(self.engine, line, path, self.tools, self.task)

    async def adopt(self, branch: RunProtocol) -> None:
        """Make a branch's cells, artefacts and folder this line's own."""
        if not isinstance(branch, LiveRun):
            raise TypeError("only a branch of this run can be adopted")

        async def work() -> str:
            await self.line.workspace.adopt(branch.line.workspace)
            self.engine.journal.append("adopted", {"path": branch.path}, key=f"{self.path}:0", durable=False)
            return branch.path

        await self.engine.call(self.position.key(), "adopt", branch.path, work)
        self.line.state.become(branch.line.state)
        self.line.stamps = dict(branch.line.stamps)

    async def gather(self, *tasks: Callable[[RunProtocol], Awaitable[R]], limit: int = 4) -> list[R]:
        """Run tasks at the same time, at most `limit`; results in their order. A failing task cancels the rest."""
        path = self.position.step(".")
        slots = asyncio.Semaphore(min(limit, self.engine.settings.parallel))

        async def one(i: int, task: Callable[[RunProtocol], Awaitable[R]]) -> R:
            async with slots:
                return await task(self.inside(f"{path}{i}"))

        try:
            async with asyncio.TaskGroup() as group:
                started = [group.create_task(one(i, task)) for i, task in enumerate(tasks)]
        except ExceptionGroup as group_error:
            raise group_error.exceptions[0] from group_error
        return [task.result() for task in started]

    async def first(self, *tasks: Callable[[RunProtocol], Awaitable[R]]) -> tuple[int, R]:
        """The first task to end, its index and result; the others are cancelled."""
        path = self.position.step(".")
        won: list[R] = []

        async def race() -> int:
            running = {asyncio.ensure_future(task(self.inside(f"{path}{i}"))): i for i, task in enumerate(tasks)}
            try:
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                winner = min(done, key=running.__getitem__)
                won.append(winner.result())
                return running[winner]
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)

        index = (await self.engine.call(f"{path}:0", "first", len(tasks), race)).value
        return index, won[0] if won else await tasks[index](self.inside(f"{path}{index}"))

    async def score(self, artefact: str) -> float | None:
        """The agent's own measure of an artefact of this line, higher is better."""
        measure, value = self.engine.agent.artefact(artefact).score, self.line.state.artefacts.get(artefact)
        key = self.position.key()
        if measure is None or value is None:
            return None
        schema = self.engine.agent.artefact(artefact).schema
        bench = self.bench(key)
        called = await self.engine.call(
            key, "score", artefact, lambda: measure(bench, parse(value, schema)), announce={}
        )
        self.catch_up(key, replayed=called.replayed)
        score: float | None = called.value
        return score

    async def question(self, question: Question) -> Answer:
        """Ask a person and wait, over restarts if need be."""
        key = self.position.key()
        called = await self.engine.call(key, "question", question, lambda: self.engine.answer(question), announce={})
        return parse(called.value, Answer)

    async def finished(self) -> Problems:
        """What is still owed, and what was accepted before cells changed under it."""
        return self.board.problems()

    async def random(self) -> float:
        """In [0, 1), from the run's secret and this position."""
        return drawn(self.engine.secret, self.position.key())

    async def now(self) -> str:
        """ISO 8601 in UTC."""

        async def work() -> str:
            return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

        return str((await self.engine.call(self.position.key(), "now", None, work)).value)

    async def left(self) -> Budget:
        """What is left of the budget."""

        async def work() -> Budget:
            return self.line.account.left()

        return parse((await self.engine.call(self.position.key(), "left", None, work)).value, Budget)

    def note(self, text: str) -> None:
        """A line for whoever watches; said once, not again in replay."""
        key = self.position.key()
        if self.engine.tape.noted(key):
            return
        self.engine.journal.append("note", {"text": text}, key=key, durable=False)

    def bench(self, key: str) -> gate.DeskView:
        """What tools, checks and reports hold while the call at `key` is under way."""
        return gate.DeskView(self, key)

    def catch_up(self, key: str, *, replayed: bool) -> None:
        """Apply what a recorded call changed, and count what was called inside it."""
        if not replayed:
            return
        lines = {self.line.path: self.line.state}
        for event in self.engine.tape.within(key):
            if event.kind != "result":
                advance(lines, event)
            elif event.data["what"] in ("model", "act"):
                self.line.account.counted()
                self.line.account.charge(parse(event.data.get("usage") or {}, Usage))
            if event.kind == "artefact":
                self.line.stamps[event.data["name"]] = self.line.state.changed

    def new_id(self, prefix: str, key: str) -> str:
        """An id that is the same when the run is replayed."""
        return named(self.engine.secret, key, prefix)
