"""The one gate: policy, limits, tool, observation. Nothing that a model asks for happens but through `act`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..errors import (
    JournalError,
    JupyterAgentsError,
    ModelBusy,
    ModelUnavailable,
    RunError,
    SandboxUnavailable,
    UnknownName,
)
from ..policy import Situation, decide
from ..records import Call, Decision, Json, Observation, Option, Question, Record, digest, dump, field_names, parse
from ..tools import Library, State, Tool
from .tape import inside

if TYPE_CHECKING:
    from ..runtime.kernel import Kernel
    from ..runtime.store import Store
    from .line import LiveRun

ENDS_THE_RUN = (SandboxUnavailable, ModelUnavailable, ModelBusy, JournalError, RunError)
"""Errors that no other call could mend; all others become observations."""
REPEATS = 2
"""How often a model may make exactly the same call while nothing has changed."""
APPROVAL = (
    Option(id="once", label="Allow once"),
    Option(id="run", label="Allow for this run"),
    Option(id="deny", label="Deny", wants_text=True),
)


async def act(run: LiveRun, call: Call) -> Observation:
    """Decide on a call, make it if it may be made, and give back what it observed."""
    engine, key = run.engine, run.position.key()
    tool = run.tools.get(call.tool)
    granted, tainted = engine.asking.get(call.id, (("*",), False)) if call.id else (("*",), False)
    situation = Situation(
        granted=granted,
        tainted=tainted,
        hosts=engine.settings.hosts,
        counts=engine.counts,
        allowed=tuple(engine.allowed),
    )
    decision = decide(engine.rules, call, tool, situation)
    engine.counts[call.tool] = engine.counts.get(call.tool, 0) + 1
    made = [call.tool, call.arguments, run.line.path, run.line.state.changed, len(run.line.state.artefacts)]
    times = engine.made(digest(made)) if call.role else 1

    async def work() -> Observation:
        run.line.account.step()
        if refused := await _refusal(run, key, call, decision):
            return refused
        if times > REPEATS:
            return _mistake(
                f"you have made exactly this call {times - 1} times and nothing has changed since; do something else"
            )
        assert tool is not None
        return await _make(run, key, call, tool)

    announce = {"call": dump(call), "decision": dump(decision)}
    called = await engine.call(key, "act", [call.tool, call.arguments, call.role], work, announce=announce)
    run.catch_up(key, replayed=called.replayed)
    observation = parse(called.value, Observation)
    if call.role and engine.agent.mask is not None:
        observation = engine.agent.mask(run.bench(key), observation)
    return observation


async def _refusal(run: LiveRun, key: str, call: Call, decision: Decision) -> Observation | None:
    """What a call that may not be made gives back; None where it may."""
    if decision.effect == "allow":
        return None
    if decision.effect == "deny":
        return Observation(text=f"denied: {decision.reason}", error=True, denied=True)
    body = f"`{call.tool}` with\n\n```json\n{msgspec.json.format(msgspec.json.encode(call.arguments)).decode()}\n```"
    title = f"May {call.role or 'the program'} call {call.tool}? {decision.reason}".strip()
    question = Question(id=run.new_id("q", key), title=title, body=body, options=APPROVAL)
    answer = await run.engine.answer(question)
    if answer.option == "run":
        run.engine.allowed.add(call.tool)
    if answer.option in ("once", "run"):
        return None
    return Observation(text=f"denied by a person: {answer.text}".strip(": "), error=True, denied=True)


async def _make(run: LiveRun, key: str, call: Call, tool: Tool) -> Observation:
    """Make an allowed call; a wrong argument or a failing tool is something to read and mend."""
    fields = field_names(tool.arguments)
    try:
        for name in call.arguments:
            if name not in fields:
                raise UnknownName("argument", name, fields, where=tool.name)
        arguments = parse(call.arguments, tool.arguments)
    except (msgspec.ValidationError, UnknownName) as error:
        return _mistake(f"{tool.name}: {error}")
    try:
        return await tool.function(run.bench(key), arguments)
    except ENDS_THE_RUN:
        raise
    except JupyterAgentsError as error:
        return _mistake(error.message)


def _mistake(text: str) -> Observation:
    return Observation(text=text, error=True)


class DeskView:
    """What a tool, a check or a report touches while one call is under way: `Desk` and `Bench`."""

    def __init__(self, run: LiveRun, key: str) -> None:
        self._outer = run
        self._key = key
        self._ids = 0
        self.run: LiveRun = run.inside(inside(key))
        self.request = run.engine.request
        self.folder: Path = run.line.workspace.folder
        self.state: State = run.line.state
        self.library: Library = run.engine.services.library
        self.has_model = run.engine.has_model
        self.lines: Mapping[str, State] = run.engine.lines

    @property
    def store(self) -> Store:
        """The preprint store, opened at first use."""
        return self._outer.engine.services.store()

    async def act(self, tool: str, arguments: Record | Json) -> Observation:
        """Call a tool through the gate as the program itself."""
        return await self.run.act(Call(id="", tool=tool, arguments=dump(arguments)))

    def emit(self, kind: str, data: object) -> None:
        """Journal an effect and apply it."""
        event = self._outer.engine.journal.append(kind, dump(data), key=self._key, durable=kind != "cell")
        self._outer.line.state.apply(kind, event.data)
        if kind == "artefact":
            self._outer.line.stamps[event.data["name"]] = self._outer.line.state.changed

    def note(self, text: str) -> None:
        """A line for whoever watches."""
        self._outer.engine.journal.append("note", {"text": text}, key=self._key, durable=False)

    async def kernel(self) -> Kernel:
        """The line's sandboxed kernel, started and its kept cells re-run if need be."""
        return await self._outer.line.workspace.kernel(self._outer.line.state.cells)

    async def fresh_kernel(self, name: str) -> Kernel:
        """A new kernel in a fresh folder with the run's own data and nothing else."""
        return await self._outer.line.workspace.fresh(name)

    def place(self, name: str, source: Path) -> Path:
        """Copy a file or folder of ours into the work folder, where it also stays after a restart."""
        return self._outer.line.workspace.place(name, source)

    def new_id(self, prefix: str) -> str:
        """An id that is the same when the run is replayed."""
        self._ids += 1
        return self._outer.new_id(prefix, f"{self._key}#{self._ids}")
