"""Which blocks of a request are marked for the server's cache: tools, system, the paper, the moving end.

A mark is no change to what is sent: servers leave `cache_control` out when they compare a conversation with its past.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...records import Json

MARK = {"type": "ephemeral"}
BIG = 16_000
"""Characters of a user's block from which on it is worth a mark of its own: a paper, not a remark."""


def marked_last(blocks: Sequence[Json]) -> tuple[Json, ...]:
    """The blocks, the last one marked."""
    return (*blocks[:-1], {**blocks[-1], "cache_control": MARK}) if blocks else ()


def marked(messages: Sequence[Json]) -> tuple[Json, ...]:
    """The messages with at most two marks: on the last big block of a user, and on the very last block.

    The originals stay as they are, so earlier bytes never carry marks of their own.
    """
    places = {place for place in (_last_big(messages), _end(messages)) if place is not None}
    return tuple(
        {**message, "content": [_marked(block, (i, j) in places) for j, block in enumerate(message["content"])]}
        for i, message in enumerate(messages)
    )


def _marked(block: Json, here: bool) -> Json:
    return {**block, "cache_control": MARK} if here else block


def _end(messages: Sequence[Json]) -> tuple[int, int] | None:
    """The last block, unless it is one of the model's thoughts, which cannot be marked."""
    if not messages or "thinking" in messages[-1]["content"][-1]["type"]:
        return None
    return len(messages) - 1, len(messages[-1]["content"]) - 1


def _last_big(messages: Sequence[Json]) -> tuple[int, int] | None:
    places = [
        (i, j)
        for i, message in enumerate(messages)
        if message["role"] == "user"
        for j, block in enumerate(message["content"])
        if _length(block) >= BIG
    ]
    return places[-1] if places else None


def _length(block: Json) -> int:
    """Characters of text, also within a tool's result; images count nothing."""
    if block["type"] == "tool_result":
        return sum(_length(part) for part in block["content"])
    return len(block.get("text", ""))
