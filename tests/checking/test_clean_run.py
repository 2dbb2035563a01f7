from __future__ import annotations

from typing import Any

from jupyter_agents.checking.clean_run import judge_run
from jupyter_agents.checking.verdicts import Facts
from jupyter_agents.records import Cell, CellResult, Claim, Value

SLOPE = Claim(id="m", value="2.24")
BETTER = Claim(id="better", value="A > B", kind="ordering")


def cell(id: str, source: str, *values: tuple[str, Any], error: str = "") -> Cell:
    shown = tuple(Value(kind="claim", name=n, value=v, cell=id, output_hash=f"h-{id}") for n, v in values)
    status: Any = "error" if error else "ok"
    return Cell(
        id=id,
        kind="code",
        source=source,
        result=CellResult(status=status, values=shown, error_name=error, error_value="no" if error else ""),
    )


def test_a_value_shown_by_the_run_is_judged_and_points_at_its_cell() -> None:
    (verdict,) = judge_run([SLOPE], [cell("a", "x = 1"), cell("b", 'claim("m", fit(x))', ("m", 2.2399))])
    assert (verdict.status, verdict.cell, verdict.output_hash) == ("reproduced", "b", "h-b")


def test_a_claim_nobody_shows_is_unchecked_and_one_whose_cell_fails_is_failed() -> None:
    unseen, broken = judge_run([BETTER, SLOPE], [cell("b", 'claim("m", fit(x))', error="ValueError")])
    assert (unseen.status, unseen.reason) == ("unchecked", "no cell showed a value for it")
    assert (broken.status, broken.cell) == ("failed", "b")
    assert "ValueError: no" in broken.reason


def test_a_claim_behind_the_cell_that_stopped_the_run_is_failed() -> None:
    later = Cell(id="c", kind="code", source='claim("m", fit(x))')
    (verdict,) = judge_run([SLOPE], [cell("b", "x = load()", error="OSError"), later])
    assert (verdict.status, verdict.cell) == ("failed", "b")


def test_a_cell_that_failed_elsewhere_does_not_touch_the_claim() -> None:
    cells = [cell("b", "plot()", error="OSError"), cell("c", 'claim("m", fit(x))', ("m", 2.24))]
    (verdict,) = judge_run([SLOPE], cells)
    assert verdict.status == "reproduced"


def test_a_cell_that_fails_after_showing_its_value_fails_the_claim() -> None:
    (verdict,) = judge_run([SLOPE], [cell("c", 'claim("m", fit(x)); boom()', ("m", 2.24), error="NameError")])
    assert verdict.status == "failed"


def test_typed_values_are_unchecked() -> None:
    (verdict,) = judge_run([SLOPE], [cell("a", 'claim("m", 2.24)', ("m", 2.24))])
    assert (verdict.status, verdict.measured) == ("unchecked", "2.24")
    assert "`2.24` in cell a is made of constants only" in verdict.reason


def test_lists_are_seeds_and_pairs_are_sides() -> None:
    many = Claim(id="acc", value="93.1", kind="stochastic")
    cells = [
        cell("a", 'claim("acc", accuracies)', ("acc", [93.0, 93.2, 93.1, 93.3, 92.9])),
        cell("b", 'claim("better", pair)', ("better", {"ours": [0.9, 0.8], "theirs": [0.8, 0.7]})),
    ]
    first, second = judge_run([many, BETTER], cells)
    assert (first.status, first.seeds) == ("reproduced", 5)
    assert (second.status, second.seeds) == ("reproduced", 2)


def test_facts_of_the_run_are_heard() -> None:
    facts = {"m": Facts(reduced="2 of 50 epochs")}
    (verdict,) = judge_run([SLOPE], [cell("a", 'claim("m", fit(x))', ("m", 9.0))], facts=facts)
    assert verdict.status == "unchecked"
    assert verdict.cell == "a"
