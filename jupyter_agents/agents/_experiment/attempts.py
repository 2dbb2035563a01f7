"""Attempts: a complete program with one change, run in a sandbox of its own, its predictions scored outside it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ...agents import Bench
from ...checking import statistics
from ...errors import DataError, InputError, JupyterAgentsError, KernelDied, KernelTimeout
from ...records import CellResult, Json, Observation, Record, changed, dump, parse
from ...runtime.notebook.compact import outputs
from ...runtime.notebook.markdown import escape
from ...tools import tool
from ...tools.notebook import make_cell
from . import leaks
from .asked import SEED, label, options
from .helping import FOLDER, HELPERS
from .protocol import Plan, higher, judge_hash, plan_of, scorer_of, validation_seeds
from .running import Ran, Scored, assigned, run_once, score_of

TRIES = "tries"
"""Name of the artefact that holds every attempt, also those that failed."""
MOST_SETTINGS = 8


class Tried(Record):
    """One attempt and what came of it."""

    id: str
    number: int
    parent: str = ""
    change: str
    cell: str
    """Holds the program."""
    shown: str
    """The cell whose output the score was read from: the same, or the evaluation cell after it."""
    status: str = "running"
    """`ok`, or `failed`: no score."""
    reason: str = ""
    settings: tuple[Json, ...] = ()
    """Those that were tried, values as Python writes them."""
    chosen: Json = msgspec.field(default_factory=dict)
    """The setting with the best validation score."""
    validation: tuple[float, ...] = ()
    """Mean score of each setting."""
    runs: tuple[Scored, ...] = ()
    """Of the chosen setting, by seed."""
    judge: str = ""
    """Hash of what scored it."""
    lines_changed: int = 0
    duration_s: float = 0.0
    findings: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Mean validation score of the chosen setting."""
        return statistics.mean([run.value for run in self.runs])


class TryAttempt(Record):
    """Arguments of `try_attempt`."""

    change: Annotated[str, Meta(description="The one thing that is new, in a sentence; for the first: the baseline")]
    code: Annotated[str, Meta(description="The complete program; it reads `seed` and the names in `settings`")]
    parent: Annotated[str, Meta(description="Id of the attempt that was changed; empty: from scratch")] = ""
    settings: Annotated[
        tuple[dict[str, Any], ...],
        Meta(description="Settings to choose from on validation, each {name: value}; the baseline sets how many"),
    ] = ({},)


@tool("execute")
async def try_attempt(desk: Bench, arguments: TryAttempt) -> Observation:
    """Run a complete program in a fresh sandbox and get its validation score. Every call counts as an attempt.

    With labelled data it reads train.csv and predict.csv (no labels) and hands over predictions("validation", table)
    with the columns row_id and prediction; otherwise it defines what the plan's evaluation cell uses.
    """
    plan = plan_of(desk)
    settings = _settings(arguments.settings)
    _allowed(desk, arguments, settings)
    tried = _begin(desk, plan, arguments, settings)
    done, ran = await _measure(desk, plan, arguments.code, tried)
    _keep(desk, done.cell, _source(done, arguments.code), "attempt", ran.program, done.id)
    if plan.evaluation:
        _keep(desk, done.shown, plan.evaluation, "evaluation", ran.judged, done.id)
    _record(desk, done)
    desk.note(f"attempt {done.number}: {done.change[:120]}: {said(done)}")
    return Observation(
        text=_observed(desk, plan, done, ran),
        data=dump(done),
        error=done.status != "ok",
        untrusted=True,
        source=f"attempt {done.id}",
    )


def all_tries(desk: Bench) -> tuple[Tried, ...]:
    """Every attempt of every line of work, in order."""
    found: dict[str, Tried] = {}
    for state in desk.lines.values():
        for one in state.artefacts.get(TRIES, []):
            tried = parse(one, Tried)
            if tried.id not in found or found[tried.id].status == "running":
                found[tried.id] = tried
    return tuple(sorted(found.values(), key=lambda tried: (tried.number, tried.id)))


def best(plan: Plan, tries: Sequence[Tried]) -> Tried | None:
    """The attempt with the best validation score; of equal ones the earliest. None where none has a score."""
    sign = 1.0 if higher(plan) else -1.0
    scored = [tried for tried in tries if tried.status == "ok"]
    return max(scored, key=lambda tried: (sign * tried.score, -tried.number), default=None)


def baseline(tries: Sequence[Tried]) -> Tried | None:
    """The first attempt that has a score: what others are compared with."""
    return next((tried for tried in tries if tried.status == "ok"), None)


def said(tried: Tried) -> str:
    """What came of an attempt, in a few words."""
    return f"validation {tried.score:.6g}" if tried.status == "ok" else f"{tried.status}: {tried.reason}"


def _settings(given: Sequence[Mapping[str, Any]]) -> tuple[Json, ...]:
    """Settings as Python writes them. Raises InputError for what is no variable or no plain value."""
    if not 1 <= len(given) <= MOST_SETTINGS:
        raise InputError(f"give 1 to {MOST_SETTINGS} settings, not {len(given)}")
    for one in given:
        for name in one:
            if not name.isidentifier() or name == SEED:
                raise InputError(f"{name!r} cannot be set from outside; name a variable of the program")
    return tuple({name: repr(value) for name, value in one.items()} for one in given)


def _allowed(desk: Bench, arguments: TryAttempt, settings: Sequence[Json]) -> None:
    """Raises InputError where this attempt may not be made."""
    tries, limit = all_tries(desk), options(desk.request).attempts
    if "final" in desk.state.artefacts:
        raise InputError("the test has been scored, so no attempt can be made any more; hand in what is owed")
    if len(tries) >= limit:
        raise InputError(f"all {limit} attempts have been made; go on with what there is")
    if arguments.parent and arguments.parent not in {tried.id for tried in tries}:
        raise InputError(f"there is no attempt {arguments.parent!r}; there are {', '.join(t.id for t in tries)}")
    first = baseline(tries)
    if first is not None and len(settings) > len(first.settings):
        raise InputError(
            f"the baseline chose among {len(first.settings)} settings, so every attempt may; {len(settings)} would "
            "compare a tuned method with an untuned one"
        )


def _begin(desk: Bench, plan: Plan, arguments: TryAttempt, settings: tuple[Json, ...]) -> Tried:
    """Take an attempt down before it runs, so that attempts side by side are all counted."""
    tries = all_tries(desk)
    number, parent = len(tries) + 1, {tried.id: tried for tried in tries}.get(arguments.parent)
    if not tries:
        _head(desk, plan)
    cell = desk.new_id("cell")
    tried = Tried(
        id=desk.new_id("try"),
        number=number,
        parent=arguments.parent,
        change=arguments.change,
        cell=cell,
        shown=desk.new_id("cell") if plan.evaluation else cell,
        settings=settings,
        judge=judge_hash(desk, plan),
        lines_changed=_lines_changed(desk, parent, arguments.code),
    )
    first = baseline(tries)
    if first is not None and first.judge != tried.judge:
        raise DataError("data or metric have changed since the first attempt; start a new experiment")
    _record(desk, tried)
    return tried


def _head(desk: Bench, plan: Plan) -> None:
    """Begin the notebook, so that its cells run again where the run's folder is."""
    about = f"# {desk.request.text}\n\n{escape(plan.question)} The baseline: {escape(plan.baseline)}."
    desk.emit("cell", {"cell": make_cell(desk, about, kind="markdown"), "index": 0})
    desk.emit("cell", {"cell": make_cell(desk, f"{HELPERS}\n\n{FOLDER}", tags=("helpers",)), "index": 1})


def _keep(desk: Bench, id: str, source: str, tag: str, result: CellResult | None, attempt: str) -> None:
    """Put a cell of an attempt into the draft, with what came out of it."""
    cell = make_cell(desk, source, tags=(tag,), by="lead")
    desk.emit(
        "cell", {"cell": changed(cell, id=id, result=result, provenance={**cell.provenance, "attempt": attempt})}
    )


def _record(desk: Bench, tried: Tried) -> None:
    """Put an attempt among this line's, in place of what was said of it before."""
    others = [one for one in desk.state.artefacts.get(TRIES, []) if one["id"] != tried.id]
    desk.emit("artefact", {"name": TRIES, "value": [*others, dump(tried)]})


async def _measure(desk: Bench, plan: Plan, code: str, tried: Tried) -> tuple[Tried, Ran]:
    """Every setting with every validation seed in one sandbox; the result shown is the chosen setting's first."""
    try:
        kernel = await desk.fresh_kernel(f"attempt-{tried.id}")
    except (KernelDied, KernelTimeout) as error:
        return changed(tried, status="failed", reason=error.message), Ran()
    runs: list[tuple[Scored, ...]] = []
    results: list[Ran] = []
    ran = Ran()
    seconds = 0.0
    try:
        for setting in tried.settings:
            scored = []
            for seed in validation_seeds(desk):
                ran = await run_once(kernel, plan, (tried.cell, tried.shown), setting, seed, code)
                seconds += ran.seconds
                if seed == 0:
                    results.append(ran)
                scored.append(await score_of(desk, plan, kernel, ran, seed, "validation"))
            runs.append(tuple(scored))
    except JupyterAgentsError as error:
        return changed(tried, status="failed", reason=error.message, duration_s=seconds), ran
    finally:
        await kernel.shutdown()
    return _chosen(desk, plan, changed(tried, duration_s=seconds), runs, results)


def _chosen(
    desk: Bench, plan: Plan, tried: Tried, runs: Sequence[tuple[Scored, ...]], results: Sequence[Ran]
) -> tuple[Tried, Ran]:
    """The setting with the best mean; of equal ones the first."""
    means = [statistics.mean([run.value for run in scored]) for scored in runs]
    at = means.index(max(means) if higher(plan) else min(means))
    found = () if plan.evaluation else leaks.in_score(scorer_of(desk, plan), means[at])
    done = changed(
        tried, status="ok", chosen=tried.settings[at], validation=tuple(means), runs=runs[at], findings=found
    )
    return done, results[at]


def _source(tried: Tried, code: str) -> str:
    of = f" from {tried.parent}" if tried.parent else ""
    return f"# attempt {tried.id}{of}: {' '.join(tried.change.split())}\n{assigned(tried.chosen, 0)}\n{code}"


def code_of(desk: Bench, tried: Tried) -> str:
    """An attempt's program, without what is set from outside."""
    for state in desk.lines.values():
        for cell in state.cells:
            if cell.id == tried.cell:
                return cell.source.split("\n", 2 + len(tried.chosen))[-1]
    raise InputError(f"the program of attempt {tried.id} is gone")


def _lines_changed(desk: Bench, parent: Tried | None, code: str) -> int:
    """Lines added or removed against the parent; all of them for one from scratch."""
    before = code_of(desk, parent).splitlines() if parent is not None else []
    return sum(line[:2] in ("+ ", "- ") for line in difflib.ndiff(before, code.splitlines()))


def _observed(desk: Bench, plan: Plan, tried: Tried, ran: Ran) -> str:
    """What the lead reads of an attempt."""
    left = options(desk.request).attempts - len(all_tries(desk))
    lines = [f"{tried.id} (attempt {tried.number}, {left} left): {said(tried)}"]
    if tried.status == "ok":
        many = zip(tried.settings, tried.validation, strict=True)
        lines += [f"  {label(setting)}: {value:.6g}" for setting, value in many] if len(tried.settings) > 1 else []
        leader = best(plan, all_tries(desk))
        lines.append(f"best so far: {leader.id} with {leader.score:.6g}" if leader else "")
    lines += [f"FINDING: {finding}" for finding in tried.findings]
    shown = [outputs(result) for result in (ran.program, ran.judged) if result is not None]
    return "\n".join([*filter(None, lines), "--- output", *shown])
