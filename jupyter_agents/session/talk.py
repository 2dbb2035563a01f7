"""Conversations of a run: every call reserved, journalled, paid once, and answered from the journal when replayed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..agents import Role
from ..errors import JupyterAgentsError, ModelRefused
from ..records import Json, Observation, Usage, changed, digest, dump, parse
from ..runtime.model import ModelReply, ModelRequest
from ..tools import Tool
from .position import Position
from .submitting import submit_tool

if TYPE_CHECKING:
    from ..runtime.model.conversation import Conversation, Reply
    from .line import LiveRun


class Talk:
    """A conversation as a design holds it; remembers which tools it was given, so that the gate can ask."""

    def __init__(self, run: LiveRun, inner: Conversation, granted: tuple[str, ...], sender: Sender) -> None:
        self._run = run
        self._inner = inner
        self._granted = granted
        self._sender = sender

    def tell(self, text: str) -> None:
        """Add words of the program to what will be sent next."""
        self._inner.tell(text)

    def tell_untrusted(self, text: str, source: str) -> None:
        """Add words from outside, in a marked envelope."""
        self._inner.tell_untrusted(text, source)

    def answer(self, call_id: str, observation: Observation) -> None:
        """Answer a tool call of the last reply."""
        self._inner.answer(call_id, observation)

    async def ask(self, schema: Json | None = None) -> Reply:
        """Send what was told and wait for the answer.

        A model that declines is not asked again: conversations opened from then on ask the fallback, where one is set.
        """
        try:
            reply = await self._inner.ask(schema)
        except ModelRefused:
            engine = self._run.engine
            engine.model = engine.settings.fallback_model or engine.model
            raise
        for call in reply.calls:
            self._run.engine.asking[call.id] = (self._granted, self._inner.tainted)
        return reply

    def fork(self) -> Talk:
        """A copy that goes its own way from here."""
        sender = self._sender.fork(self._run.position.step("c"))
        return Talk(self._run, self._inner.fork(sender), self._granted, sender)

    @property
    def window_used(self) -> float:
        """How much of the model's window is taken, 0 to 1."""
        return self._inner.window_used


def open_talk(run: LiveRun, role: str, submits: Sequence[str], tools: Sequence[str] | None) -> Talk:
    """A new conversation of a role with the tools it gets, and one more for each artefact it may hand in."""
    from ..runtime.model.conversation import Conversation

    engine, part = run.engine, run.engine.agent.role(role)
    given = [tool for tool in part.tools if tools is None or tool.name in tools]
    given += [submit_tool(engine.agent.artefact(name)) for name in submits]
    sender = Sender(run, run.position.step("c"))
    inner = Conversation(
        sender,
        role=role,
        model=engine.model,
        system=_system(part),
        tools=[_spec(tool) for tool in given],
        max_tokens=part.max_tokens,
        effort=part.effort,
        capabilities=engine.services.capabilities.get(engine.model),
        key=engine.secret,
        redact=engine.redact,
    )
    return Talk(run, inner, tuple(tool.name for tool in given), sender)


class Sender:
    """`Send` of one conversation: its place in the journal and the chain of what it has sent."""

    def __init__(self, run: LiveRun, path: str, sent: int = 0, last: str = "", chain: str = "") -> None:
        self._run = run
        self._position = Position(path)
        self._sent = sent
        self._last = last
        self._chain = chain

    def fork(self, path: str) -> Sender:
        """The same beginning, at another place."""
        return Sender(self._run, path, self._sent, self._last, self._chain)

    async def __call__(self, request: ModelRequest) -> ModelReply:
        """One answer: recorded, or asked for now and recorded. Raises Stop or ModelError."""
        engine, key = self._run.engine, self._position.key()
        new, first = self._new(request), self._sent == 0
        self._chain = digest([self._chain, request.model, request.schema, request.effort, new])
        recorded = engine.tape.result(key, "model", self._chain)
        if recorded is not None:
            self._run.line.account.charge(parse(recorded.data["usage"], Usage))
            self._run.line.account.counted()
            return parse(recorded.data["value"], ModelReply)
        begin = {"system": dump(request.system), "tools": dump(request.tools)} if first else {}
        return await self._pay(request, key, {**begin, "new": new})

    def _new(self, request: ModelRequest) -> list[Json]:
        """What this request says that no earlier one said, without marks of caching, which move.

        What was sent never changes, but for the last message: where its answer was not kept, more words join it.
        """
        since = max(0, self._sent - 1)
        late = [_unmarked(message) for message in request.messages[since:]]
        if self._sent and digest(late[0]) == self._last:
            late = late[1:]
        self._sent, self._last = len(request.messages), digest(_unmarked(request.messages[-1]))
        return late

    async def _pay(self, request: ModelRequest, key: str, announce: Json) -> ModelReply:
        """Reserve, announce, ask, record, settle."""
        engine, account, path = self._run.engine, self._run.line.account, self._position.path
        await engine.safe_point()
        account.step()
        rate, n_read = engine.services.rate(request.model), request.expected_tokens
        hold = account.hold(n_read, request.max_tokens, rate)
        with engine.services.today(hold.usage.usd) as paid:
            said = {"role": request.role, "model": request.model, "conversation": path, "estimate": dump(hold.usage)}
            engine.begin(key, "model", self._chain, {**said, **announce}, durable=True)
            try:
                reply = await engine.services.model().send(
                    changed(request, max_tokens=hold.max_tokens),
                    on_delta=lambda kind, text: engine.live.write(kind, text, role=request.role),
                )
            except JupyterAgentsError as error:
                account.settle(hold, Usage())
                failed = {"what": "model", "role": request.role, "error": error.message}
                engine.journal.append("call_failed", failed, key=key, durable=True)
                paid(0.0)
                raise
            used = reply.usage + reply.lost
            engine.end(
                key, "model", self._chain, dump(reply), {"usage": dump(used), "model": reply.model}, durable=True
            )
            account.settle(hold, used)
            paid(used.usd)
        return reply


def _system(role: Role) -> str:
    from ..runtime.model.envelope import EXPLANATION

    return f"{role.instructions().strip()}\n\n{EXPLANATION}"


def _spec(tool: Tool) -> Json:
    return {"name": tool.name, "description": tool.about, "input_schema": tool.schema()}


def _unmarked(value: Any) -> Any:
    """JSON values without the marks of caching."""
    if isinstance(value, dict):
        return {k: _unmarked(v) for k, v in value.items() if k != "cache_control"}
    return [_unmarked(v) for v in value] if isinstance(value, list | tuple) else value
