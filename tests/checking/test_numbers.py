from __future__ import annotations

import itertools
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.checking.numbers import numbers_in, numbers_missing, parse, quantities, role, same_number


@pytest.mark.parametrize(
    ("text", "value", "half"),
    [
        ("2.24", "2.24", "0.005"),
        ("2.240", "2.240", "0.0005"),
        (".5", "0.5", "0.05"),
        ("-0.5", "-0.5", "0.05"),
        ("−3.2", "-3.2", "0.05"),
        ("$-$3", "-3", "0.5"),
        ("+1.0", "1.0", "0.05"),
        ("34", "34", "0.5"),
        ("12,345", "12345", "0.5"),
        ("12 345", "12345", "0.5"),
        ("12\u202f345.5", "12345.5", "0.05"),
        ("12{,}345", "12345", "0.5"),
        (r"12\,345", "12345", "0.5"),
        ("1,234,567", "1234567", "0.5"),
        ("1.2e-3", "0.0012", "0.00005"),
        ("1.2E+3", "1200", "50"),
        (r"1.2\times10^{-3}", "0.0012", "0.00005"),
        (r"$1.2 \times 10^{-3}$", "0.0012", "0.00005"),
        (r"$1.2 \cdot 10^3$", "1200", "50"),
        ("1.2×10⁻³", "0.0012", "0.00005"),
        ("1.2 × 10−3", "0.0012", "0.00005"),
        ("$10^{-3}$", "0.001", "0.0005"),
        (r"93.1\%", "93.1", "0.05"),
        ("93.1 %", "93.1", "0.05"),
        ("0", "0", "0.5"),
    ],
)
def test_value_and_half_unit_of_the_last_digit_are_read_as_printed(text: str, value: str, half: str) -> None:
    printed = parse(text)
    assert printed is not None
    assert (printed.value, printed.half) == (Decimal(value), Decimal(half))


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        ("2.24 ± 0.11", "2.24", "0.11"),
        (r"$2.24\pm0.11$", "2.24", "0.11"),
        (r"$2.24$ $\pm$ $0.11$", "2.24", "0.11"),
        ("2.24 +/- 0.11", "2.24", "0.11"),
        ("2.24(11)", "2.24", "0.11"),
        ("34 ± 18", "34", "18"),
        ("(2.2 ± 0.1) × 10³", "2200", "100"),
        (r"$(2.2\pm0.1)\times10^{-3}$", "0.0022", "0.0001"),
    ],
)
def test_uncertainty_belongs_to_its_value(text: str, value: str, error: str) -> None:
    printed = parse(text)
    assert printed is not None
    assert printed.uncertainty is not None
    assert (printed.value, printed.uncertainty.value) == (Decimal(value), Decimal(error))


def test_bounds_and_ranges_and_infinities_are_kept_as_such() -> None:
    below, between, infinite = parse("p < 0.05"), parse("0.2–0.3 %"), parse("-inf")
    assert below is not None
    assert (below.relation, below.value) == ("<", Decimal("0.05"))
    assert between is not None
    assert between.high is not None
    assert (between.value, between.high.value, between.percent) == (Decimal("0.2"), Decimal("0.3"), True)
    assert infinite is not None
    assert infinite.value == Decimal("-Infinity")
    nan = parse("NaN")
    assert nan is not None
    assert nan.value.is_nan()


@pytest.mark.parametrize("text", ["", "none", "F1", "1.2.3", "5 and 7", "x2"])
def test_what_is_no_single_number_parses_to_nothing(text: str) -> None:
    assert parse(text) is None


def test_a_hostile_exponent_costs_nothing() -> None:
    printed = parse("1e" + "9" * 5000)
    assert printed is not None
    assert printed.value.is_finite()


def test_numbers_of_a_text_come_with_their_places() -> None:
    text = r"Slope $m = 2.24\pm0.11$, from 1–5 of 12,345 points; 5-3 is no sign."
    assert [text[s.start : s.end] for _, s in numbers_in(text)] == [r"2.24\pm0.11", "1", "5", "12,345", "5", "3"]
    assert [n.value for n, _ in numbers_in("1,2,3 and 12, 345")] == [1, 2, 3, 12, 345]


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("as in [12] and [3, 7–9]", ["citation"] * 4),
        ("inside [0, 1] and [0.5]", ["quantity"] * 3),
        ("the range [1, 178], $d=[1,2]$", ["quantity"] * 4),
        ("Fig. 3, Section 3.2 and Eq. (4)", ["reference"] * 3),
        ("in 2010 and by Hogg et al. (2010)", ["year", "year"]),
        ("in 2000 samples", ["quantity"]),
        ("ResNet-50 is 3D", ["name", "name"]),
        ("an F1 of 93.1 in 5 runs", ["quantity", "quantity"]),
        (r"\cite{a,12}", ["citation"]),
    ],
)
def test_citations_headings_years_and_names_are_told_from_quantities(text: str, roles: list[str]) -> None:
    assert [role(text, span) for _, span in numbers_in(text)] == roles


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("7.5 %", r"7.50\%", True),
        ("7.5 %", "0.075", False),
        ("7.5 %", "7.5", False),
        ("0.5", "-0.5", False),
        ("1.2e-3", r"1.2\times10^{-3}", True),
        ("0.0012", "1.2e-3", True),
        ("12,345", "12 345", True),
        ("< 0.05", "0.05", False),
        ("≈ 5", "5", True),
        ("5 ms", "5 min", False),
        ("5 ms", "5", True),
        ("NaN", "nan", True),
        ("2.24", "2.25", False),
    ],
)
def test_numbers_are_the_same_when_they_say_the_same(a: str, b: str, same: bool) -> None:
    one, other = parse(a), parse(b)
    assert one is not None
    assert other is not None
    assert same_number(one, other) is same
    assert same_number(other, one) is same


def test_numbers_of_a_sentence_are_looked_for_in_its_quotes() -> None:
    quotes = [r"we find $m = 2.24 \pm 0.11$ (accuracy in %: 93.1, 120 250)", "p < 0.05"]
    assert numbers_missing("In 2010 the slope was 2.24 ± 0.11 [3] at 93.1 %.", quotes) == ()
    assert numbers_missing("An error of 0.11 with 250 points.", quotes) == ()
    assert numbers_missing("The slope was 2.42 and the accuracy 0.931.", quotes) == ("2.42", "0.931")
    assert numbers_missing("The slope was 2.24 ± 0.12.", quotes) == ("2.24 ± 0.12",)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**6), max_value=10**6))
def test_what_is_printed_is_read_back(value: Decimal) -> None:
    for text in (f"{value}", f"{value:,}", f"${value}$", f"{value}".replace("-", "−"), f"about {value}."):
        printed = parse(text)
        assert printed is not None
        assert printed.value == value
        assert printed.half == Decimal("0.00005")


@given(st.text(alphabet="0123456789.,-−±%()[]{}$\\ e^×x<>~pmtis\n", max_size=80))
def test_any_text_is_read_without_an_error_and_spans_are_in_order(text: str) -> None:
    spans = [span for _, span in numbers_in(text)]
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert len(quantities(text)) <= len(spans)


@pytest.mark.parametrize(
    "text", ["1" + " " * 50_000, "1" + "$ " * 50_000, "<" + " " * 50_000, "9" * 50_000, "-" * 50_000]
)
def test_hostile_runs_of_one_character_take_linear_time(text: str) -> None:
    begun = time.perf_counter()
    assert len(numbers_in(text)) <= 1
    assert time.perf_counter() - begun < 5
