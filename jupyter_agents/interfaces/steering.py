"""Reading and steering runs from outside: what `runs …` does, for every face."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..errors import InputError, RunNotFound
from ..records import Answer, Budget, Option, Question, Record, RunState, Usage, dump, parse
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.inbox import Message, post
from ..runtime.journal.journal import Verified, read, verify
from ..runtime.journal.state import Summary, summary
from ..session.start import resume as resume_process
from ..session.start import stop_now
from ..settings import Settings
from .progress import ENDED


class Runs(Record):
    """What `runs list` prints."""

    runs: tuple[Summary, ...]


class CostLine(Record):
    """What one role has spent with one model."""

    role: str
    model: str
    calls: int
    usage: Usage


class Cost(Record):
    """What `runs cost` prints."""

    run: str
    usage: Usage
    budget: Budget
    lines: tuple[CostLine, ...]
    possibly_paid: Usage = Usage()
    """Calls that were under way when the run was killed."""


class Resumed(Record):
    """What came of `runs resume`."""

    folder: str
    after: int
    """The newest event before it went on."""


def find(settings: Settings, id: str) -> RunFolder:
    """The run with this id, or with one that begins so; `last` is the newest. Raises RunNotFound."""
    runs = settings.runs_folder
    if id != "last":
        return RunFolder.open(runs, id)
    known = _all(settings)
    if not known:
        raise RunNotFound(f"there are no runs in {runs} yet; start one with %agent or `jupyter agents`", id=id)
    return known[0]


def listed(settings: Settings) -> Runs:
    """All runs, newest first. Raises InputError where their folder cannot be read."""
    return Runs(runs=tuple(summary(folder) for folder in _all(settings)))


def _all(settings: Settings) -> list[RunFolder]:
    """All runs, newest first. Raises InputError where the folder of runs cannot be read."""
    runs = settings.runs_folder
    try:
        return RunFolder.list_runs(runs)
    except OSError as exc:
        raise InputError(
            f"the folder of runs {runs} cannot be read: {exc.strerror}; set JUPYTER_AGENTS_RUNS to another",
            folder=str(runs),
        ) from exc


def checked(folder: RunFolder) -> Verified:
    """Whether the journal is whole and unchanged. Raises JournalError where there is none."""
    return verify(folder.journal)


def cost(folder: RunFolder) -> Cost:
    """What a run has spent, by role and model."""
    roles: dict[str, str] = {}
    by: dict[tuple[str, str], list[Usage]] = {}
    lost = Usage()
    for event in read(folder.journal):
        data = event.data if isinstance(event.data, dict) else {}
        if event.kind == "intent":
            roles[event.key] = str(data.get("role", ""))
        if "usage" not in data:
            continue
        usage = parse(data["usage"], Usage)
        if event.kind == "possibly_paid":
            lost = lost + usage
        else:
            by.setdefault((roles.get(event.key, ""), str(data.get("model", ""))), []).append(usage)
    lines = [
        CostLine(role=role, model=model, calls=len(usages), usage=sum(usages, Usage()))
        for (role, model), usages in by.items()
    ]
    stands = summary(folder)
    return Cost(run=folder.id, usage=stands.cost, budget=stands.budget, lines=tuple(lines), possibly_paid=lost)


def pause(folder: RunFolder, author: str) -> str:
    """Ask a run to pause at its next safe point. Raises InputError where there is nothing to pause."""
    stands = summary(folder)
    if stands.state in ENDED or stands.state in (RunState.paused, RunState.interrupted) or not stands.pid:
        raise InputError(f"run {folder.id} is {stands.state.value}; there is nothing to pause")
    post(folder.inbox, Message(kind="pause", author=author))
    return f"run {folder.id} pauses at its next safe point; go on with {go_on(folder.id)}"


def stop(folder: RunFolder, author: str, *, now: bool = False) -> str:
    """End a run: at its next safe point with a report of what there is, or its process at once."""
    stands = summary(folder)
    if stands.state in ENDED:
        raise InputError(f"run {folder.id} is {stands.state.value} already")
    if now:
        if not stop_now(folder):
            raise InputError(f"no process of this machine works on run {folder.id}; it is {stands.state.value}")
        return f"the process of run {folder.id} is ended; nothing it journalled is lost: {go_on(folder.id)} goes on"
    post(folder.inbox, Message(kind="stop", author=author))
    if not stands.elsewhere and (not stands.pid or stands.state is RunState.interrupted):
        resume_process(folder)  # nobody is there to hear it: a process hears it, writes the report and ends
    return f"run {folder.id} stops at its next safe point and reports what it has"


def resume(
    folder: RunFolder,
    author: str,
    *,
    from_seq: int | None = None,
    take_over: bool = False,
    budget: Budget | None = None,
) -> Resumed:
    """Go on with a run, in its own process if that is still there, else in a new one. Raises InputError, RunOwned."""
    stands = summary(folder)
    if stands.state is RunState.done and from_seq is None:
        raise InputError(f"run {folder.id} is done; --from SEQ takes back what came from that event of its journal on")
    if from_seq is not None and from_seq > stands.events:
        raise InputError(f"--from {from_seq}: the journal of run {folder.id} has {stands.events} events")
    held = stands.pid and stands.state in (RunState.paused, RunState.waiting) and not take_over
    if held and from_seq is not None:
        raise InputError(f"run {folder.id} still has its process; `runs stop --now` it first, then go on from a seq")
    if budget is not None:
        post(folder.inbox, Message(kind="budget", data=dump(budget), author=author))
    if held:
        post(folder.inbox, Message(kind="resume", author=author))
    else:
        resume_process(folder, from_seq=from_seq, take_over=take_over)
    return Resumed(folder=str(folder.path), after=stands.events)


def answer(folder: RunFolder, author: str, question: str, choice: str, text: str = "") -> str:
    """Answer what a run asks. Raises InputError naming the options, or what it asks now."""
    stands = summary(folder)
    asked = stands.question
    if asked is None:
        raise InputError(f"run {folder.id} asks nothing; it is {stands.state.value}")
    if question not in (asked.id, "last"):
        raise InputError(f"run {folder.id} does not ask {question!r}; it asks {asked.id!r}: {asked.title}")
    option = choose(asked, choice)
    if text and not (option.wants_text or asked.editable):
        raise InputError(f"the option {option.id!r} takes no text; leave --text out")
    post_answer(folder, author, Answer(question=asked.id, option=option.id, text=text))
    if stands.pid and stands.state is not RunState.interrupted:
        return f"answered {option.label!r}; run {folder.id} goes on"
    return f"answered {option.label!r}; the run's process has ended meanwhile: {go_on(folder.id)} goes on"


def post_answer(folder: RunFolder, author: str, answer: Answer) -> None:
    """Put a person's answer into the run's inbox."""
    post(folder.inbox, Message(kind="answer", data=dump(answer), author=author))


def choose(question: Question, choice: str) -> Option:
    """The option with this number or id. Raises InputError naming all."""
    for number, option in enumerate(question.options, 1):
        if choice.strip() in (str(number), option.id):
            return option
    known = ", ".join(f"{i} ({option.id})" for i, option in enumerate(question.options, 1))
    raise InputError(f"{choice!r} is none of the options: {known or 'there are none'}", choice=choice)


def more(command_options: Mapping[str, float | int | None], now: Budget) -> Budget | None:
    """The budget with what `--budget` and `--tokens` say; None where they say nothing."""
    usd, tokens = command_options.get("budget"), command_options.get("tokens")
    if usd is None and tokens is None:
        return None
    changes: dict[str, float | int | None] = {}
    if usd is not None:
        changes["usd"] = float(usd)
    if tokens is not None:
        changes["tokens"] = int(tokens) or None
    return msgspec.convert({**dump(now), **changes}, Budget)


def go_on(id: str) -> str:
    """The shell command that goes on with a run."""
    return f"`jupyter agents runs resume {id}`"
