"""One run of a program in a sandbox, and its score: computed outside from predictions, or shown by a fixed cell."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

from ...agents import Bench
from ...errors import DataError, ReadRefused
from ...records import CellResult, Json, Record
from . import own
from .asked import SEED
from .protocol import Plan, scorer_of
from .tables import ROW, Part

if TYPE_CHECKING:
    import pandas as pd

    from ...runtime.kernel import Kernel


class Scored(Record):
    """One run of an attempt."""

    seed: int
    value: float
    output_hash: str
    """Of the output that showed the predictions or the metric."""


class Ran(Record):
    """What one run of a program gave, and of the evaluation cell after it; None for what was not run."""

    program: CellResult | None = None
    judged: CellResult | None = None

    @property
    def last(self) -> CellResult | None:
        """The result that the score is read from."""
        return self.judged or self.program

    @property
    def seconds(self) -> float:
        """How long it took."""
        return sum(result.duration_s for result in (self.program, self.judged) if result is not None)


async def run_once(kernel: Kernel, plan: Plan, cells: tuple[str, str], setting: Json, seed: int, code: str) -> Ran:
    """One run of a program from an empty namespace, and of the evaluation cell after it where there is one.

    cells: ids under which the two show their values.
    """
    from ...runtime.kernel import values

    await kernel.execute("%reset -f")
    await kernel.execute(values.source())
    program = await kernel.execute(f"{assigned(setting, seed)}\n{code}", cell=cells[0])
    if not program.ok or not plan.evaluation:
        return Ran(program=program)
    # the helpers are put in again, lest the attempt's own `metric` speaks for the evaluation
    await kernel.execute(f"{values.source()}\n{SEED} = {seed}")
    return Ran(program=program, judged=await kernel.execute(plan.evaluation, cell=cells[1]))


async def score_of(desk: Bench, plan: Plan, kernel: Kernel, ran: Ran, seed: int, part: Part) -> Scored:
    """The score of one run, from its predictions or its evaluation cell. Raises DataError saying what is wrong."""
    result = ran.last
    if result is None or not result.ok:
        what = "evaluation cell" if ran.judged is not None else "program"
        how = "was not run" if result is None else f"ended with {result.status} {result.error_name}"
        raise DataError(f"seed {seed}: the {what} {how}".strip())
    if plan.evaluation:
        return _shown(plan, result, seed)
    handed = [value for value in result.values if value.kind == "predictions"]
    if not handed:
        raise DataError('the program handed over no predictions; end it with predictions("validation", table)')
    table = _table(kernel, str(handed[-1].value))
    judge, mine = scorer_of(desk, plan), own.of(desk, plan.metric)
    value = judge.score(part, table) if mine is None else await own.score(desk, mine, *judge.aligned(part, table))
    return Scored(seed=seed, value=value, output_hash=handed[-1].output_hash)


def _shown(plan: Plan, result: CellResult, seed: int) -> Scored:
    """The value that the evaluation cell showed."""
    shown = [value for value in result.values if value.kind == "metric" and value.name == plan.metric]
    if not shown:
        raise DataError(f"the evaluation cell showed no {plan.metric!r}")
    value = float(shown[-1].value)
    if not math.isfinite(value):
        raise DataError(f"seed {seed}: {plan.metric} is {value}; a score must be finite")
    return Scored(seed=seed, value=value, output_hash=shown[-1].output_hash)


def _table(kernel: Kernel, name: str) -> pd.DataFrame:
    """Predictions that a program wrote; read beneath its folder only."""
    import pandas as pd

    from ...runtime.kernel.readback import read

    try:
        content = read(kernel.workdir, name)
        return pd.read_csv(io.BytesIO(content), dtype={ROW: str}, keep_default_na=False, na_values=[""])
    except ReadRefused as error:
        raise DataError(f"the predictions cannot be read: {error.message}") from error
    except (ValueError, UnicodeDecodeError) as exc:
        raise DataError(f"the predictions are no table: {exc}") from exc


def assigned(setting: Json, seed: int) -> str:
    """Source that sets what a program takes from outside."""
    return "\n".join(f"{name} = {value}" for name, value in {**setting, SEED: seed}.items())
