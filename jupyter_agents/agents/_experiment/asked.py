"""What a person asked of an experiment: its options, and the grid that `--sweep` names."""

from __future__ import annotations

import ast
import itertools
import keyword
import math
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ...errors import InputError
from ...records import Json, Record, Request, parse
from ...runtime.notebook.files import find_cell

MOST_POINTS = 100
MOST_RUNS = 1000
SEED = "seed"
"""The variable that holds a run's seed."""


class Options(Record):
    """Options of `experiment`."""

    data: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Data: a variable of the notebook, or NAME=PATH.", extra={"metavar": "NAME|NAME=PATH"}
        ),
    ] = ()
    metric: Annotated[
        str, msgspec.Meta(description="What is measured, for instance rmse.", extra={"metavar": "NAME|FILE.py"})
    ] = ""
    target: Annotated[
        str, msgspec.Meta(description="Column of the data that is predicted.", extra={"metavar": "COLUMN"})
    ] = ""
    cell: Annotated[
        str, msgspec.Meta(description="Cell that a sweep runs, shows metrics.", extra={"metavar": "ID|FILE.py"})
    ] = ""
    sweep: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Values of a variable of the cell; may be repeated.", extra={"metavar": "NAME=A,B"}),
    ] = ()
    seeds: Annotated[int, msgspec.Meta(description="Seeds of each comparison.", ge=1, le=100)] = 5
    attempts: Annotated[int, msgspec.Meta(description="Attempts at most, the baseline included.", ge=2, le=50)] = 8


class Axis(Record):
    """One variable of a sweep and its values, as Python writes them."""

    name: str
    values: tuple[str, ...]


def options(request: Request) -> Options:
    """The request's options. Raises InputError naming what is wrong."""
    try:
        return parse({k: v for k, v in request.options.items() if v is not None}, Options)
    except msgspec.ValidationError as exc:
        raise InputError(f"experiment: {exc}") from exc


def axes(sweep: tuple[str, ...]) -> tuple[Axis, ...]:
    """The variables that are swept, with their values. Raises InputError for what cannot be read."""
    found = tuple(_axis(text) for text in sweep)
    for axis in found:
        if sum(other.name == axis.name for other in found) > 1:
            raise InputError(f"--sweep names {axis.name!r} twice; write all its values in one", name=axis.name)
    n = math.prod(len(axis.values) for axis in found)
    if n > MOST_POINTS:
        raise InputError(f"the sweep has {n} grid points, at most {MOST_POINTS} are run; name fewer values", points=n)
    return found


def grid(found: tuple[Axis, ...]) -> tuple[dict[str, str], ...]:
    """Every combination of values, the last variable moving fastest; the first is what others are compared with."""
    names = [axis.name for axis in found]
    return tuple(
        dict(zip(names, values, strict=True)) for values in itertools.product(*(axis.values for axis in found))
    )


def cell_source(request: Request) -> str:
    """The source of the cell that a sweep runs. Raises InputError."""
    return find_cell(options(request).cell, folder=Path(request.folder) if request.folder else None).source


def _axis(text: str) -> Axis:
    name, equals, values = text.partition("=")
    name = name.strip()
    if not equals or not values.strip():
        raise InputError(f"--sweep {text!r}: write NAME=A,B, for instance lr=0.1,0.01", sweep=text)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise InputError(f"--sweep {text!r}: {name!r} is no name of a variable", sweep=text)
    if name == SEED:
        raise InputError("--sweep seed=…: seeds are not swept; say how many with --seeds N", sweep=text)
    found = tuple(map(repr, _values(values)))
    if len(set(found)) < len(found):
        raise InputError(f"--sweep {text!r}: a value stands there twice", sweep=text)
    return Axis(name=name, values=found)


def _values(text: str) -> list[Any]:
    """Values as Python literals; what is none is a text."""
    try:
        value = ast.literal_eval(f"[{text}]")
    except (ValueError, SyntaxError):
        return [_value(part.strip()) for part in text.split(",")]
    return list(value)


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def label(settings: Json) -> str:
    """Settings for a person: `lr = 0.1, depth = 3`."""
    return ", ".join(f"{name} = {value}" for name, value in settings.items()) or "as written"
