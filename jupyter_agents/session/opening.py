"""From a run's folder to an engine that can work: journal read, replay prepared, services ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from .. import agents, designs, policy
from ..agents import Agent
from ..records import Answer, Event, Json, RunState, Usage, dump, dumps, parse
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.inbox import Inbox, Message
from ..runtime.journal.journal import Journal
from ..runtime.journal.live import LiveWriter
from ..runtime.kernel import Limits
from ..runtime.model import Capabilities, Model
from ..runtime.model.redact import redactor
from ..settings import Settings, api_key
from ..tools import Tool
from .account import Account
from .engine import Engine
from .library import library_for
from .line import Line, LiveRun
from .services import Services, check_price, wants_model
from .state import State
from .submitting import submit_tool
from .tape import Tape
from .workspace import Workspace


@contextmanager
def open_engine(folder: RunFolder, *, from_seq: int | None = None, answering: Model | None = None) -> Iterator[Engine]:
    """An engine over a run's folder, for the process that owns it.

    from_seq: results from this seq on no longer count. answering: who answers; None: the server the settings name, if
    any. Raises JournalError, InputError, UnknownName.
    """
    request, settings = folder.read_request(), parse(folder.read_settings(), Settings)
    redact = redactor(key for key in (api_key(),) if key)
    with Journal.open(folder.journal, redact=redact) as journal:
        earlier = list(journal.events)
        take_back(journal, from_seq)
        live = LiveWriter(folder.live, redact=redact)
        engine = Engine(
            folder=folder,
            request=request,
            settings=settings,
            agent=agents.load(request.agent),
            design=designs.load(request.design or settings.design),
            rules=[policy.load(name) for name in policy.names()],
            services=Services(settings, request, library_for(request, settings), answering=answering),
            journal=journal,
            tape=Tape(journal.events),
            inbox=Inbox(folder.inbox),
            live=live,
            secret=folder.secret(),
            redact=redact,
            account=Account(request.budget),
            has_model=answering is not None or _has_model(earlier, settings, folder),
            model=request.model or settings.model,
        )
        _remember(engine, earlier)
        try:
            yield engine
        finally:
            live.flush()


def main_run(engine: Engine) -> LiveRun:
    """The main line of a run; the task is said once the agent has prepared."""

    def report(kind: str, data: Json) -> None:
        engine.journal.append(kind, data, durable=False)

    def show(output: Json) -> None:
        engine.live.write("output", dumps(output), role="kernel")

    limits = Limits(cell_s=engine.settings.cell_s, output_bytes=engine.settings.output_kb * 1024)
    workspace = Workspace(engine.folder.path, engine.services.kernel, limits, report, show)
    if engine.resumed:
        workspace.lost()
    line = Line("", State(), engine.account, workspace)
    engine.lines[""] = line.state
    return LiveRun(engine, line, "", all_tools(engine.agent))


async def learn_capabilities(engine: Engine) -> None:
    """What the server can do with the models that may be asked: tried once for a run, the same ever after."""
    if not engine.has_model:
        return
    check_price(engine.services, engine.request)
    for n, model in enumerate(filter(None, dict.fromkeys((engine.model, engine.settings.fallback_model)))):

        async def work(model: str = model) -> Capabilities:
            return await engine.services.model().capabilities(model)

        called = await engine.call(f"/model:{n}", "capabilities", model, work)
        engine.services.capabilities[model] = parse(called.value, Capabilities)


def all_tools(agent: Agent) -> dict[str, Tool]:
    """Every tool of an agent by name: its roles', its own, and one to hand in each artefact."""
    given = [tool for role in agent.roles for tool in role.tools]
    given += [*agent.tools, *(submit_tool(artefact) for artefact in agent.artefacts)]
    return {tool.name: tool for tool in given}


def take_back(journal: Journal, from_seq: int | None) -> None:
    """Let results no longer count: those a person names, and what a failed end has written."""
    ends = [event.seq for event in journal.events if event.kind in ("ending", "rewind")]
    failed = [e for e in journal.events if e.kind == "ending" and e.data["failed"]]
    if from_seq is not None:
        journal.append("rewind", {"from": from_seq, "why": "asked for by a person"}, durable=True)
    elif failed and failed[-1].seq == max(ends):
        journal.append("rewind", {"from": failed[-1].seq, "why": "goes on after a failed end"}, durable=True)


def _has_model(earlier: Sequence[Event], settings: Settings, folder: RunFolder) -> bool:
    """As the run began: with or without a model; a resumed run does not change its nature."""
    for event in earlier:
        if event.kind == "started":
            return bool(event.data["has_model"])
    return wants_model(settings, folder.read_request())


def _remember(engine: Engine, earlier: Sequence[Event]) -> None:
    """Let earlier messages, answers, wall time and calls in flight count."""
    engine.resumed = bool(earlier)
    for event in earlier:
        if event.kind == "inbox":
            message = parse(event.data["message"], Message)
            engine.heard = max(engine.heard, message.id)
        elif event.kind == "answer":
            answer = parse(event.data, Answer)
            engine.answers[answer.question] = answer
        elif event.kind == "budget":
            engine.account.budget = parse(event.data, type(engine.account.budget))
        elif event.kind == "possibly_paid":
            engine.account.charge(parse(event.data["usage"], Usage))
    engine.account.had(_worked_s(earlier))
    charged = {event.data["intent"] for event in earlier if event.kind == "possibly_paid"}
    for intent in engine.tape.in_flight():
        if intent.data["what"] == "model" and intent.seq not in charged and not engine.tape.failed(intent):
            usage = parse(intent.data["estimate"], Usage)
            data = {"key": intent.key, "intent": intent.seq, "usage": dump(usage), "model": intent.data["model"]}
            engine.journal.append("possibly_paid", data, key=intent.key, durable=True)
            engine.account.charge(usage)


def _worked_s(events: Sequence[Event]) -> float:
    """Seconds in which the run was running, as its journal tells; a killed process worked until its last event."""
    total, since, last = 0.0, None, None
    for event in events:
        last = datetime.fromisoformat(event.at)
        if event.kind == "state":
            if since is not None:
                total += (last - since).total_seconds()
            since = last if event.data["state"] == RunState.running.value else None
    if since is not None and last is not None:
        total += (last - since).total_seconds()
    return total
