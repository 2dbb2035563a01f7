"""Looking at data before and after a plan: a profile by code, and code of the lead's on the training rows only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from ...agents import Bench
from ...errors import DataError
from ...records import Observation, Record, changed
from ...runtime.notebook.compact import outputs
from ...tools import tool
from ...tools.notebook import make_cell
from . import tables
from .asked import options
from .concluding import sweep_told
from .loading import given
from .protocol import TRAIN, plan_of, split_seed
from .sweep import SWEEP
from .tables import Split

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 60


class LookAtData(Record):
    """Arguments of `look_at_data`: none."""


@tool("read")
async def look_at_data(desk: Bench, arguments: LookAtData) -> Observation:
    """See which data came with the request: columns, kinds, missing values, ranges of training rows."""
    if SWEEP in desk.state.artefacts:
        return Observation(text=sweep_told(desk), untrusted=True, source="the sweep")
    there = given(desk)
    if not there:
        return Observation(text="no data came with the request; an evaluation cell may generate some")
    seed, target = split_seed(desk), options(desk.request).target
    parts = []
    for one in there:
        try:
            parts.append(f"{one.name} ({one.path.name})\n{_profile(tables.read(one.path), seed, target)}")
        except DataError as error:
            parts.append(f"{one.name}: {error.message}")
    return Observation(text="\n\n".join(parts), untrusted=True, source="the data")


class Explore(Record):
    """Arguments of `explore`."""

    code: Annotated[str, Meta(description="Python that reads train.csv and shows what you want to know")]


@tool("execute")
async def explore(desk: Bench, arguments: Explore) -> Observation:
    """Run Python in a fresh sandbox that holds only train.csv, the training rows; nothing is scored."""
    plan_of(desk)
    kernel = await desk.fresh_kernel("explore")
    try:
        (kernel.workdir / "predict.csv").unlink(missing_ok=True)
        cell = make_cell(desk, arguments.code, tags=("exploration",), by="lead")
        result = await kernel.execute(arguments.code, cell=cell.id)
    finally:
        await kernel.shutdown()
    desk.emit("cell", {"cell": changed(cell, result=result)})
    return Observation(
        text=f"{result.status}\n{outputs(result)}",
        error=not result.ok,
        untrusted=True,
        source=f"exploring {TRAIN}",
    )


def _profile(table: pd.DataFrame, seed: int, target: str) -> str:
    """Columns in a line each; ranges come from rows that a random split puts into training."""
    lines = [f"{len(table)} rows, {table.shape[1]} columns"]
    try:
        seen = tables.split(table, Split(seed=seed))["train"]
    except DataError as error:
        return f"{lines[0]}\n{error.message}"
    for name in list(table.columns)[:MOST_COLUMNS]:
        column = table[name]
        known = f"{name}: {column.dtype}, {int(column.isna().sum())} missing, {column.nunique()} distinct"
        lines.append(known if name == target else f"{known}, {_range(seen[name])}")
    if table.shape[1] > MOST_COLUMNS:
        lines.append(f"… {table.shape[1] - MOST_COLUMNS} more columns")
    return "\n".join(lines)


def _range(column: pd.Series[float]) -> str:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        quantiles = column.quantile([0, 0.25, 0.5, 0.75, 1])
        return "quartiles " + " ".join(f"{value:.4g}" for value in quantiles)
    shown = [str(value)[:40] for value in column.value_counts().index[:5]]
    return f"mostly {', '.join(shown)}"
