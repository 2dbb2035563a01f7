"""What the real Messages API answers 400 to, as pure functions over a request's JSON.

Sources: the vendor's pages on the 5.5 models, preserved thinking, structured outputs and prompt caching, read
2026-11-22. Where the real server is lenient (it drops another model's thinking silently) this one refuses.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]

FIELDS = {
    "model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "stream",
    "metadata", "stop_sequences", "cache_control", "service_tier",
}  # fmt: skip
GONE = ("temperature", "top_p", "top_k")
BLOCK_KEYS = {
    "text": {"type", "text", "cache_control", "citations"},
    "image": {"type", "source", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "tool_use": {"type", "id", "name", "input", "cache_control", "caller"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
}
USER_BLOCKS = {"text", "image", "tool_result"}
ASSISTANT_BLOCKS = {"text", "tool_use", "thinking", "redacted_thinking"}
SCHEMA_KEYS_REFUSED = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "maxItems", "uniqueItems", "oneOf", "prefixItems", "patternProperties", "discriminator",
}  # fmt: skip


def is_55(model: str) -> bool:
    return model.startswith("claude-") and model.endswith("-5-5")


def without_marks(value: Any) -> Any:
    """The same value without cache_control, so that moving a mark is not a change."""
    if isinstance(value, dict):
        return {k: without_marks(v) for k, v in value.items() if k != "cache_control"}
    return [without_marks(v) for v in value] if isinstance(value, list) else value


def digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(without_marks(list(parts)), sort_keys=True).encode()).hexdigest()


def blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def signature(secret: bytes, body: Json, messages: list[Json], before: list[Json], thought: str) -> str:
    """Belongs to the model and to everything that stands before the thinking block."""
    prefix = [[m["role"], blocks(m["content"])] for m in messages]
    key = digest(body["model"], body.get("tools", []), body.get("system", ""), prefix, before, thought)
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()


def redacted(secret: bytes, body: Json, messages: list[Json], before: list[Json]) -> str:
    return "redacted:" + signature(secret, body, messages, before, "")


def complaint(body: Json, *, secret: bytes, output_limit: int, paused: set[str]) -> str | None:
    """Why the request is refused, or None."""
    checks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _fields(body, output_limit),
        lambda: _modes(body),
        lambda: _tools(body),
        lambda: _messages(body, paused),
        lambda: _pairs(body["messages"]),
        lambda: _marks(body),
        lambda: _thoughts(body, secret),
    )
    return next((why for check in checks for why in check()), None)


def _fields(body: Json, output_limit: int) -> Iterator[str]:
    for name in GONE:
        if name in body:
            yield f"{name} is not supported by this API version"
    for name in sorted(set(body) - FIELDS):
        yield f"{name}: Extra inputs are not permitted"
    for name in ("model", "max_tokens", "messages"):
        if not body.get(name):
            yield f"{name}: Field required"
    if body["max_tokens"] > output_limit:
        yield f"max_tokens: {body['max_tokens']} > {output_limit}, which is the maximum allowed for {body['model']}"


def _modes(body: Json) -> Iterator[str]:
    choice = (body.get("tool_choice") or {}).get("type")
    thinking = body.get("thinking") or {}
    if is_55(body["model"]) and choice in {"any", "tool"}:
        yield f"tool_choice.type {choice!r} is not supported for this model"
    if choice and not body.get("tools"):
        yield "tool_choice may only be specified while providing tools"
    if is_55(body["model"]) and thinking.get("type", "adaptive") != "adaptive":
        yield f"thinking.type {thinking['type']!r} is not supported for this model; use adaptive and effort"
    if thinking.get("display", "summarized") not in {"summarized", "omitted"}:
        yield f"thinking.display: {thinking['display']!r} is not one of summarized, omitted"
    config = body.get("output_config") or {}
    for name in sorted(set(config) - {"effort", "format"}):
        yield f"output_config.{name}: Extra inputs are not permitted"
    if config.get("effort", "low") not in {"low", "medium", "high", "xhigh", "max"}:
        yield f"output_config.effort: {config['effort']!r} is not a level"
    if "format" in config:
        if config["format"].get("type") != "json_schema":
            yield "output_config.format.type: only json_schema is supported"
        yield from _schema(config["format"].get("schema", {}), "output_config.format.schema")


def schema_problems(schema: Json) -> list[str]:
    """Why a schema cannot be enforced; empty if it can."""
    return list(_schema(schema, "schema"))


def _schema(schema: Any, path: str) -> Iterator[str]:
    """A strict schema: closed objects, no constraint that the server cannot compile."""
    if isinstance(schema, list):
        for i, part in enumerate(schema):
            yield from _schema(part, f"{path}.{i}")
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        yield f"{path}: For 'object' type, 'additionalProperties' must be explicitly set to false"
    if not schema:
        yield f"{path}: an empty schema is not supported"
    for name in sorted(set(schema) & SCHEMA_KEYS_REFUSED):
        yield f"{path}: property '{name}' is not supported"
    for name in ("items", "anyOf", "allOf"):
        if name in schema:
            yield from _schema(schema[name], f"{path}.{name}")
    for group in ("properties", "$defs"):
        for name, part in schema.get(group, {}).items():
            yield from _schema(part, f"{path}.{group}.{name}")


def _tools(body: Json) -> Iterator[str]:
    names = [tool.get("name", "") for tool in body.get("tools", [])]
    if len(set(names)) < len(names):
        yield "tools: Tool names must be unique"
    for i, tool in enumerate(body.get("tools", [])):
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool.get("name", "")):
            yield f"tools.{i}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        for key in sorted(set(tool) - {"name", "description", "input_schema", "strict", "cache_control", "type"}):
            yield f"tools.{i}.{key}: Extra inputs are not permitted"
        if tool.get("input_schema", {}).get("type") != "object":
            yield f"tools.{i}.input_schema.type: Field required"
        if tool.get("strict"):
            yield from _schema(tool["input_schema"], f"tools.{i}.input_schema")


def _messages(body: Json, paused: set[str]) -> Iterator[str]:
    for i, block in enumerate(blocks(body.get("system", []) or [])):
        if block.get("type") != "text" or not block.get("text", "").strip():
            yield f"system.{i}: text content blocks must be non-empty"
    messages = body["messages"]
    if messages[0]["role"] != "user":
        yield "messages: first message must use the user role"
    for i, message in enumerate(messages):
        if message.get("role") not in {"user", "assistant"} or set(message) != {"role", "content"}:
            yield f"messages.{i}: role must be user or assistant, beside content and nothing else"
        if not message["content"]:
            yield f"messages.{i}: content must be non-empty"
        allowed = USER_BLOCKS if message["role"] == "user" else ASSISTANT_BLOCKS
        for j, block in enumerate(blocks(message["content"])):
            yield from _block(block, allowed, f"messages.{i}.content.{j}")
    last = messages[-1]
    if last["role"] == "assistant" and digest(last["content"]) not in paused:
        yield "This model does not support assistant message prefill. The conversation must end with a user message."


def _block(block: Json, allowed: set[str], path: str) -> Iterator[str]:
    kind = block.get("type", "")
    if kind not in allowed:
        yield f"{path}.type: {kind!r} is not permitted here"
        return
    for key in sorted(set(block) - BLOCK_KEYS[kind]):
        yield f"{path}.{key}: Extra inputs are not permitted"
    if kind == "text" and not block["text"].strip():
        yield f"{path}: text content blocks must contain non-whitespace text"
    if kind == "tool_use" and not isinstance(block["input"], dict):
        yield f"{path}.input: Input should be a valid dictionary"
    if kind == "tool_result":
        parts = blocks(block.get("content") or [])
        for part in parts:
            yield from _block(part, {"text", "image"}, f"{path}.content")
        if block.get("is_error") and any(part["type"] != "text" for part in parts):
            yield f"{path}: all content must be type `text` if `is_error` is true"


def _pairs(messages: list[Json]) -> Iterator[str]:
    called: set[str] = set()
    for i, message in enumerate(messages):
        content = blocks(message["content"])
        kinds = [block["type"] == "tool_result" for block in content]
        results = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
        if len(set(results)) < len(results):
            yield f"messages.{i}: each tool_use must have a single result"
        if called - set(results):
            yield f"messages.{i - 1}: `tool_use` ids were found without `tool_result` blocks immediately after"
        if set(results) - called:
            yield f"messages.{i}: unexpected `tool_use_id` found in `tool_result` blocks"
        if kinds != sorted(kinds, reverse=True):
            yield f"messages.{i}: tool_result blocks must come first"
        called = {block["id"] for block in content if block["type"] == "tool_use"}
    if called:
        yield "messages: `tool_use` ids were found without `tool_result` blocks immediately after"


def walk(body: Json) -> Iterator[Json]:
    """Every block in the order in which it is cached: tools, system, messages."""
    yield from body.get("tools", [])
    yield from blocks(body.get("system", []) or [])
    for message in body.get("messages", []):
        yield from blocks(message["content"])


def _marks(body: Json) -> Iterator[str]:
    marked = [block for block in walk(body) if "cache_control" in block]
    if len(marked) + ("cache_control" in body) > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {len(marked)}."
    if any(block.get("type") in {"thinking", "redacted_thinking"} for block in marked):
        yield "cache_control cannot be set for thinking blocks"


def _thoughts(body: Json, secret: bytes) -> Iterator[str]:
    messages = body["messages"]
    for i, message in enumerate(messages):
        content = blocks(message["content"])
        for j, block in enumerate(content):
            where = f"messages.{i}.content.{j}"
            if block["type"] == "thinking":
                expected = signature(secret, body, messages[:i], content[:j], block["thinking"])
                if block["signature"] != expected:
                    yield f"{where}: thinking block or what stood before it has changed, or another model wrote it"
            if block["type"] == "redacted_thinking" and block["data"] != redacted(
                secret, body, messages[:i], content[:j]
            ):
                yield f"{where}: redacted_thinking block or what stood before it has changed"
