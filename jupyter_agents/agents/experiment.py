"""The experiment agent: a goal and a metric, measured attempts, and a report whose every number has a source."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from ..tools.findings import search_store
from . import Agent, Artefact, Bench, Report, Role
from ._experiment import metrics, own
from ._experiment.asked import Options, options
from ._experiment.attempts import all_tries, try_attempt
from ._experiment.concluding import Choice, Conclusion, check_choice, check_conclusion, score_choice
from ._experiment.drawing import DrawSweep, draw_sweep
from ._experiment.final import FINAL, ScoreTest, score_test
from ._experiment.loading import given
from ._experiment.looking import explore, look_at_data
from ._experiment.picturing import DrawAttempts, draw_attempts
from ._experiment.protocol import OpenData, Plan, check_plan, open_data
from ._experiment.reporting import sweep_report
from ._experiment.sweep import SWEEP, lay_sweep, run_point, sweep
from ._experiment.writing import attempts_report, partial_report

SWEPT = (
    "The sweep that the person asked for has been run; look_at_data shows what it measured. Nothing else can be "
    "tried: conclude from it, and hand in the conclusion."
)
PROMPTS = Path(__file__).parent / "prompts"


async def prepare(bench: Bench) -> str:
    """Take down the data, and tell the lead what is asked for and within which limits."""
    asked = options(bench.request)
    if asked.metric and given(bench) and not asked.cell and own.asked_for(bench.request) is None:
        metrics.load(asked.metric)
    await bench.act("open_data", OpenData())
    if bench.has_model and _has_cell(bench):
        await _sweep(bench)
        return f"Goal: {bench.request.text}\n{SWEPT}"
    said = [
        f"Goal: {bench.request.text}",
        f"Data that came with the request: {', '.join(one.name for one in given(bench)) or 'none'}",
        f"Target column: {asked.target}" if asked.target else "",
        f"Metrics:\n{_metrics(asked.metric)}",
        f"At most {asked.attempts} attempts, the baseline included; the test has {asked.seeds} seeds.",
    ]
    return "\n".join(filter(None, said))


async def without_model(bench: Bench) -> None:
    """A sweep over the user's own cell; nothing else can be measured without somebody who writes code."""
    if not _has_cell(bench):
        raise InputError(
            "without a model an experiment runs a cell of yours: add --cell ID or --cell FILE.py, with --sweep "
            "NAME=A,B and --seeds N; or set up a model (ANTHROPIC_API_KEY, or --model and a base_url), which writes "
            "and compares attempts by itself"
        )
    await _sweep(bench)


def _has_cell(bench: Bench) -> bool:
    return bool(options(bench.request).cell)


async def _sweep(bench: Bench) -> None:
    await sweep(bench)
    await bench.act("draw_sweep", DrawSweep(metric=options(bench.request).metric))


async def settle(bench: Bench) -> None:
    """Score the test where nobody did, and draw what was measured."""
    if not all_tries(bench):
        return
    if FINAL not in bench.state.artefacts:
        await bench.act("score_test", ScoreTest())
    await bench.act("draw_attempts", DrawAttempts())


async def report(bench: Bench) -> Report:
    """What was measured, also where the run failed."""
    if SWEEP in bench.state.artefacts:
        return sweep_report(bench)
    if "plan" in bench.state.artefacts:
        return attempts_report(bench)
    return partial_report(bench)


def _metrics(asked: str) -> str:
    """Definitions of the metrics that a plan may name: the one asked for, else all."""
    known = [metrics.load(name) for name in metrics.names() if not asked or name == asked]
    lines = [f"- {m.name}: {m.about}; {m.direction}" for m in known]
    return "\n".join(lines) or f"- {asked.removesuffix('.py')}: the person's own, or what your evaluation cell shows"


AGENT = Agent(
    name="experiment",
    about="Measure: a sweep over a cell of yours, or with a model attempts at a goal, compared fairly.",
    asks="GOAL",
    options=Options,
    roles=(
        Role(
            "lead",
            PROMPTS / "experiment_lead.md",
            (look_at_data, explore, try_attempt, score_test, search_store),
        ),
    ),
    artefacts=(
        Artefact("plan", "What is compared and how: fixed before the first attempt.", Plan, check_plan),
        Artefact("attempt", "The attempt that this line of work rests on.", Choice, check_choice, score_choice),
        Artefact("conclusion", "The answer to the plan's question, once tested.", Conclusion, check_conclusion),
    ),
    prepare=prepare,
    without_model=without_model,
    settle=settle,
    report=report,
    tools=(open_data, lay_sweep, run_point, draw_sweep, draw_attempts),
)
