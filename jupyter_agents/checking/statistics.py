"""The little statistics that verdicts and reports need: Student's t, intervals, paired differences, a sign test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from ..errors import InputError
from ..records import Record

SEEDS = 5
"""Fewer seeds than this say nothing about a stochastic claim."""


class Interval(Record):
    """A mean with its two-sided confidence interval."""

    mean: float
    sd: float
    """Sample standard deviation (n − 1)."""
    n: int
    half_width: float
    """t · sd / √n; infinite for a single value."""

    @property
    def low(self) -> float:
        """Lower end."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """Upper end."""
        return self.mean + self.half_width

    @property
    def holds_zero(self) -> bool:
        """Whether zero lies inside, its ends included."""
        return self.low <= 0.0 <= self.high


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean, rounded once. Raises InputError for no values or values that are not finite."""
    return float(sum(map(Fraction, _finite(values)), Fraction()) / len(values))


def sd(values: Sequence[float]) -> float:
    """Sample standard deviation (n − 1); NaN for a single value. Raises InputError as `mean` does."""
    if len(_finite(values)) < 2:
        return math.nan
    if min(values) == max(values):
        return 0.0  # the mean of equal values may be off by a rounding, and would make them seem to scatter
    centre = mean(values)
    return math.hypot(*(value - centre for value in values)) / math.sqrt(len(values) - 1)


def t_quantile(degrees: int, confidence: float = 0.95) -> float:
    """Two-sided quantile of Student's t: 2.776 for 4 degrees of freedom at 95 %."""
    if degrees < 1 or not 0.0 < confidence < 1.0:
        raise InputError(
            f"Student's t needs at least 1 degree of freedom and a confidence between 0 and 1, not {degrees} and "
            f"{confidence:g}"
        )
    from scipy import stats

    return float(stats.t.ppf(0.5 + confidence / 2.0, degrees))


def interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Mean and confidence interval of independent values."""
    n, centre = len(_finite(values)), mean(values)
    if n == 1:
        return Interval(mean=centre, sd=math.nan, n=1, half_width=math.inf)
    spread = sd(values)
    return Interval(mean=centre, sd=spread, n=n, half_width=t_quantile(n - 1, confidence) * spread / math.sqrt(n))


def paired(ours: Sequence[float], theirs: Sequence[float], confidence: float = 0.95) -> Interval:
    """Mean of ours − theirs, seed by seed, with its interval. Raises InputError if the lengths differ."""
    if len(ours) != len(theirs):
        raise InputError(f"paired values must have equal numbers of seeds, not {len(ours)} and {len(theirs)}")
    return interval([a - b for a, b in zip(ours, theirs, strict=True)], confidence)


def sign_test(differences: Sequence[float]) -> float:
    """Two-sided p that as many differences have one sign by chance; zeros are left out, 1 where none remains."""
    signs = [value > 0 for value in _finite(differences) if value]
    if not signs:
        return 1.0
    from scipy import stats

    return float(stats.binomtest(sum(signs), len(signs), 0.5).pvalue)


def enough_seeds(n: int) -> bool:
    """Whether a stochastic claim can be judged on so many seeds."""
    return n >= SEEDS


def _finite(values: Sequence[float]) -> Sequence[float]:
    if not values:
        raise InputError("no values to compute from; run at least one seed")
    if not all(map(math.isfinite, values)):
        raise InputError("values hold NaN or infinity; look at the cell that made them")
    return values
