"""What all attempts have in common and none may change: data, split, metric or evaluation, seeds."""

from __future__ import annotations

import ast
import hmac
import inspect
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from ...agents import Bench
from ...errors import InputError, JupyterAgentsError
from ...records import Json, Observation, Record, digest, parse
from ...runtime.journal.folder import RunFolder
from ...tools import Desk, tool
from . import metrics, own
from .asked import SEED, options
from .loading import given, root_of, the_table
from .scorer import Scorer, scorer
from .tables import Split, fingerprint

TRAIN, PREDICT = "train.csv", "predict.csv"
VALIDATION_SEEDS = 3
"""Of each setting of each attempt, at most; the test has all that were asked for."""
TEST_SEEDS_FROM = 1000
"""The test of an evaluation cell uses seeds that no attempt has seen."""


class Plan(Record):
    """What is compared and how; fixed once the first attempt is scored."""

    question: Annotated[str, Meta(description="What the experiment will answer, as one question")]
    baseline: Annotated[str, Meta(description="The simple method that everything is compared with")]
    ideas: Annotated[tuple[str, ...], Meta(description="Changes worth trying, one thing each, the best bet first")]
    attempts: Annotated[int, Meta(description="How many attempts will be made, baseline included", ge=2)]
    metric: Annotated[str, Meta(description="A metric of the list; with an evaluation cell the name it shows")]
    data: Annotated[str, Meta(description="Name of the labelled data; empty with an evaluation cell")] = ""
    target: Annotated[str, Meta(description="Column that is predicted")] = ""
    split: Annotated[
        Literal["random", "grouped", "ordered"],
        Meta(description="grouped: rows of one group stay together; ordered: the last rows are the test"),
    ] = "random"
    split_by: Annotated[str, Meta(description="Column of the groups, or of the time")] = ""
    evaluation: Annotated[
        str,
        Meta(
            description="Only without labelled data: Python that is run after an attempt's code, reads `seed` and "
            "what the attempt defines, and calls metric(NAME, value)"
        ),
    ] = ""
    higher_is_better: Annotated[
        bool, Meta(description="Only with an evaluation cell or a metric of the person's own")
    ] = False


class OpenData(Record):
    """Arguments of `open_data`: none."""


@tool("read")
async def open_data(desk: Desk, arguments: OpenData) -> Observation:
    """Take down which data came with the request, and what exactly is in them."""
    files = {one.name: fingerprint(one.path) if one.path.is_file() else "" for one in given(desk)}
    desk.emit("artefact", {"name": "data", "value": {"files": files}})
    if files and (mine := own.asked_for(desk.request)) is not None:
        desk.emit("artefact", {"name": own.OWN, "value": mine})
    return Observation(text=", ".join(files) or "no data")


def plan_of(desk: Desk) -> Plan:
    """The plan that was accepted. Raises InputError where there is none."""
    found = desk.state.artefacts.get("plan")
    if found is None:
        raise InputError("there is no plan yet; hand one in with submit_plan")
    if "sweep" in found:
        raise InputError("a sweep was asked for and has been run; nothing else is tried here")
    return parse(found, Plan)


def scorer_of(desk: Desk, plan: Plan) -> Scorer:
    """The frozen scorer of a plan with labelled data. Raises DataError, UnknownName."""
    one = the_table(desk, plan.data)
    rule = Split(seed=split_seed(desk), how=plan.split, by=plan.split_by)
    metric = own.of(desk, plan.metric) or metrics.load(plan.metric)
    return scorer(one.path, desk.state.artefacts["data"]["files"][one.name], plan.target, metric, rule)


def split_seed(desk: Desk) -> int:
    """Decides which row goes where. From the run's secret: who knew it could tell a row's place in the file."""
    return int.from_bytes(hmac.digest(RunFolder(root_of(desk)).secret(), b"experiment split", "sha256")[:4], "big")


def judge_hash(desk: Desk, plan: Plan) -> str:
    """By what attempts are scored: the scorer's hash, or that of the evaluation cell."""
    if plan.evaluation:
        return digest([plan.evaluation, plan.metric, plan.higher_is_better])
    return scorer_of(desk, plan).hash


def higher(plan: Plan) -> bool:
    """Whether more is better; of our metrics their definition says it, of others the plan."""
    known = not plan.evaluation and plan.metric in metrics.names()
    return metrics.load(plan.metric).higher if known else plan.higher_is_better


def validation_seeds(desk: Desk) -> range:
    """The seeds with which every setting of every attempt is run."""
    return range(min(VALIDATION_SEEDS, options(desk.request).seeds))


async def check_plan(bench: Bench, plan: Plan) -> tuple[str, ...]:
    """Problems of a plan; one that has none is laid out for the attempts."""
    if bench.state.artefacts.get("tries"):
        return ("attempts have been scored by the plan there is; it can no longer be changed",)
    asked = options(bench.request)
    wanted = bench.state.artefacts[own.OWN]["name"] if own.OWN in bench.state.artefacts else asked.metric
    problems = [*_against_request(plan, wanted, asked.target)]
    mine = own.of(bench, plan.metric)
    if mine is not None and plan.higher_is_better != mine.higher:
        problems.append(f"the file of {mine.name} says higher_is_better = {mine.higher}; so must the plan")
    if plan.attempts > asked.attempts:
        problems.append(f"the person allows {asked.attempts} attempts; plan at most that many")
    if not plan.ideas:
        problems.append("name at least one idea to try against the baseline")
    problems += _of_evaluation(plan) if plan.evaluation else _of_data(bench, plan)
    if not problems and not plan.evaluation:
        lay_out(bench, scorer_of(bench, plan))
    return tuple(problems)


def lay_out(desk: Desk, judge: Scorer) -> None:
    """Put training rows, and validation rows without their labels, where kernels see them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, part in ((TRAIN, "train"), (PREDICT, "validation")):
            path = Path(folder) / name
            judge.visible(part).to_csv(path, index=False)  # type: ignore[arg-type]
            desk.place(name, path)


def definition(desk: Desk, plan: Plan) -> Json:
    """What was fixed beforehand, for the scorer's record."""
    if plan.evaluation:
        about = "shown by the evaluation cell"
    else:
        about = scorer_of(desk, plan).metric.about
    return {
        "metric": plan.metric,
        "about": about,
        "higher_is_better": higher(plan),
        "judge": judge_hash(desk, plan),
        "code": digest(inspect.getsource(metrics)),
    }


def _against_request(plan: Plan, metric: str, target: str) -> list[str]:
    """Where a plan departs from what the person said."""
    said = [("metric", metric, plan.metric), ("target", target, plan.target)]
    return [
        f"the person asked for the {what} {wanted!r}, not {got!r}"
        for what, wanted, got in said
        if wanted not in ("", got)
    ]


def _of_data(bench: Bench, plan: Plan) -> list[str]:
    """What stands against scoring predictions on the plan's data."""
    if not given(bench):
        return ["no data came with the request; plan an `evaluation` cell instead, which may generate data itself"]
    try:
        scorer_of(bench, plan)
    except JupyterAgentsError as error:
        return [error.message]
    return []


def _of_evaluation(plan: Plan) -> list[str]:
    """What stands against an evaluation cell."""
    if plan.data or plan.target:
        return ["either `data` with a `target`, or an `evaluation` cell, not both"]
    try:
        tree = ast.parse(plan.evaluation)
    except SyntaxError as exc:
        return [f"the evaluation cell is no Python: {exc}"]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    shown = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "metric"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    problems = []
    if plan.metric not in shown:
        problems.append(f"the evaluation cell must call metric({plan.metric!r}, value)")
    if SEED not in names:
        problems.append("the evaluation cell must read `seed`, so that it can be repeated and tested on fresh seeds")
    return problems
