"""Numbers as printed: precision, uncertainty, unit, sign; and what is no quantity."""

from __future__ import annotations

import pytest

from jupyter_agents.records import Span
from jupyter_agents.runtime.papers import quantities


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reaches 93.10% here", ("93.10", "", "%")),
        ("reaches $93.1\\%$.", ("93.1", "", "%")),
        ("$m = 2.24 \\pm 0.11$", ("2.24", "0.11", "")),
        ("34 ± 18", ("34", "18", "")),
        ("34 $\\pm$ 18 ms", ("34", "18", "ms")),
        ("a value of 1.234(5) MHz", ("1.234", "5", "MHz")),
        ("$-0.5$", ("-0.5", "", "")),
        ("of −3 dB", ("−3", "", "dB")),
        ("1,234,567 papers", ("1,234,567", "", "")),
        ("$3.2 \\times 10^{-4}$", ("3.2 \\times 10^{-4}", "", "")),
        ("1e-5", ("1e-5", "", "")),
        (".05", (".05", "", "")),
        ("$10\\,\\mathrm{ms}$", ("10", "", "ms")),
        ("$t=(9.8\\pm0.2)$ s", ("9.8", "0.2", "s")),
        ("81.1M papers", ("81.1", "", "M")),
        ("at 3.20GHz", ("3.20", "", "GHz")),
        ("2.5x faster", ("2.5", "", "x")),
        ("$10^{-3}$", ("10^{-3}", "", "")),
        ("$Re^{1/5} = 7$", ("7", "", "")),
        ("12 percent", ("12", "", "%")),
    ],
)
def test_number_is_read_as_printed(text: str, expected: tuple[str, str, str]) -> None:
    found = quantities.find(text)
    assert [(n.text, n.uncertainty, n.unit) for n in found] == [expected]
    assert text[found[0].span.start : found[0].span.end] == expected[0]


@pytest.mark.parametrize(
    "text", ["ResNet50", "x_1", "$x_{12}$", "$x^{2}$", "1D", "v1.2.3", "Figure 1A", "2nd", "word"]
)
def test_parts_of_words_and_indices_are_no_numbers(text: str) -> None:
    assert quantities.find(text) == ()


def test_difference_and_range_do_not_make_signs() -> None:
    assert [n.text for n in quantities.find("5-3 and 3–5 and 2 - 1")] == ["5", "3", "3", "5", "2", "1"]


def test_only_the_wanted_places_are_searched() -> None:
    text = "1 2 3 4"
    found = quantities.find(text, within=[Span(start=2, end=7)], without=[Span(start=4, end=5)])
    assert [n.text for n in found] == ["2", "4"]


def test_long_runs_of_digits_and_signs_take_no_time() -> None:
    for piece in ("1", "1,", "1 ± ", "-", "1.", "(1)", "10^", "\\pm"):
        quantities.find(piece * 30_000)
