from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.checking.verdicts import Facts, Measured, apart, judge
from jupyter_agents.records import Claim, ClaimKind


def claim(value: str, kind: ClaimKind = "deterministic", **more: object) -> Claim:
    return Claim(id="c", value=value, kind=kind, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("printed", "measured", "status"),
    [
        ("2.24", 2.2449, "reproduced"),
        ("2.24", 2.245, "reproduced"),
        ("2.24", 2.235, "reproduced"),
        ("2.24", 2.2450001, "mismatch"),
        ("2.24", 2.2349999, "mismatch"),
        ("-2.24", -2.245, "reproduced"),
        ("-0.5", 0.5, "mismatch"),
        ("0.5", -0.5, "mismatch"),
        ("0", 0, "reproduced"),
        ("0", -0.5, "reproduced"),
        ("0", 0.51, "mismatch"),
        ("0.000", 0.0004, "reproduced"),
        ("-3", -3.4, "reproduced"),
        ("34", 33.5, "reproduced"),
        ("12,345", 12345.2, "reproduced"),
        ("1.2e-3", 0.00124, "reproduced"),
        ("1.2e-3", 0.0013, "mismatch"),
        ("93.1 %", 0.931, "reproduced"),
        (r"93.1\%", 93.14, "reproduced"),
        ("93.1 %", 0.0931, "mismatch"),
        ("93.1 %", -0.931, "mismatch"),
        ("0.931", "93.1 %", "reproduced"),
        ("0.931", 93.1, "mismatch"),
        ("93.1", "93.1 %", "reproduced"),
        ("5 ms", "5 ms", "reproduced"),
        ("5 ms", 5.2, "reproduced"),
        ("5 ms", "0.005 min", "unchecked"),
        ("5 ms", "5 %", "unchecked"),
        ("5 %", "5 ms", "unchecked"),
        ("93.1", 0.931, "mismatch"),
        ("93.1 %", "0.931", "reproduced"),
        ("< 0.05", 0.049, "reproduced"),
        ("< 0.05", 0.05, "mismatch"),
        ("≥ 3", 3, "reproduced"),
        ("0.2–0.3", 0.35, "reproduced"),
        ("0.2–0.3", 0.36, "mismatch"),
        ("≈ 5", 5.2, "reproduced"),
        ("inf", math.inf, "reproduced"),
        ("inf", -math.inf, "mismatch"),
        ("2.24", math.inf, "mismatch"),
        ("2.24", math.nan, "mismatch"),
        ("NaN", math.nan, "mismatch"),
        ("2.24", "nan", "mismatch"),
        ("2.24", None, "unchecked"),
        ("2.24", "about 0.9", "unchecked"),
        ("2.24", True, "unchecked"),
        ("state of the art", 1.0, "unchecked"),
    ],
)
def test_deterministic_claims(printed: str, measured: Measured, status: str) -> None:
    verdict = judge(claim(printed), [measured])
    assert verdict.status == status
    assert verdict.reason
    assert verdict.claimed == printed


def test_a_gold_rounded_for_a_table_is_reproduced_by_the_full_value() -> None:
    full = 0.8437159
    for digits in range(1, 8):
        assert judge(claim(f"{full:.{digits}f}"), [full]).status == "reproduced"


def test_percent_is_known_from_the_unit_beside_the_value() -> None:
    verdict = judge(claim("93.1", unit="%"), [0.931])
    assert verdict.status == "reproduced"
    assert "printed differently" in verdict.reason
    assert judge(claim("0.5", unit="%"), [0.5]).status == "reproduced"
    assert judge(claim("0.5", unit="%"), [0.5], facts=Facts(unit="fraction")).status == "mismatch"
    assert judge(claim("93.1 %"), [0.931], facts=Facts(unit="%")).status == "mismatch"


def test_reason_of_a_mismatch_names_all_its_numbers() -> None:
    reason = judge(claim("2.24"), [2.2450000000000006]).reason
    assert "2.2450000000000006 against 2.24" in reason
    assert "allowed is 0.005" in reason


def test_all_of_several_values_of_a_deterministic_claim_must_fit() -> None:
    assert judge(claim("2.24"), [2.24, 2.241]).status == "reproduced"
    assert judge(claim("2.24"), [2.24, 2.3]).status == "mismatch"


def test_value_and_uncertainty_are_two_claims() -> None:
    value, error = apart(claim("2.24 ± 0.11", metric="slope"))
    assert (value.uncertainty, error.id, error.value) == ("0.11", "c-uncertainty", "0.11")
    assert error.metric == "uncertainty of slope"
    assert judge(value, [2.3]).status == "mismatch"
    assert judge(error, [0.108]).status == "reproduced"
    assert apart(claim("2.24(11)"))[1].value == "0.11"
    assert apart(claim("34", uncertainty="± 18"))[1].value == "18"
    assert apart(claim("34")) == (claim("34"),)


SEEDS = [93.0, 93.2, 93.1, 93.3, 92.9]


@pytest.mark.parametrize(
    ("printed", "values", "status"),
    [
        ("93.1", SEEDS, "reproduced"),
        ("93.5", SEEDS, "reproduced"),
        ("93.6", SEEDS, "mismatch"),
        ("92.6", SEEDS, "mismatch"),
        ("93.1", SEEDS[:4], "unchecked"),
        ("93.1", [80.0, 99.0, 93.0, 88.0, 97.0], "unchecked"),
        ("10", [80.0, 99.0, 93.0, 88.0, 97.0], "mismatch"),
        ("93.1 ± 0.2", SEEDS, "unchecked"),
        ("93.1 ± 0.5", SEEDS, "reproduced"),
        ("93.1 %", [v / 100 for v in SEEDS], "reproduced"),
        ("-93.1", SEEDS, "mismatch"),
        ("0.84", [0.8437] * 5, "reproduced"),
        ("0.84", [0.8537] * 5, "mismatch"),
        ("0.84", [0.84, 0.84, math.nan, 0.84, 0.84], "mismatch"),
        ("0.84", [0.84, 0.84, math.inf, 0.84, 0.84], "mismatch"),
        ("> 90", SEEDS, "reproduced"),
    ],
)
def test_stochastic_claims(printed: str, values: list[Measured], status: str) -> None:
    verdict = judge(claim(printed, "stochastic"), values)
    assert verdict.status == status, verdict.reason
    assert verdict.seeds == len(values)


def test_interval_narrows_with_the_papers_own_number_of_runs() -> None:
    alone, many = claim("93.5", "stochastic"), claim("93.5", "stochastic", n_paper=100)
    assert judge(alone, list(SEEDS)).status == "reproduced"
    assert judge(many, list(SEEDS)).status == "mismatch"
    assert "± 0.4809" in judge(alone, list(SEEDS)).reason  # 2.7764 · 0.15811 · √(1/5 + 1)


@pytest.mark.parametrize(
    ("printed", "values", "status"),
    [
        ("A > B", [0.2], "reproduced"),
        ("A > B", [-0.2], "mismatch"),
        ("A < B", [-0.2], "reproduced"),
        ("A > B", [0.0], "mismatch"),
        ("A >= B", [0.0], "reproduced"),
        ("+2.3", [0.1, 0.2, 0.3], "reproduced"),
        ("-2.3 %", [0.1, 0.2, 0.3], "mismatch"),
        ("A > B", [0.5, 0.5, -0.1], "reproduced"),
        ("A > B", [math.nan], "mismatch"),
        ("A is better", [0.2], "unchecked"),
        ("A > B", [], "unchecked"),
    ],
)
def test_ordering_claims_are_judged_by_the_sign(printed: str, values: list[Measured], status: str) -> None:
    assert judge(claim(printed, "ordering"), values).status == status


def test_ordering_pairs_the_values_of_both_sides() -> None:
    better = claim("A > B", "ordering")
    assert judge(better, [0.9, 0.8], against=[0.8, 0.7]).status == "reproduced"
    assert judge(better, [0.7, 0.8], against=[0.9, 0.7]).status == "mismatch"
    assert judge(better, [0.7, 0.8], against=[0.9]).status == "unchecked"
    assert "which holds zero" in judge(better, [1.0, -0.5, 0.2]).reason


@pytest.mark.parametrize(
    ("facts", "status", "said"),
    [
        (Facts(cell_status="error", error="ValueError: singular"), "failed", "ValueError: singular"),
        (Facts(cell_status="timeout"), "failed", "timeout"),
        (Facts(reduced="2 of 50 epochs"), "unchecked", "reduced scale: 2 of 50 epochs"),
        (Facts(other_data="generated points"), "unchecked", "other data: generated points"),
        (Facts(typed="`2.24` in cell a"), "unchecked", "typed into the code"),
        (Facts(unmoved="x.csv"), "unchecked", "does not move when x.csv is perturbed"),
    ],
)
def test_what_is_known_of_the_run_comes_before_the_number(facts: Facts, status: str, said: str) -> None:
    for value in (2.24, 9.9):
        verdict = judge(claim("2.24"), [value], facts=facts)
        assert verdict.status == status
        assert said in verdict.reason


PRINTED = st.decimals(-(10**4), 10**4, places=2, allow_nan=False, allow_infinity=False)


@given(PRINTED, st.integers(-5000, 5000))
def test_within_half_a_unit_is_reproduced_and_beyond_is_not(value: Decimal, off: int) -> None:
    measured = value + Decimal(off) / 10**6
    assert judge(claim(str(value)), [measured]).status == "reproduced"
    beyond = value + (Decimal("0.005001") if off >= 0 else Decimal("-0.005001"))
    assert judge(claim(str(value)), [beyond]).status == "mismatch"


@given(PRINTED)
def test_a_float_that_reads_as_a_tie_is_one(value: Decimal) -> None:
    for tie in (value + Decimal("0.005"), value - Decimal("0.005")):
        assert judge(claim(str(value)), [float(tie)]).status == "reproduced"


@given(PRINTED.filter(lambda v: abs(v) > 1))
def test_judging_is_safe_of_sign(value: Decimal) -> None:
    assert judge(claim(str(value)), [float(-value)]).status == "mismatch"
    assert judge(claim(str(-value)), [float(-value)]).status == "reproduced"


@given(
    st.lists(st.one_of(st.floats(), st.integers(), st.text(max_size=8), st.none()), max_size=7), st.text(max_size=9)
)
def test_whatever_a_cell_shows_gives_a_verdict(values: list[Measured], printed: str) -> None:
    kinds: tuple[ClaimKind, ...] = ("deterministic", "stochastic", "ordering")
    for kind in kinds:
        assert judge(claim(printed, kind), values).status in ("reproduced", "mismatch", "failed", "unchecked")
