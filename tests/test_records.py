from __future__ import annotations

import json

import msgspec
import pytest

from jupyter_agents.records import Cell, CellResult, Record, Usage, changed, digest, dump, dumps, json_schema, parse


class Late(Record):
    """A required field after an optional one."""

    a: int = 1
    b: str


def test_records_are_frozen_and_compare_by_value() -> None:
    assert Late(b="x") == Late(a=1, b="x")
    with pytest.raises(AttributeError):
        Late(b="x").b = "y"  # type: ignore[misc]


def test_records_take_keywords_only() -> None:
    with pytest.raises(TypeError):
        Late(1, "x")  # type: ignore[call-arg]


def test_a_record_survives_json() -> None:
    cell = Cell(id="c", kind="code", source="1 + 1  # ±", result=CellResult(status="ok", outputs=({"a": [1]},)))
    assert parse(json.loads(dumps(cell)), Cell) == cell


def test_unknown_keys_of_newer_writers_are_passed_over() -> None:
    assert parse({"input_tokens": 3, "new": True}, Usage) == Usage(input_tokens=3)


def test_a_wrong_value_is_named_by_its_path() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.result\.status"):
        parse({"id": "c", "kind": "code", "source": "", "result": {"status": "fine"}}, Cell)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [1, {"c": 2}]}) == digest({"b": [1, {"c": 2}], "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})


def test_lone_surrogates_do_not_break_a_digest() -> None:
    assert len(digest("\ud800")) == 64


def test_usage_adds_up_and_an_unknown_price_stays_unknown() -> None:
    assert (Usage(input_tokens=1, usd=0.5) + Usage(output_tokens=2, usd=0.25)) == Usage(
        input_tokens=1, output_tokens=2, usd=0.75
    )
    assert (Usage(usd=1.0) + Usage(usd=None)).usd is None


def test_a_schema_names_its_parts() -> None:
    schema = json_schema(Cell)
    assert schema["required"] == ["id", "kind", "source"]
    assert "CellResult" in schema["$defs"]


def test_changing_a_field_leaves_the_record_as_it_was() -> None:
    before = Usage(input_tokens=1)
    assert changed(before, output_tokens=2) == Usage(input_tokens=1, output_tokens=2)
    assert dump(before)["output_tokens"] == 0
