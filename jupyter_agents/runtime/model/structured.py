"""Answers that fit a schema: schemas as servers accept them, answers read from text, what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ...errors import InputError
from ...records import Json

SUBMIT = "submit"
"""Name of the tool through which an answer is handed in where a schema cannot bind the text."""
SHOWN = 5
"""Problems that are told at once; more would not be repaired in one round."""
SIMPLE = frozenset({"string", "integer", "number", "boolean", "null"})
FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
NOTED = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "format",
)  # fmt: skip
"""Constraints that servers do not compile; the model reads them in the description, `problems` checks them."""


class _Loose(Exception):
    """The schema has a part that a strict one cannot say: a map with free keys, anything at all, recursion."""


def strict_schema(schema: Json) -> Json | None:
    """The schema in the subset that servers enforce: objects closed, every field required, constraints told in words.

    None where that cannot be done (free-form maps, anything at all, recursion): then only `problems` checks answers.
    Raises InputError if the schema is not that of an object.
    Source: the vendor's page on structured outputs, 2026-11-22.
    """
    defs: Json = schema.get("$defs", {})
    root = object_schema(schema)
    try:
        strict = _strict({name: part for name, part in root.items() if name != "$defs"})
        needed = _needed(strict, defs)
    except _Loose:
        return None
    return {**strict, "$defs": needed} if needed else strict


def object_schema(schema: Json) -> Json:
    """The schema with its outermost reference resolved, so that it says `type: object` as tools must.

    Raises InputError if it is not that of an object.
    """
    root, defs = dict(schema), schema.get("$defs", {})
    while "$ref" in root:
        root = dict(defs[_target(root)])
    if root.get("type") != "object":
        raise InputError("an answer's schema must be that of a JSON object; put lists and unions into a field of one")
    return {**root, "$defs": defs} if defs else root


def problems(value: Any, schema: Json) -> list[str]:
    """What keeps a value from fitting the schema, each with its path; empty if it fits."""
    from jsonschema import Draft202012Validator

    found = sorted(
        Draft202012Validator(schema).iter_errors(value), key=lambda error: (len(error.path), str(error.path))
    )
    return [f"{'.'.join(map(str, error.absolute_path)) or 'answer'}: {_reason(error)}" for error in found[:SHOWN]]


def parsed(text: str) -> Any:
    """The JSON value that a text is, holds in a fence, or holds between its outermost braces.

    Raises ValueError if there is none. NaN and Infinity are no JSON.
    """
    fenced = re.findall(r"```(?:json)?\s*\n(.*?)```", text, flags=re.DOTALL)
    braced = text[text.find("{") : text.rfind("}") + 1]
    for words in (text, *fenced, braced):
        try:
            return json.loads(words, parse_constant=_no_number)
        except ValueError:
            continue
    raise ValueError("the answer is not JSON")


def complaint(found: Iterable[str]) -> str:
    """What to tell a model whose answer does not fit."""
    lines = "\n".join(f"- {problem[:500]}" for problem in found)
    return f"Your answer does not fit its schema:\n{lines}\nGive the whole answer again, corrected."


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _reason(error: Any) -> str:
    """The reason, for unions that of the branch that comes nearest."""
    from jsonschema.exceptions import best_match

    nearest = best_match([error])
    reason = str((nearest or error).message)
    return reason if len(reason) <= 300 else f"{reason[:150]} … {reason[-140:]}"


def _target(part: Json) -> str:
    return str(part["$ref"]).removeprefix("#/$defs/")


def _strict(part: Json) -> Json:
    if "$ref" in part:
        return {"$ref": part["$ref"]}
    notes = [f"{name}: {json.dumps(part[name])}" for name in NOTED if name in part and not _kept(part, name)]
    said = [str(part["description"])] if part.get("description") else []
    described = {"description": " ".join([*said, *([f"({'; '.join(notes)})"] if notes else [])])}
    title = {"title": part["title"]} if "title" in part else {}
    return {**title, **_shape(part), **(described if described["description"] else {})}


def _kept(part: Json, name: str) -> bool:
    """Constraints that are enforced: one item at least, and the common formats."""
    return (name == "minItems" and part[name] in {0, 1}) or (name == "format" and part[name] in FORMATS)


def _shape(part: Json) -> Json:
    if "const" in part or "enum" in part:
        return {"enum": list(part.get("enum", [part.get("const")]))}
    for union in ("anyOf", "oneOf"):
        if union in part:
            return {"anyOf": [_strict(branch) for branch in part[union]]}
    kind = part.get("type")
    if isinstance(kind, list):
        return {"anyOf": [_strict({**part, "type": one}) if one != "null" else {"type": "null"} for one in kind]}
    if kind == "object":
        return _object(part)
    if kind == "array":
        return _array(part)
    if kind not in SIMPLE:
        raise _Loose
    return {"type": kind} | ({"format": part["format"]} if part.get("format") in FORMATS else {})


def _object(part: Json) -> Json:
    fields = part.get("properties", {})
    if not fields and part.get("additionalProperties", True) is not False:
        raise _Loose
    if isinstance(part.get("additionalProperties"), dict):
        raise _Loose
    properties = {name: _strict(field) for name, field in fields.items()}
    return {"type": "object", "properties": properties, "required": list(fields), "additionalProperties": False}


def _array(part: Json) -> Json:
    if "prefixItems" in part:  # a tuple: its places are told by number, its kinds enforced together
        kinds = [_strict(item) for item in part["prefixItems"]]
        unique = [kind for i, kind in enumerate(kinds) if kind not in kinds[:i]]
        return {"type": "array", "items": unique[0] if len(unique) == 1 else {"anyOf": unique}}
    if not isinstance(part.get("items"), dict) or not part["items"]:
        raise _Loose
    least = {"minItems": part["minItems"]} if part.get("minItems") in {0, 1} else {}
    return {"type": "array", "items": _strict(part["items"]), **least}


def _needed(strict: Json, defs: Json) -> Json:
    """The definitions that are reached, made strict; a definition that reaches itself is not possible."""
    done: Json = {}

    def visit(part: Any, above: tuple[str, ...]) -> None:
        for name in _references(part):
            if name in above:
                raise _Loose
            if name not in done:
                done[name] = _strict(defs[name])
            visit(done[name], (*above, name))

    visit(strict, ())
    return done


def _references(part: Any) -> Iterable[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield _target(part)
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
