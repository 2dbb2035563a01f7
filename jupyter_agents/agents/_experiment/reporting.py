"""The report of a sweep: every number a link to the cell it came from, failures among the results."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...agents import Bench, Report
from ...records import Json, dump, dumps, parse
from ...runtime.notebook.markdown import code, escape, table
from ...runtime.notebook.report import fill, measured
from . import metrics
from .asked import label
from .concluding import Conclusion, sweep_lines, sweep_numbers
from .drawing import COLLECTED, shown_by
from .loading import root_of
from .summary import Line, Ran, metrics_shown
from .sweep import laid, ran


def sweep_report(bench: Bench) -> Report:
    """What a sweep found, also where some of it failed."""
    runs, swept = ran(bench), laid(bench)
    lines = sweep_lines(bench)
    failed = [run for run in runs if run.status != "ok"]
    parts = [*_concluded(bench), _counted(runs, swept.settings, failed)]
    parts += [f"> {escape(warning)}" for warning in swept.warnings]
    parts += [_set_from_outside(swept.defaults)] if swept.defaults else []
    names = list(dict.fromkeys(line.metric for line in lines))
    parts += [_summary(bench, name, [line for line in lines if line.metric == name]) for name in names]
    parts += [_each(bench, name, runs, swept.settings) for name in names]
    parts += [_failures(failed, swept.settings)] if failed else []
    parts += [_what_it_means(len(swept.settings))]
    return Report(
        title=bench.request.text,
        summary=_abstract(runs, lines, swept.settings),
        body="\n\n".join(parts),
        result={
            "kind": "sweep",
            "points": [_result(line) for line in lines],
            "runs": len(runs),
            "failed": len(failed),
        },
        files={"runs.json": dumps([_plain(run) for run in runs])},
        keywords=("sweep", *names),
        publish=bool(lines),
    )


def _concluded(bench: Bench) -> list[str]:
    """The lead's conclusion with the measured numbers put in, where there was a lead."""
    found = bench.state.artefacts.get("conclusion")
    if found is None:
        return []
    said, known = parse(found, Conclusion), sweep_numbers(bench)
    return [f"{fill(said.answer, known)}\n\n*Limits*: {fill(said.limits, known)}"]


def _counted(runs: Sequence[Ran], settings: Sequence[Json], failed: Sequence[Ran]) -> str:
    ended = "all gave a value" if not failed else f"{len(failed)} gave none and are listed below"
    return (
        f"{len(runs)} runs of the cell, {len(settings)} grid points with {len(runs) // len(settings)} seeds each, "
        f"every one in a fresh sandboxed kernel; {ended}."
    )


def _set_from_outside(defaults: Json) -> str:
    shown = ", ".join(code(f"{name} = {value}") for name, value in defaults.items())
    return f"The cell's own {shown} did not count: these were set from outside."


def _summary(bench: Bench, name: str, lines: Sequence[Line]) -> str:
    """One metric over the grid; means link to the cell that shows the summary."""
    cell, output = shown_by(bench, COLLECTED)

    def link(value: float | None, half_width: float | None) -> str:
        if value is None:
            return "–"
        shown = f"{value:.6g}" + (f" ± {half_width:.2g}" if half_width is not None else "")
        return measured(shown, root_of(bench).name, cell, output) if cell else escape(shown)

    rows = [
        [
            escape(label(line.settings)),
            link(line.mean, line.half_width),
            str(line.n),
            link(line.difference, line.difference_half_width),
            escape(_judged(line)),
        ]
        for line in lines
    ]
    head = ["grid point", f"{escape(name)}: mean ± half of the 95 % interval", "seeds", "minus the first", "says"]
    return f"## {escape(name)}\n\n{table(head, rows)}"


def _judged(line: Line) -> str:
    """What a difference says, and for a metric that we know also whether that is better."""
    for side in ("higher", "lower"):
        if line.says.startswith(side) and line.metric in metrics.names():
            better = metrics.load(line.metric).higher == (side == "higher")
            return f"{line.says}: {'better' if better else 'worse'}"
    return line.says


def _each(bench: Bench, name: str, runs: Sequence[Ran], settings: Sequence[Json]) -> str:
    """Every single value, linked to the cell whose output it is."""
    rows = []
    for point, setting in enumerate(settings):
        mine = [run for run in runs if run.point == point]
        rows.append([escape(label(setting)), *(_value(bench, run, name) for run in mine)])
    seeds = [f"seed {run.seed}" for run in runs if run.point == 0]
    return f"### {escape(name)}, every run\n\n{table(['grid point', *seeds], rows)}"


def _value(bench: Bench, run: Ran, name: str) -> str:
    if name not in run.values:
        return escape(run.status)
    return measured(run.values[name], root_of(bench).name, run.cell, run.outputs[name])


def _failures(failed: Sequence[Ran], settings: Sequence[Json]) -> str:
    alike: dict[tuple[int, str, str], list[str]] = {}
    for run in failed:
        alike.setdefault((run.point, run.status, run.error), []).append(str(run.seed))
    rows = [
        [escape(label(settings[point])), ", ".join(seeds), escape(status), escape(error[:200])]
        for (point, status, error), seeds in alike.items()
    ]
    hint = ""
    if any(r.error.startswith("NameError") for r in failed):
        hint = "\n\nThe cell is run alone: what it takes from other cells it must import or define itself."
    return f"## Runs without a value\n\n{table(['grid point', 'seeds', 'status', 'why'], rows)}{hint}"


def _what_it_means(points: int) -> str:
    several = f" {points - 1} comparisons are shown and not corrected for their number." if points > 2 else ""
    return (
        "## How to read it\n\nIntervals are two-sided 95 % intervals of Student's t over seeds; a difference is the "
        "mean over seeds of this point minus the first point with the same seed. Fewer than 5 seeds say nothing."
        f"{several} Values are in `artifacts/runs.json` and in the notebook's cells."
    )


def _abstract(runs: Sequence[Ran], lines: Sequence[Line], settings: Sequence[Json]) -> str:
    if not lines:
        first = next((run.error or run.status for run in runs), "nothing was run")
        return f"No run of the sweep gave a value: {first}."
    name = metrics_shown(runs)[0] if not lines else lines[0].metric
    said = [
        f"{label(line.settings)}: {line.mean:.4g}" + (f" ± {line.half_width:.2g}" if line.half_width else "")
        for line in lines
        if line.metric == name and line.mean is not None
    ]
    told = [f"{label(line.settings)} is {_judged(line)}" for line in lines if line.metric == name and line.difference]
    return f"{name} over {len(settings)} grid points: {'; '.join(said)}. {'; '.join(told)}."


def _result(line: Line) -> Json:
    """A line for the handle, settings as values."""
    values = {name: ast.literal_eval(value) for name, value in line.settings.items()}
    return {**dump(line), "settings": values}


def _plain(run: Ran) -> Json:
    """A run as JSON, which has no NaN."""
    found: Json = dump(run)
    return {**found, "values": {k: v if abs(v) < float("inf") else str(v) for k, v in run.values.items()}}
