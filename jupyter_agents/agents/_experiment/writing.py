"""The report of attempts: what was fixed, what was measured, how many attempts it took, what could mislead."""

from __future__ import annotations

from collections.abc import Sequence

from ...agents import Bench, Report
from ...checking import statistics
from ...errors import JupyterAgentsError
from ...records import Json, dump, dumps, parse
from ...runtime.notebook.markdown import code, escape, table
from ...runtime.notebook.report import cost_line, fill, measured
from .asked import label
from .attempts import TRIES, Tried, all_tries, baseline, best
from .concluding import Conclusion, numbers
from .drawing import shown_by
from .final import SHARE, Final, final_of
from .loading import root_of
from .picturing import TESTED
from .protocol import Plan, definition, plan_of, validation_seeds
from .running import Scored

SCORES = "scores.json"
"""The scorer's record among a run's artefacts."""


def attempts_report(bench: Bench) -> Report:
    """What the attempts found, as far as the run came."""
    plan, tries, final = plan_of(bench), all_tries(bench), final_of(bench)
    parts = [_answer(bench, final, tries), f"## Question\n\n{escape(plan.question)}", _fixed(bench, plan)]
    parts += [_test(bench, plan, final, tries)] if final is not None else ["The test was not scored."]
    parts += [_attempts(bench, plan, tries), _findings(final, tries), _mind(tries)]
    parts.append(f"## Cost\n\n{cost_line(bench.run.spent)}")
    return Report(
        title=bench.request.text,
        summary=_abstract(plan, final, tries),
        body="\n\n".join(part for part in parts if part),
        result={"kind": "attempts", "plan": dump(plan), "final": dump(final), "tries": [dump(t) for t in tries]},
        files={SCORES: dumps(_record(bench, plan, final, tries))},
        keywords=("experiment", plan.metric),
        publish=final is not None,
    )


def _answer(bench: Bench, final: Final | None, tries: tuple[Tried, ...]) -> str:
    """The lead's conclusion with the measured numbers put in."""
    found = bench.state.artefacts.get("conclusion")
    if found is None or final is None:
        return "No conclusion was handed in; what was measured stands below."
    said, known = parse(found, Conclusion), numbers(bench, final, tries)
    early = f"\n\n*Stopped early*: {escape(said.stopped_early)}" if said.stopped_early else ""
    return f"{fill(said.answer, known)}\n\n*Limits*: {fill(said.limits, known)}{early}"


def _fixed(bench: Bench, plan: Plan) -> str:
    """What was fixed before the first attempt."""
    about = definition(bench, plan)
    way = "higher is better" if about["higher_is_better"] else "lower is better"
    lines = [f"Metric: **{escape(plan.metric)}**, {escape(about['about'])}; {way}."]
    if plan.evaluation:
        lines.append("It is shown by this evaluation cell, which no attempt could change:")
        lines.append(f"```python\n{plan.evaluation.replace('```', '')}\n```")
    else:
        by = f" by {code(plan.split_by)}" if plan.split_by else ""
        lines.append(
            f"Data: {code(plan.data)}, target {code(plan.target)}, split {plan.split}{by} into 60 % training, 20 % "
            "validation and 20 % test rows. Labels of validation and test rows never entered a sandbox: programs "
            "handed over predictions, and the scorer outside computed the metric."
        )
    lines.append(f"Scorer: {code(about['judge'][:16])} (hash of metric, split and labels, or of the evaluation cell).")
    return "## What was fixed beforehand\n\n" + "\n\n".join(lines)


def _test(bench: Bench, plan: Plan, final: Final, tries: Sequence[Tried]) -> str:
    by_id = {tried.id: tried for tried in tries}
    arms = [("baseline", final.baseline, final.baseline_runs)]
    arms += [("best on validation", final.best, final.best_runs)] if final.best != final.baseline else []
    rows = [
        [
            name,
            escape(by_id[id].change),
            _interval(bench, runs),
            *(f"{run.value:.6g}" for run in runs),
        ]
        for name, id, runs in arms
    ]
    seeds = [f"seed {run.seed}" for run in max((runs for _, _, runs in arms), key=len)]
    shown = table(["", "what", f"{escape(plan.metric)}: mean ± half of the 95 % interval", *seeds], rows)
    return f"## Test, scored once\n\n{shown}\n\n{_difference(bench, final)}\n\n{_how(plan, final)}"


def _interval(bench: Bench, runs: Sequence[Scored]) -> str:
    if not runs:
        return "no score"
    own = statistics.interval([run.value for run in runs])
    shown = f"{own.mean:.6g}" + (f" ± {own.half_width:.2g}" if own.n > 1 else "")
    return _tested(bench, shown)


def _tested(bench: Bench, shown: str) -> str:
    """A number of the test, as a link to the cell that shows it; without one where that cell could not be run."""
    cell, output_hash = shown_by(bench, TESTED)
    return measured(shown, root_of(bench).name, cell, output_hash) if cell else escape(shown)


def _difference(bench: Bench, final: Final) -> str:
    if final.best == final.baseline:
        return "**No attempt was better than the baseline on validation**, so only the baseline was tested."
    if final.difference is None:
        return "**The two could not be compared**: no seed gave both a score."
    width = "" if final.half_width is None else f" ± {final.half_width:.2g}"
    shown = f"{final.difference:.6g}{width}"
    return f"Best minus baseline, paired over {final.pairs} seeds: {_tested(bench, shown)}: **{escape(final.says)}**."


def _how(plan: Plan, final: Final) -> str:
    failed = "".join(f"\n- no score: {escape(key)}: {escape(why)}" for key, why in final.failed.items())
    if plan.evaluation:
        return f"The seeds of the test were used by no attempt before.{failed}"
    return (
        f"{final.n_test} test rows. For each seed both methods trained on the same {SHARE:.0%} of the training rows, "
        f"drawn for that seed; the interval is over these draws, for this one set of test rows.{failed}"
    )


def _attempts(bench: Bench, plan: Plan, tries: Sequence[Tried]) -> str:
    first, winner = baseline(tries), best(plan, tries)
    marks = {first.id if first else "": "baseline", winner.id if winner else "": "**best**"}
    order = {tried.id: str(i) for i, tried in enumerate(tries, 1)}
    rows = [
        [
            order[tried.id],
            order.get(tried.parent, "–"),
            escape(tried.change),
            str(tried.lines_changed),
            _settings(tried),
            _validation(bench, tried),
            marks.get(tried.id, ""),
        ]
        for tried in tries
    ]
    ok = sum(tried.status == "ok" for tried in tries)
    head = ["#", "from", "change", "lines", "settings tried", f"validation {escape(plan.metric)}", ""]
    seeds = len(validation_seeds(bench))
    said = f"{len(tries)} attempts, {ok} with a score; each setting was run with {seeds} seeds on validation."
    return f"## Attempts\n\n{said}\n\n{table(head, rows)}"


def _settings(tried: Tried) -> str:
    if tried.status != "ok" or len(tried.settings) == 1:
        return str(len(tried.settings))
    return f"{len(tried.settings)}, chosen {escape(label(tried.chosen))}"


def _validation(bench: Bench, tried: Tried) -> str:
    if tried.status != "ok":
        return f"{tried.status}: {escape(tried.reason[:160])}"
    return measured(tried.score, root_of(bench).name, tried.shown, tried.runs[0].output_hash)


def _findings(final: Final | None, tries: Sequence[Tried]) -> str:
    found = [*(final.findings if final else ()), *(line for tried in tries for line in tried.findings)]
    lines = "\n".join(f"- ⚠ {escape(line)}" for line in dict.fromkeys(found))
    return f"## Findings about the data and the scores\n\n{lines}" if lines else ""


def _mind(tries: Sequence[Tried]) -> str:
    """What could mislead a reader, said by code."""
    first = baseline(tries)
    tuned = (
        f"Every attempt could choose among as many settings as the baseline ({len(first.settings)})." if first else ""
    )
    return (
        "## How to read it\n\n"
        f"The best of {len(tries)} attempts was chosen on validation, so its validation score is too good by chance; "
        f"only the test compares. {tuned} Intervals are two-sided 95 % intervals of Student's t over seeds; fewer "
        f"than {statistics.SEEDS} seeds say nothing. Every score is in `artifacts/{SCORES}`, every program in the "
        "notebook."
    )


def _abstract(plan: Plan, final: Final | None, tries: Sequence[Tried]) -> str:
    counted = f"{len(tries)} attempts at: {plan.question}"
    if final is None:
        return f"{counted} The test was not scored."
    if final.best == final.baseline:
        return f"{counted} No attempt was better than the baseline on validation."
    if final.difference is None:
        return f"{counted} Baseline and best attempt could not be compared on the test."
    change = next(tried.change for tried in tries if tried.id == final.best)
    width = "" if final.half_width is None else f" ± {final.half_width:.2g}"
    return (
        f"{counted} Best on validation: {change} On the test, {plan.metric} of it minus the baseline is "
        f"{final.difference:.4g}{width} over {final.pairs} paired seeds: {final.says}."
    )


def _record(bench: Bench, plan: Plan, final: Final | None, tries: Sequence[Tried]) -> Json:
    """The scorer's record: everything it was asked, and by what it judged."""
    fixed = definition(bench, plan)
    return {"fixed": fixed, "data": bench.state.artefacts.get("data"), TRIES: dump(list(tries)), "final": dump(final)}


def partial_report(bench: Bench, error: JupyterAgentsError | None = None) -> Report:
    """What can be said of a run that did not come as far as a plan."""
    said = error.message if error is not None else "No plan was accepted, so nothing was measured."
    return Report(title=bench.request.text, summary=said, body=said, publish=False)
