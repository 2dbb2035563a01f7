"""Which blocks of a request are marked for the server's cache: the moving end, where it stood before, the paper,
system, tools.

A mark is no change to what is sent: servers leave `cache_control` out when they compare a conversation with its past.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...records import Json

MARK = {"type": "ephemeral"}
MARKS = 4
"""As many as a request may hold."""
BIG = 16_000
"""Characters of a user's block from which on it is worth a mark of its own: a paper, not a remark."""


class Marked(NamedTuple):
    """The three parts of a request in the order in which servers cache them."""

    tools: tuple[Json, ...]
    system: tuple[Json, ...]
    messages: tuple[Json, ...]


def marked(tools: Sequence[Json], system: Sequence[Json], messages: Sequence[Json]) -> Marked:
    """The parts of a request with at most four marks; the originals never carry any.

    A server looks at most 20 blocks back from a mark, and one turn with ten parallel calls is longer, so the end of
    the request before is marked again. The mark on the tools gives way first: the one on `system` covers them too.
    """
    places = {place for place in (_last_big(messages), _end_before(messages), _end(messages)) if place is not None}
    with_system = bool(system)
    with_tools = len(places) + with_system < MARKS
    return Marked(
        tools=_last_marked(tools, with_tools),
        system=_last_marked(system, with_system),
        messages=tuple(
            {**message, "content": [_marked(block, (i, j) in places) for j, block in enumerate(message["content"])]}
            for i, message in enumerate(messages)
        ),
    )


def _last_marked(blocks: Sequence[Json], here: bool) -> tuple[Json, ...]:
    return tuple(_marked(block, here and i == len(blocks) - 1) for i, block in enumerate(blocks))


def _marked(block: Json, here: bool) -> Json:
    return {**block, "cache_control": MARK} if here else block


def _end(messages: Sequence[Json]) -> tuple[int, int] | None:
    """The last block, unless it is one of the model's thoughts, which cannot be marked."""
    if not messages or "thinking" in messages[-1]["content"][-1]["type"]:
        return None
    return len(messages) - 1, len(messages[-1]["content"]) - 1


def _end_before(messages: Sequence[Json]) -> tuple[int, int] | None:
    """The last block of the request before this one."""
    earlier = [i for i, message in enumerate(messages[:-1]) if message["role"] == "user"]
    return (earlier[-1], len(messages[earlier[-1]]["content"]) - 1) if earlier else None


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
