from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest

from jupyter_agents.errors import InputError
from jupyter_agents.records import Call, Claim, Json, Question, Sentence, Verdict
from jupyter_agents.runtime.model.structured import complaint, object_schema, parsed, problems, strict_schema
from tests.support.model_rules import schema_problems


class Line(msgspec.Struct, tag="line"):
    slope: float


class Points(msgspec.Struct, tag="points"):
    pairs: list[tuple[float, str]]
    limits: tuple[int, int] | None = None


class Figure(msgspec.Struct):
    shape: Line | Points
    name: str | None = None
    tags: tuple[str, ...] = ()
    scale: Literal["linear", 10] = "linear"


class Tree(msgspec.Struct):
    children: list[Tree]


class Loose(msgspec.Struct):
    parameters: dict[str, float]


class Anything(msgspec.Struct):
    value: Any


def schema_of(kind: Any) -> Json:
    return msgspec.json.schema(kind)


def closed(schema: Any) -> bool:
    """Whether every object in it is closed and needs all its fields."""
    if isinstance(schema, list):
        return all(map(closed, schema))
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object":
        fields = schema["properties"]
        if schema["additionalProperties"] is not False or schema["required"] != list(fields):
            return False
        return closed(list(fields.values())) and closed(list(schema.get("$defs", {}).values()))
    return closed(list(schema.values()))


@pytest.mark.parametrize("kind", [Figure, Claim, Verdict, Question, Sentence])
def test_records_become_schemas_that_servers_enforce(kind: Any) -> None:
    strict = strict_schema(schema_of(kind))
    assert strict is not None
    assert strict["type"] == "object"
    assert closed(strict)
    assert schema_problems(strict) == []


@pytest.mark.parametrize("kind", [Tree, Loose, Anything, Call])
def test_what_servers_cannot_enforce_is_not_pretended(kind: Any) -> None:
    assert strict_schema(schema_of(kind)) is None
    assert object_schema(schema_of(kind))["type"] == "object"


def test_constraints_are_told_in_words_and_still_checked() -> None:
    schema: Json = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "maximum": 5, "description": "How many."},
            "names": {"type": "array", "items": {"type": "string", "pattern": "^a"}, "minItems": 1, "maxItems": 2},
            "when": {"type": "string", "format": "date"},
            "where": {"type": ["string", "null"]},
            "kind": {"const": "x"},
        },
    }
    strict = strict_schema(schema)
    assert strict is not None
    fields = strict["properties"]
    assert fields["n"] == {"type": "integer", "description": "How many. (minimum: 1; maximum: 5)"}
    assert fields["names"]["minItems"] == 1
    assert fields["names"]["description"] == "(maxItems: 2)"
    assert fields["when"] == {"type": "string", "format": "date"}
    assert fields["where"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert fields["kind"] == {"enum": ["x"]}
    assert problems({"n": 9}, schema) == ["n: 9 is greater than the maximum of 5"]


def test_only_the_definitions_that_are_used_are_sent() -> None:
    schema: Json = {
        "$ref": "#/$defs/A",
        "$defs": {
            "A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}},
            "B": {"type": "object", "properties": {"c": {"type": "string"}}},
            "Unused": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    strict = strict_schema(schema)
    assert strict is not None
    assert list(strict["$defs"]) == ["B"]


@pytest.mark.parametrize("schema", [{"type": "array", "items": {"type": "string"}}, {"anyOf": []}, schema_of(int)])
def test_an_answer_must_be_an_object(schema: Json) -> None:
    with pytest.raises(InputError, match="JSON object"):
        strict_schema(schema)


def test_what_does_not_fit_is_named_by_its_path() -> None:
    schema = schema_of(Figure)
    good = {"shape": {"type": "points", "pairs": [[1.0, "a"]]}}
    assert problems(good, schema) == []
    bad = {"shape": {"type": "points", "pairs": [[1.0, 2]]}, "scale": "log"}
    found = problems(bad, schema)
    assert len(found) == 2
    assert found[0].startswith("scale: 'log' is not one of")
    assert "2 is not of type 'string'" in found[1]
    assert problems([], schema) == ["answer: [] is not of type 'object'"]
    told = complaint(found)
    assert all(problem in told for problem in found)


def test_many_and_long_problems_stay_short() -> None:
    schema: Json = {"type": "array", "items": {"type": "integer"}}
    found = problems(["x" * 10_000] * 50, schema)
    assert len(found) == 5
    assert max(map(len, found)) < 400


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2]}',
        '  {"a": [1, 2]}\n',
        'Here it is:\n```json\n{"a": [1, 2]}\n```\nThat is all.',
        '```\n{"a": [1, 2]}\n```',
        'The answer is {"a": [1, 2]}, I think.',
    ],
)
def test_json_is_found_in_what_a_model_writes(text: str) -> None:
    assert parsed(text) == {"a": [1, 2]}


@pytest.mark.parametrize("text", ["", "no", '{"a": ', '{"a": NaN}', "}{"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        parsed(text)
