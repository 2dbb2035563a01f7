"""Cells that show attempts and test as tables and pictures, written by code from the scorer's record."""

from __future__ import annotations

import math

from ...agents import Bench
from ...checking import statistics
from ...records import Cell, Observation, Record
from ...tools import tool
from ...tools.notebook import make_cell
from .attempts import all_tries
from .drawing import COLLECTED, number, run_all, table_source
from .final import Final, final_of
from .protocol import PREDICT, TRAIN, Plan, higher, plan_of, scorer_of

PLOT = """\
import matplotlib.pyplot as plt

scored = attempts[attempts["status"] == "ok"]
fig, axes = plt.subplots(1, 2 if len(test) else 1, figsize=(10, 4), squeeze=False)
best = scored[METRIC].cumBEST()
axes[0, 0].plot(scored["attempt"], scored[METRIC], "o", label="validation, each attempt")
axes[0, 0].step(scored["attempt"], best, where="post", label="best so far")
axes[0, 0].set_xticks(scored["attempt"])
axes[0, 0].set_xlabel("attempt")
axes[0, 0].set_ylabel(METRIC)
axes[0, 0].legend()
if len(test):
    for name, rows in test.groupby("method", sort=False):
        axes[0, 1].plot(rows["seed"].astype(str), rows[METRIC], "o-", label=name)
    axes[0, 1].set_xlabel("seed")
    axes[0, 1].set_title("test")
    axes[0, 1].legend()
plt.show()"""
MOST_DATA = 64_000
"""Characters of data that a notebook carries along."""
SHOW = "plt.show()"
TESTED = "tested"
"""Tag of the cell whose output holds the test."""


class DrawAttempts(Record):
    """Arguments of `draw_attempts`: none."""


@tool("execute")
async def draw_attempts(desk: Bench, arguments: DrawAttempts) -> Observation:
    """Add a data cell with every score and a picture of attempts and test, and run both."""
    plan, final = plan_of(desk), final_of(desk)
    rows = [
        [n, repr(t.id), repr(t.change), repr(t.status), repr(t.score) if t.status == "ok" else "None"]
        for n, t in enumerate(all_tries(desk), 1)
    ]
    if not any(row[-1] != "None" for row in rows):
        return Observation(text="no attempt has a score; there is nothing to draw", error=True)
    if not plan.evaluation:
        _bring_data(desk, plan)
    _add(desk, "## What was measured\n\nWritten by code from the scorer's record.", "markdown")
    tables = [table_source("attempts", ["attempt", "id", "change", "status", plan.metric], rows)]
    cells = [_add(desk, "\n".join(["import pandas as pd", "", *tables, "attempts"]), COLLECTED)]
    if final is not None:
        cells.append(_add(desk, _test_source(plan.metric, final), TESTED))
    sign = "max" if higher(plan) else "min"
    plot = PLOT if final is not None else PLOT.split("if len(test)")[0].replace("2 if len(test) else 1", "1") + SHOW
    cells.append(_add(desk, plot.replace("METRIC", repr(plan.metric)).replace("BEST", sign), "plot"))
    return await run_all(desk, cells)


def _bring_data(desk: Bench, plan: Plan) -> None:
    """Let the notebook carry small data along, so that it runs anywhere: no labels but those of training rows.

    Only now, at the end: in a cell before the attempts it would crowd out what conversations are opened with.
    """
    judge = scorer_of(desk, plan)
    texts = {
        TRAIN: judge.visible("train").to_csv(index=False),
        PREDICT: judge.visible("validation").to_csv(index=False),
    }
    if sum(map(len, texts.values())) > MOST_DATA:
        return
    lines = [f"        {name!r}: {text!r}," for name, text in texts.items()]
    source = "\n".join(
        [
            "import pathlib",
            "",
            f"if not pathlib.Path({TRAIN!r}).exists():  # training rows, and validation rows without their labels",
            "    tables = {",
            *lines,
            "    }",
            "    for name, text in tables.items():",
            "        pathlib.Path(name).write_text(text)",
        ]
    )
    desk.emit("cell", {"cell": make_cell(desk, source, tags=("data",)), "index": 2})


def _test_source(metric: str, final: Final) -> str:
    """Source of the cell that holds the test: every seed, means, and the paired difference."""
    arms = [("baseline", final.baseline_runs), ("best on validation", final.best_runs)]
    arms = arms[:1] if final.best == final.baseline else arms
    seeds = [[repr(name), run.seed, repr(run.value)] for name, runs in arms for run in runs]
    means = [(name, statistics.interval([run.value for run in runs])) for name, runs in arms if runs]
    rows = [[repr(name), repr(own.mean), number(_finite(own.half_width))] for name, own in means]
    if final.difference is not None:
        rows.append([repr("best minus baseline, paired"), repr(final.difference), number(final.half_width)])
    tables = [
        table_source("test", ["method", "seed", metric], seeds),
        table_source("tested", ["", "mean", "±"], rows),
    ]
    return "\n".join([*tables, "display(test)", "tested"])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _add(desk: Bench, source: str, tag: str) -> Cell:
    markdown = tag == "markdown"
    cell = make_cell(desk, source, kind="markdown" if markdown else "code", tags=() if markdown else (tag,))
    desk.emit("cell", {"cell": cell})
    return cell
