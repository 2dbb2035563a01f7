from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.checking.perturbation import Perturbation, downgrade, moved, perturb
from jupyter_agents.errors import InputError
from jupyter_agents.records import Verdict

SCALARS = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: abs(x) > 1e-290), st.booleans()
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, min_size=1, max_size=5), st.dictionaries(st.text(), SCALARS, min_size=1))


@given(VALUES, st.integers(0, 2**31))
def test_a_perturbed_value_differs_keeps_its_type_and_repeats_with_its_seed(value: Any, seed: int) -> None:
    other = perturb(value, seed)
    assert other != value
    assert type(other) is type(value)
    assert perturb(value, seed) == other


@given(st.integers(1, 10**12), st.floats(0.01, 1.0), st.integers(0, 1000))
def test_counts_stay_counts_and_fractions_fractions(count: int, fraction: float, seed: int) -> None:
    assert count < perturb(count, seed) <= count * 1.31 + 1
    assert 0.0 < perturb(fraction, seed) <= 1.0


@pytest.mark.parametrize("array", [np.zeros(4), np.arange(6.0).reshape(2, 3), np.arange(5), np.array([True, False])])
def test_arrays_move_in_every_element(array: Any) -> None:
    other = perturb(array, 3)
    assert (other.shape, other.dtype) == (array.shape, array.dtype)
    assert bool(np.all(other != array))
    assert np.array_equal(other, perturb(array, 3))


def test_texts_become_another_choice() -> None:
    assert perturb("adam", 1, choices=("adam", "sgd")) == "sgd"
    assert perturb(None, 1, choices=(None, 3)) == 3


@pytest.mark.parametrize("value", ["adam", None, math.nan, [], {}, np.array(["a"]), object()])
def test_what_cannot_be_perturbed_is_said(value: Any) -> None:
    with pytest.raises(InputError, match="cannot be perturbed"):
        perturb(value, 1)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (2.24, 2.24, False), (2.24, 2.24 + 1e-12, False), (2.24, 2.2401, True), (0, 0.0, False), (0.0, 1e-12, True),
        (math.nan, math.nan, False), (1.0, math.nan, True), ([1, 2], [1, 2.0], False), ([1, 2], [1, 3], True),
        ([1], [1, 2], True), ("a", "b", True), (1, "1", True), (math.inf, math.inf, False),
    ],
)  # fmt: skip
def test_rounding_noise_is_no_movement(before: Any, after: Any, expected: bool) -> None:
    assert moved(before, after) is expected


def verdict(status: Any = "reproduced") -> Verdict:
    return Verdict(claim="m", status=status, reason="2.24 fits", measured="2.24")


def run(after: Any, *, claim: str = "m", name: str = "x.csv") -> Perturbation:
    return Perturbation(claim=claim, names=(name,), before=2.24, after=after)


def test_a_value_that_does_not_move_is_unchecked() -> None:
    for status in ("reproduced", "mismatch"):
        changed = downgrade(verdict(status), [run(2.24), run(2.24, name="sigma")])
        assert changed.status == "unchecked"
        assert changed.reason == "the value does not move when x.csv or sigma is perturbed; before that: 2.24 fits"
        assert changed.measured == "2.24"


def test_a_value_that_moves_keeps_its_verdict() -> None:
    assert downgrade(verdict(), [run(2.24), run(2.5)]) == verdict()
    assert downgrade(verdict(), []) == verdict()
    assert downgrade(verdict(), [run(2.24, claim="other")]) == verdict()
    assert downgrade(verdict("failed"), [run(2.24)]) == verdict("failed")


def test_perturbed_runs_that_failed_say_nothing_and_that_is_said() -> None:
    kept = downgrade(verdict(), [run(None)])
    assert kept.status == "reproduced"
    assert "not known to depend on x.csv" in kept.reason
