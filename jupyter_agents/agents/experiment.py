"""The experiment agent: a goal and a metric, measured attempts, and a report whose every number has a source."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from . import Agent, Bench, Report, Role
from ._experiment.asked import Options, options
from ._experiment.drawing import DrawSweep, draw_sweep
from ._experiment.reporting import sweep_report
from ._experiment.sweep import SWEEP, lay_sweep, run_point, sweep

PROMPTS = Path(__file__).parent / "prompts"


async def prepare(bench: Bench) -> str:
    """Look whether what was asked can be done at all."""
    return bench.request.text


async def without_model(bench: Bench) -> None:
    """A sweep over the user's own cell; nothing else can be measured without somebody who writes code."""
    asked = options(bench.request)
    if not asked.cell and not bench.request.options.get("cell_source"):
        raise InputError(
            "without a model an experiment runs a cell of yours: add --cell ID or --cell FILE.py, with --sweep "
            "NAME=A,B and --seeds N; or set up a model (ANTHROPIC_API_KEY, or --model and a base_url), which writes "
            "and compares attempts by itself"
        )
    await sweep(bench)
    await bench.act("draw_sweep", DrawSweep(metric=asked.metric))


async def report(bench: Bench) -> Report:
    """What was measured, also where the run failed."""
    if SWEEP in bench.state.artefacts:
        return sweep_report(bench)
    return Report(
        title=bench.request.text, summary="Nothing was measured.", body="Nothing was measured.", publish=False
    )


AGENT = Agent(
    name="experiment",
    about="Measure: a sweep over a cell of yours, or with a model attempts at a goal, compared fairly.",
    asks="GOAL",
    options=Options,
    roles=(Role("lead", PROMPTS / "experiment_lead.md"),),
    artefacts=(),
    prepare=prepare,
    without_model=without_model,
    report=report,
    tools=(lay_sweep, run_point, draw_sweep),
)
