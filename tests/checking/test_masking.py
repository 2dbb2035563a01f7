from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.checking.masking import MARK, VALUE_MIME, mask_outputs, mask_result, mask_text
from jupyter_agents.records import CellResult, Claim, Value

ACCURACY = Claim(id="acc", value="93.1 %", metric="accuracy")
SLOPE = Claim(id="m", value="2.24", metric="slope", uncertainty="0.11")


@pytest.mark.parametrize(
    "text", ["0.931", "93.1", "93.1 %", "9.31e-1", "93.10", "0.9312", "9.31E+01", "+0.931", "0.88"]
)
def test_a_claimed_value_is_hidden_in_every_format(text: str) -> None:
    assert mask_text(f"got {text} here", [ACCURACY]) == f"got {MARK} here"


@pytest.mark.parametrize("text", ["1.3571", "1.36", "1.357e0", "-1.3571", "135.71", "1.4"])
def test_a_measured_value_is_hidden_however_far_it_is_off(text: str) -> None:
    assert mask_text(f"result: {text}!", [SLOPE], measured=[1.3571]) == f"result: {MARK}!"


@pytest.mark.parametrize("text", ["m = 7.5", "slope: 7.5", "accuracy 93.1", "slope is 7.5", "m=7.5", '{"m": 7.5}'])
def test_a_number_announced_by_the_claims_name_is_hidden(text: str) -> None:
    assert "7.5" not in mask_text(text, [SLOPE, ACCURACY])
    assert MARK in mask_text(text, [SLOPE, ACCURACY])


@pytest.mark.parametrize("text", ["0.8829", "-0.883", "39.42", "0.394", "0.8829000000000002"])
def test_the_deviation_from_the_claim_is_hidden(text: str) -> None:
    assert mask_text(f"off by {text};", [SLOPE], measured=[1.3571]) == f"off by {MARK};"


def test_what_tells_nothing_stays_readable() -> None:
    text = "shape (20, 3), epoch 7 of 50, loss 0.693, 2 warnings"
    assert mask_text(text, [SLOPE, ACCURACY], measured=[1.3571]) == text
    assert mask_text("loss 0.931", []) == "loss 0.931"


def test_uncertainties_are_hidden_too() -> None:
    assert mask_text("2.24 ± 0.11, then 7.77 ± 0.11", [SLOPE]) == f"{MARK}, then {MARK}"


def shown(value: Any) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {VALUE_MIME: {"kind": "claim", "name": "m", "value": value}, "text/plain": f"m = {value}"},
    }


OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": ["rows 20\n", "fit 1.3571\n"]},
    shown(1.3571),
    {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBO", "text/html": "<b>1.357</b> of 20"}},
    {
        "output_type": "error",
        "ename": "AssertionError",
        "evalue": "1.3571 != 2.24",
        "traceback": ["\x1b[0;31mAssertionError\x1b[0m: 1.3571 != 2.24 in line 3"],
    },
]


def test_outputs_values_pictures_and_tracebacks_are_masked_and_originals_kept() -> None:
    before = json.dumps(OUTPUTS)
    masked = mask_outputs(OUTPUTS, [SLOPE])
    assert json.dumps(OUTPUTS) == before
    everything = json.dumps(masked, ensure_ascii=False)
    assert not any(part in everything for part in ("1.357", "2.24", "iVBO"))
    assert masked[0]["text"] == f"rows 20\nfit {MARK}\n"
    assert masked[1]["data"][VALUE_MIME] == {"kind": "claim", "name": "m", "value": MARK}
    assert masked[3]["traceback"] == [f"AssertionError: {MARK} != {MARK} in line 3"]
    assert masked[3]["ename"] == "AssertionError"


def test_a_cells_result_is_masked_with_its_values() -> None:
    result = CellResult(
        status="error",
        outputs=tuple(OUTPUTS),
        values=(
            Value(kind="claim", name="m", value=1.3571, output_hash="ab"),
            Value(kind="metric", name="loss", value=0.7),
        ),
        error_name="AssertionError",
        error_value="1.3571 != 2.24",
    )
    masked = mask_result(result, [SLOPE])
    assert [v.value for v in masked.values] == [MARK, 0.7]
    assert masked.error_value == f"{MARK} != {MARK}"
    assert masked.error_name == "AssertionError"
    assert result.values[0].value == 1.3571


def test_lists_of_seeds_are_masked_one_by_one() -> None:
    masked = mask_outputs([shown([1.5, 1.6]), {"output_type": "stream", "text": "1.5 then 1.6 then 3"}], [SLOPE])
    assert masked[0]["data"]["text/plain"] == f"m = [{MARK}, {MARK}]"
    assert masked[1]["text"] == f"{MARK} then {MARK} then 3"


def test_metrics_that_are_no_claims_stay() -> None:
    output = {"output_type": "display_data", "data": {VALUE_MIME: {"kind": "metric", "name": "loss", "value": 0.7}}}
    assert mask_outputs([output], [SLOPE]) == (output,)


@given(
    st.floats(0.01, 1e6, allow_nan=False), st.sampled_from(["{:.3f}", "{:.4g}", "{:e}", "{:,.2f}", "{!r}", "{:.5e}"])
)
def test_no_usual_format_of_a_measured_value_gets_through(value: float, form: str) -> None:
    printed = form.format(value)
    digits = sum(c.isdigit() for c in printed.split("e")[0].lstrip("0."))
    if digits < 2:
        return
    assert mask_text(f"x {printed} y", [SLOPE], measured=[value]) == f"x {MARK} y"


@given(st.text(max_size=80))
def test_any_text_can_be_masked(text: str) -> None:
    assert mask_text(text, []) is not None
    assert isinstance(mask_text(text, [SLOPE, ACCURACY], measured=[1.0]), str)
