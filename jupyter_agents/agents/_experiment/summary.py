"""What the runs of a sweep add up to: means with intervals, and each point against the first, seed by seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from ...checking import statistics
from ...checking.statistics import Interval
from ...records import Json, Record, changed


class Ran(Record):
    """One run of the user's cell: a grid point with a seed."""

    point: int
    seed: int
    cell: str
    status: str
    """As of its cell; `no value` where it ended well and showed none."""
    values: dict[str, float] = msgspec.field(default_factory=dict)
    """The last value shown of each metric."""
    outputs: dict[str, str] = msgspec.field(default_factory=dict)
    """Hash of the output that holds each value."""
    error: str = ""


class Line(Record):
    """One metric at one grid point."""

    metric: str
    point: int
    settings: Json
    n: int
    """Seeds that gave a finite value."""
    failed: int
    mean: float | None = None
    half_width: float | None = None
    """Of the 95 % interval; None for fewer than two seeds."""
    difference: float | None = None
    """Mean of this point's values minus the first point's, over seeds that both have."""
    difference_half_width: float | None = None
    pairs: int = 0
    says: str = ""
    """What the difference says."""


def metrics_shown(ran: Sequence[Ran], wanted: str = "") -> tuple[str, ...]:
    """Names of the metrics in the order they first appeared; only the wanted one where somebody named it."""
    names = dict.fromkeys(name for run in ran for name in run.values)
    return tuple(name for name in names if not wanted or name == wanted)


def summarise(ran: Sequence[Ran], settings: Sequence[Json], wanted: str = "") -> tuple[Line, ...]:
    """Every metric at every grid point, in order."""
    return tuple(
        _line(name, point, ran, settings[point])
        for name in metrics_shown(ran, wanted)
        for point in range(len(settings))
    )


def _line(metric: str, point: int, ran: Sequence[Ran], settings: Json) -> Line:
    mine, first = _by_seed(ran, metric, point), _by_seed(ran, metric, 0)
    tried = sum(run.point == point for run in ran)
    line = Line(metric=metric, point=point, settings=settings, n=len(mine), failed=tried - len(mine))
    if not mine:
        return changed(line, says="no run gave a finite value")
    own = statistics.interval(list(mine.values()))
    line = changed(line, mean=own.mean, half_width=_finite(own.half_width))
    both = [seed for seed in mine if seed in first]
    if point == 0:
        return changed(line, says="the others are compared with this one")
    if not both:
        return changed(line, says="no seed to compare with the first point")
    paired = statistics.paired([mine[s] for s in both], [first[s] for s in both])
    return changed(
        line,
        difference=paired.mean,
        difference_half_width=_finite(paired.half_width),
        pairs=len(both),
        says=says(paired),
    )


def says(paired: Interval) -> str:
    """What a paired difference says, in words; few seeds say nothing."""
    if not statistics.enough_seeds(paired.n):
        return f"{paired.n} seeds are too few to tell, {statistics.SEEDS} are needed"
    if paired.sd == 0.0:
        where = "equal" if paired.mean == 0.0 else "higher" if paired.mean > 0 else "lower"
        return f"{where}, by the same amount for every seed"
    if paired.holds_zero:
        return "no difference can be told"
    return "higher" if paired.mean > 0 else "lower"


def _by_seed(ran: Sequence[Ran], metric: str, point: int) -> dict[int, float]:
    return {
        run.seed: run.values[metric]
        for run in ran
        if run.point == point and metric in run.values and math.isfinite(run.values[metric])
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
