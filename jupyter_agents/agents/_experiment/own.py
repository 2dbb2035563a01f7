"""A person's own metric: a Python file that runs in a sandbox of its own, which no attempt ever enters.

The file defines `score(truth, predicted)`, of two numpy arrays in the same order, and says `higher_is_better = True`
or `False`.
"""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path
from typing import Any

from ...errors import DataError, InputError
from ...records import Record, Request, parse
from ...runtime.notebook.files import find_cell, replace
from ...tools import Desk
from . import metrics
from .asked import options

OWN = "own_metric"
"""Name of the artefact that holds the file as it was when the run began."""
DIRECTION = "higher_is_better"
CALL = """
import json as _json
import numpy as _numpy
_truth, _predicted = (_numpy.array(_json.load(open(name))) for name in ("truth.json", "predicted.json"))
metric("score", score(_truth, _predicted))
"""


class OwnMetric(Record):
    """A metric that a person wrote."""

    name: str
    source: str
    higher: bool


def asked_for(request: Request) -> OwnMetric | None:
    """The file that `--metric FILE.py` names; None for a metric by name. Raises InputError saying what it lacks."""
    which = options(request).metric
    if not which.endswith(".py"):
        return None
    source = find_cell(which, folder=Path(request.folder) if request.folder else None).source
    try:
        tree = ast.parse(source)
    except SyntaxError as exc:
        raise InputError(f"the metric {which} is no Python that can be read: {exc}", file=which) from exc
    scores = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "score" and len(n.args.args) == 2]
    if not scores:
        raise InputError(f"the metric {which} defines no score(truth, predicted)", file=which)
    if Path(which).stem in metrics.names():
        raise InputError(f"{Path(which).stem} is the name of a metric of ours; rename the file {which}", file=which)
    return OwnMetric(name=Path(which).stem, source=source, higher=_direction(tree, which))


def of(desk: Desk, name: str) -> OwnMetric | None:
    """The person's own metric, if that is what the name means."""
    found = desk.state.artefacts.get(OWN)
    own = parse(found, OwnMetric) if found is not None else None
    return own if own is not None and own.name == name else None


async def score(desk: Desk, own: OwnMetric, truth: Any, predicted: Any) -> float:
    """What the person's function says of truth and predictions. Raises DataError where it fails."""
    kernel = await desk.fresh_kernel("own-metric")
    try:
        for name, values in (("truth.json", truth), ("predicted.json", predicted)):
            replace(kernel.workdir / name, json.dumps(values.tolist()).encode())
        result = await kernel.execute(f"{own.source}\n{CALL}")
    finally:
        await kernel.shutdown()
    shown = [value.value for value in result.values if value.name == "score"]
    if not result.ok or not shown:
        raise DataError(f"the metric {own.name} failed: {result.error_name} {result.error_value}".strip())
    value = float(shown[-1])
    if not math.isfinite(value):
        raise DataError(f"the metric {own.name} is {value} here; a score must be finite")
    return value


def _direction(tree: ast.Module, which: str) -> bool:
    """Whether more is better, as the file says in plain words; it is never run for that."""
    said = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if isinstance(found := said.get(DIRECTION), bool):
        return found
    raise InputError(f"the metric {which} must say {DIRECTION} = True or False at its top level", file=which)
