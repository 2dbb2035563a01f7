from __future__ import annotations

import math
import statistics as reference

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.checking.statistics import enough_seeds, interval, mean, paired, sd, sign_test, t_quantile
from jupyter_agents.errors import InputError

FLOATS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20)


@pytest.mark.parametrize(("degrees", "expected"), [(1, 12.706), (4, 2.776), (9, 2.262), (29, 2.045)])
def test_quantiles_of_students_t_are_those_of_the_tables(degrees: int, expected: float) -> None:
    assert t_quantile(degrees) == pytest.approx(expected, abs=5e-4)


@given(FLOATS)
def test_mean_and_deviation_agree_with_the_standard_library(values: list[float]) -> None:
    assert mean(values) == pytest.approx(reference.fmean(values), rel=1e-9, abs=1e-9)
    assert sd(values) == pytest.approx(reference.stdev(values), rel=1e-6, abs=1e-6)
    around = interval(values)
    assert around.low <= around.mean <= around.high


def test_equal_values_do_not_scatter() -> None:
    assert sd([0.1, 0.1, 0.1]) == 0.0
    assert interval([0.1] * 5).half_width == 0.0


def test_a_single_value_has_an_endless_interval() -> None:
    assert interval([3.0]).half_width == math.inf
    assert interval([3.0]).holds_zero


def test_paired_difference_is_taken_seed_by_seed() -> None:
    around = paired([3.0, 5.0, 9.0], [1.0, 4.0, 6.0])
    assert (around.mean, around.n, around.sd) == (2.0, 3, 1.0)
    assert around.half_width == pytest.approx(4.303 / math.sqrt(3), abs=1e-3)


def test_sign_test_leaves_zeros_out() -> None:
    assert sign_test([1, 2, 3, 4, 5, 0]) == pytest.approx(2 / 32)
    assert sign_test([0, 0]) == 1.0


def test_five_seeds_are_needed() -> None:
    assert not enough_seeds(4)
    assert enough_seeds(5)


def test_bad_input_says_what_is_wrong() -> None:
    with pytest.raises(InputError, match="no values"):
        mean([])
    with pytest.raises(InputError, match="NaN"):
        interval([1.0, math.nan])
    with pytest.raises(InputError, match="equal numbers of seeds, not 2 and 1"):
        paired([1.0, 2.0], [1.0])
    with pytest.raises(InputError, match="degree of freedom"):
        t_quantile(0)
