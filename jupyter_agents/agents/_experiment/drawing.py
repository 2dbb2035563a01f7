"""Cells that hold and draw what was measured. Code writes the data cell; nothing in it is typed by a model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...agents import Bench
from ...records import Cell, Observation, Record, changed, digest, dump
from ...tools import tool
from ...tools.notebook import make_cell
from .asked import label
from .summary import Line, Ran, metrics_shown, summarise
from .sweep import laid, ran

COLLECTED = "collected"
"""Tag of the cell whose output holds the summary."""


class DrawSweep(Record):
    """Arguments of `draw_sweep`."""

    metric: str = ""


@tool("execute")
async def draw_sweep(desk: Bench, arguments: DrawSweep) -> Observation:
    """Collect what every run gave into a table, with intervals, and draw one picture for each metric."""
    runs, settings = ran(desk), laid(desk).settings
    # a sweep needs neither plan nor attempts: what was asked for is the plan, and the grid was tried
    desk.emit("artefact", {"name": "plan", "value": {"question": desk.request.text, "sweep": list(settings)}})
    desk.emit("artefact", {"name": "attempt", "value": {"id": "sweep"}})
    lines = summarise(runs, settings, arguments.metric)
    if not lines:
        return Observation(text="no run gave a value; there is nothing to draw", error=True)
    _text(desk, COLLECTED_NOTE)
    cells = [_code(desk, collected(runs, lines, settings), COLLECTED)]
    cells += [
        _code(desk, drawn(name, [line for line in lines if line.metric == name], settings), "plot")
        for name in metrics_shown(runs, arguments.metric)
    ]
    return await run_all(desk, cells)


COLLECTED_NOTE = (
    "## What was measured\n\nCollected by code from the runs above, as they were recorded. `±` is half of the 95 % "
    "interval (Student's t over seeds); differences are paired by seed with the first grid point."
)


async def run_all(desk: Bench, cells: Sequence[Cell]) -> Observation:
    """Run cells of ours in a kernel of their own; one that fails is kept as it is, and the rest goes on.

    They need nothing of what was measured but the numbers they hold: no attempt is run again to draw it.
    """
    failed = []
    kernel = await desk.fresh_kernel("drawing")
    try:
        for cell in cells:
            result = await kernel.execute(cell.source, cell=cell.id)
            desk.emit("cell", {"cell": changed(cell, result=result)})
            failed += [] if result.ok else [f"{cell.id}: {result.error_name}: {result.error_value}"]
    finally:
        await kernel.shutdown()
    return Observation(text="\n".join(failed) or "drawn", error=bool(failed))


def shown_by(desk: Bench, tag: str) -> tuple[str, str]:
    """The cell with this tag and the hash of its last output; empty where it was not run or failed."""
    for cell in desk.state.cells:
        if tag in cell.tags and cell.result is not None and cell.result.ok and cell.result.outputs:
            return cell.id, digest(cell.result.outputs[-1])
    return "", ""


def collected(runs: Sequence[Ran], lines: Sequence[Line], settings: Sequence[dict[str, Any]]) -> str:
    """Source of the data cell: every run and the summary as tables."""
    names = list(settings[0])
    values = metrics_shown(runs)
    rows = [
        [*(settings[r.point][n] for n in names), r.seed, repr(r.status), *(number(r.values.get(v)) for v in values)]
        for r in runs
    ]
    header = [*names, "seed", "status", *values]
    summary = [
        [repr(label(s.settings)), repr(s.metric), s.n, s.failed, *map(number, _figures(s)), repr(s.says)]
        for s in lines
    ]
    columns = ["point", "metric", "seeds", "failed", "mean", "±", "difference", "± difference", "says"]
    return "\n".join(
        [
            "import pandas as pd",
            "",
            table_source("runs", header, rows),
            table_source("summary", columns, summary),
            "summary",
        ]
    )


def drawn(metric: str, lines: Sequence[Line], settings: Sequence[dict[str, Any]]) -> str:
    """Source of a plot: every seed as a dot, means with their intervals, over the swept variable or the points."""
    axis = _numeric_axis(settings)
    ticks = "" if axis else "ax.set_xticks(range(len(points)), points.index, rotation=20, ha='right')\n"
    scale = "ax.set_xscale('log')\n" if axis and _wide(settings, axis) else ""
    xlabel = json.dumps(axis or "grid point", ensure_ascii=False)
    place = f"runs[{axis!r}]" if axis else f"runs[{list(settings[0])!r}].apply(tuple, axis=1).map(order)"
    order = "" if axis else f"order = {{tuple(v): i for i, v in enumerate({_values(settings)})}}\n"
    where = f"{_axis_values(settings, axis)}" if axis else "range(len(points))"
    return (
        "import matplotlib.pyplot as plt\n\n"
        f"points = summary[summary['metric'] == {metric!r}].set_index('point')\n"
        f"{order}"
        "fig, ax = plt.subplots(figsize=(7, 4))\n"
        f"ax.plot({place}, runs[{metric!r}], '.', color='tab:gray', alpha=0.6, label='each seed')\n"
        f"ax.errorbar({where}, points['mean'].astype(float), yerr=points['±'].astype(float), fmt='o', capsize=4, "
        "label='mean, 95 % interval')\n"
        f"{scale}{ticks}"
        f"ax.set_xlabel({xlabel})\n"
        f"ax.set_ylabel({metric!r})\n"
        "ax.legend()\n"
        "plt.show()"
    )


def _figures(line: Line) -> tuple[float | None, ...]:
    return line.mean, line.half_width, line.difference, line.difference_half_width


def number(value: float | None) -> str:
    """A number as Python writes it; NaN and infinity by name, for they have no literal."""
    return "None" if value is None else repr(value) if abs(value) < float("inf") else f'float("{value}")'


def table_source(name: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Source of a DataFrame; values stand in the rows as Python writes them."""
    lines = ",\n".join(f"        ({', '.join(map(str, row))},)" for row in rows)
    return f"{name} = pd.DataFrame(\n    [\n{lines},\n    ],\n    columns={list(header)!r},\n)"


def _values(settings: Sequence[dict[str, Any]]) -> str:
    return "[" + ", ".join("(" + "".join(f"{v}, " for v in point.values()) + ")" for point in settings) + "]"


def _numeric_axis(settings: Sequence[dict[str, Any]]) -> str:
    """The one swept variable, if there is exactly one and all its values are numbers."""
    if len(settings[0]) != 1:
        return ""
    (name,) = settings[0]
    return name if all(_is_number(point[name]) for point in settings) else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text not in ("True", "False")


def _axis_values(settings: Sequence[dict[str, Any]], axis: str) -> str:
    return "[" + ", ".join(point[axis] for point in settings) + "]"


def _wide(settings: Sequence[dict[str, Any]], axis: str) -> bool:
    """Whether values span so much that only a logarithmic axis shows them."""
    values = [float(point[axis]) for point in settings]
    return min(values) > 0 and max(values) / min(values) >= 50


def _code(desk: Bench, source: str, tag: str) -> Cell:
    cell = make_cell(desk, source, tags=(tag,))
    desk.emit("cell", {"cell": cell})
    return cell


def _text(desk: Bench, source: str) -> None:
    desk.emit("cell", {"cell": dump(make_cell(desk, source, kind="markdown"))})
