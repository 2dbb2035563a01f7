"""The test: baseline and best attempt on rows or seeds that none of them has seen, scored once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...agents import Bench
from ...checking import statistics
from ...errors import DataError, InputError, JupyterAgentsError, KernelDied, KernelTimeout
from ...records import Observation, Record, changed, dump, parse
from ...runtime.notebook.files import replace
from ...tools import tool
from . import leaks
from .asked import options
from .attempts import TRIES, Tried, all_tries, baseline, best, code_of
from .protocol import PREDICT, TEST_SEEDS_FROM, TRAIN, Plan, judge_hash, plan_of, scorer_of
from .running import Scored, run_once, score_of
from .summary import says

FINAL = "final"
"""Name of the artefact that holds the test."""
SHARE = 0.8
"""Of the training rows, drawn anew for each test seed and the same for both: else seeds would hardly differ."""

NAMES = "names for the conclusion: {{baseline}} {{best}} {{difference}} {{half_width}} {{attempts}}, ids as {{try-…}}"


class Final(Record):
    """Baseline and best attempt on the test, seed by seed."""

    baseline: str
    best: str
    judge: str
    baseline_runs: tuple[Scored, ...]
    best_runs: tuple[Scored, ...]
    failed: dict[str, str]
    """Why runs gave no score, by `attempt seed`."""
    difference: float | None = None
    """Mean of best minus baseline over seeds that both have."""
    half_width: float | None = None
    pairs: int = 0
    says: str = ""
    findings: tuple[str, ...] = ()
    n_test: int = 0
    """Rows of the test; 0 with an evaluation cell."""


class ScoreTest(Record):
    """Arguments of `score_test`: none."""


@tool("execute")
async def score_test(desk: Bench, arguments: ScoreTest) -> Observation:
    """Score the baseline and the attempt with the best validation score on the test, once. No attempt can follow."""
    if FINAL in desk.state.artefacts:
        raise InputError("the test has been scored already; it is scored once")
    plan, tries = plan_of(desk), all_tries(desk)
    keep_all(desk, tries)
    first, winner = baseline(tries), best(plan, tries)
    if first is None or winner is None:
        raise InputError("no attempt has a score yet; make one that has")
    runs, failed = await _both(desk, plan, first, winner)
    final = _compared(desk, plan, first, winner, runs, failed)
    desk.emit("artefact", {"name": FINAL, "value": final})
    return Observation(text=f"{told(plan, final)}\n{NAMES}", data=dump(final))


def final_of(desk: Bench) -> Final | None:
    """The test as it was scored; None while it was not."""
    found = desk.state.artefacts.get(FINAL)
    return None if found is None else parse(found, Final)


def told(plan: Plan, final: Final) -> str:
    """The test in a few lines."""
    lines = [_mean_of(plan, "baseline", final.baseline, final.baseline_runs)]
    if final.best == final.baseline:
        lines.append("no attempt was better than the baseline on validation, so only the baseline was tested")
    else:
        lines.append(_mean_of(plan, "best", final.best, final.best_runs))
        width = "" if final.half_width is None else f" ± {final.half_width:.2g}"
        if final.difference is not None:
            lines.append(f"best minus baseline: {final.difference:.6g}{width} over {final.pairs} seeds: {final.says}")
    lines += [f"no score: {key}: {why}" for key, why in final.failed.items()]
    lines += [f"FINDING: {finding}" for finding in final.findings]
    return "\n".join(lines)


def keep_all(desk: Bench, tries: Sequence[Tried]) -> None:
    """Bring the attempts of every branch into this line, so that the notebook holds those that lost as well."""
    here = {cell.id for cell in desk.state.cells}
    desk.emit("artefact", {"name": TRIES, "value": [dump(tried) for tried in tries]})
    for tried in tries:
        for state in desk.lines.values():
            for cell in state.cells:
                if cell.id in (tried.cell, tried.shown) and cell.id not in here:
                    here.add(cell.id)
                    desk.emit("cell", {"cell": cell})


async def _both(
    desk: Bench, plan: Plan, first: Tried, winner: Tried
) -> tuple[dict[str, list[Scored]], dict[str, str]]:
    """Each of the two with every test seed, in one sandbox each."""
    runs: dict[str, list[Scored]] = {}
    failed: dict[str, str] = {}
    for tried in {first.id: first, winner.id: winner}.values():
        try:
            kernel = await desk.fresh_kernel(f"test-{tried.id}")
        except (KernelDied, KernelTimeout) as error:
            failed[tried.id] = error.message
            continue
        runs[tried.id] = []
        try:
            for seed in range(TEST_SEEDS_FROM, TEST_SEEDS_FROM + options(desk.request).seeds):
                try:
                    runs[tried.id].append(await _tested(desk, plan, kernel, tried, seed))
                except JupyterAgentsError as error:
                    failed[f"{tried.id} seed {seed}"] = error.message
        finally:
            await kernel.shutdown()
    return runs, failed


async def _tested(desk: Bench, plan: Plan, kernel: Any, tried: Tried, seed: int) -> Scored:
    """One run on the test. Raises DataError where it gives no score."""
    if not plan.evaluation:
        _lay_test(desk, plan, kernel, seed)
    ran = await run_once(kernel, plan, (tried.cell, tried.shown), tried.chosen, seed, code_of(desk, tried))
    return await score_of(desk, plan, kernel, ran, seed, "test")


def _lay_test(desk: Bench, plan: Plan, kernel: Any, seed: int) -> None:
    """Training rows drawn for this seed, and test rows without labels, in the kernel's own fresh folder."""
    judge = scorer_of(desk, plan)
    train = judge.visible("train").sample(frac=SHARE, random_state=seed)
    for name, table in ((TRAIN, train), (PREDICT, judge.visible("test"))):
        # renamed into place, so that a link that a program put there is replaced and never followed
        replace(kernel.workdir / name, table.to_csv(index=False).encode())


def _compared(
    desk: Bench, plan: Plan, first: Tried, winner: Tried, runs: dict[str, list[Scored]], failed: dict[str, str]
) -> Final:
    ours, theirs = runs.get(winner.id, []), runs.get(first.id, [])
    final = Final(
        baseline=first.id,
        best=winner.id,
        judge=judge_hash(desk, plan),
        baseline_runs=tuple(theirs),
        best_runs=tuple(ours),
        failed=failed,
        findings=_findings(desk, plan, [*ours, *theirs]),
        n_test=0 if plan.evaluation else len(scorer_of(desk, plan).parts["test"]),
    )
    if first.judge != final.judge:
        raise DataError("data or metric have changed since the attempts were scored; start a new experiment")
    by_seed = {run.seed: run.value for run in theirs}
    both = [run for run in ours if run.seed in by_seed]
    if winner.id == first.id or not both:
        return final
    paired = statistics.paired([run.value for run in both], [by_seed[run.seed] for run in both])
    width = paired.half_width if len(both) > 1 else None
    return changed(final, difference=paired.mean, half_width=width, pairs=len(both), says=_says(plan, paired))


def _says(plan: Plan, paired: statistics.Interval) -> str:
    """What a paired difference says of the best attempt: better, worse or neither."""
    from .protocol import higher

    words = says(paired)
    better = "higher" if higher(plan) else "lower"
    for side in ("higher", "lower"):
        if words.startswith(side):
            return f"{'better' if side == better else 'worse'} ({words})"
    return words


def _findings(desk: Bench, plan: Plan, runs: Sequence[Scored]) -> tuple[str, ...]:
    """Whether data or scores give labels away."""
    if plan.evaluation:
        return ()
    judge = scorer_of(desk, plan)
    found = [*leaks.in_data(judge), *(line for run in runs for line in leaks.in_score(judge, run.value))]
    return tuple(dict.fromkeys(found))


def _mean_of(plan: Plan, what: str, id: str, runs: Sequence[Scored]) -> str:
    if not runs:
        return f"{what} ({id}): no score"
    own = statistics.interval([run.value for run in runs])
    width = f" ± {own.half_width:.2g}" if own.n > 1 else ""
    return f"{what} ({id}): {plan.metric} {own.mean:.6g}{width} on the test, {own.n} seeds"
