"""`claim`, `metric` and `predictions` as a notebook uses them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from jupyter_agents.records import digest
from jupyter_agents.runtime.kernel import readback
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel
from jupyter_agents.runtime.kernel.values import MIME, values_in

pytestmark = [pytest.mark.sandbox, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("0.1 + 0.2", 0.1 + 0.2),
        ("2", 2),
        ("True", True),
        ("'93.1 %'", "93.1 %"),
        ("float('nan')", "nan"),
        ("float('-inf')", "-inf"),
        ("2**60", str(2**60)),
        ("numpy.float32(0.1)", 0.10000000149011612),
        ("numpy.int64(3)", 3),
        ("numpy.array([[2.5]])", 2.5),
        ("[numpy.float64(1.5)]", 1.5),
        ("pandas.Series([1, 2]).mean()", 1.5),
        ("pandas.Series([7.25])", 7.25),
        ("pandas.NA", "nan"),
        ("numpy.float64('nan')", "nan"),
        ("__import__('decimal').Decimal('2.24')", 2.24),
        ("__import__('fractions').Fraction(1, 4)", 0.25),
    ],
)
async def test_values_keep_all_their_digits(kernel: SandboxedKernel, shown: str, value: Any) -> None:
    result = await kernel.execute(f"import numpy, pandas\nclaim('c1', {shown})", cell="abc")
    assert result.ok, result.error_value
    (found,) = result.values
    assert (found.kind, found.name, found.cell) == ("claim", "c1", "abc")
    assert found.value == value
    assert type(found.value) is type(value)
    assert found.output_hash == digest(result.outputs[0])


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("claim('c', [1, 2])", "TypeError", "one number or text is needed"),
        ("claim('c', __import__('numpy').zeros(3))", "TypeError", "shape (3,)"),
        ("claim('', 1)", "TypeError", "must be a text"),
        ("claim(3, 1)", "TypeError", "must be a text"),
        ("claim('c', object())", "TypeError", "not object"),
        ("claim('c', 1 + 2j)", "TypeError", "not complex"),
        ("metric('m', 'good')", "TypeError", "must be a number"),
        ("predictions('p', [])", "ValueError", "are empty"),
    ],
)
async def test_bad_values_are_clear_errors(kernel: SandboxedKernel, code: str, error: str, said: str) -> None:
    result = await kernel.execute(code)
    assert (result.status, result.error_name) == ("error", error)
    assert said in result.error_value
    assert result.values == ()


async def test_predictions_are_a_file_with_its_hash(kernel: SandboxedKernel) -> None:
    code = "import pandas\npredictions('test set/1', pandas.DataFrame({'id': [1, 2], 'y': [0.5, 0.25]}))"
    result = await kernel.execute(code)
    (found,) = result.values
    content = readback.read(kernel.workdir, found.value)
    assert content == b"id,y\n1,0.5\n2,0.25\n"
    shown = result.outputs[0]["data"][MIME]
    assert shown["shape"] == [2, 2]
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()
    assert "2 rows" in result.outputs[0]["data"]["text/plain"]


async def test_predictions_take_lists_and_arrays_and_never_follow_a_link(kernel: SandboxedKernel) -> None:
    code = "import os, numpy\nos.symlink('elsewhere', 'predictions-a.csv')\npredictions('a', numpy.eye(2))"
    assert (await kernel.execute(code)).ok
    assert readback.read(kernel.workdir, "predictions-a.csv") == b"0,1\n1.0,0.0\n0.0,1.0\n"


async def test_the_helpers_leave_no_other_names(kernel: SandboxedKernel) -> None:
    result = await kernel.execute("print([n for n in ('mime', 'show', '_jupyter_agents_helpers') if n in globals()])")
    assert result.outputs[0]["text"] == "[]\n"


async def test_outputs_that_only_look_like_values_are_passed_over() -> None:
    forged: list[Any] = [
        {"output_type": "stream", "text": "x"},
        {"data": {MIME: "text"}},
        {"data": {MIME: {"kind": "other", "name": "n"}}},
        {"data": {MIME: {"kind": "claim", "name": 3}}},
        {"data": [1]},
    ]
    assert values_in(forged) == ()
