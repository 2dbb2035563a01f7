"""Which blocks of a request are marked for the server's cache: the moving end, where it stood before, the paper,
system, tools.

A mark is no change to what is sent: servers leave `cache_control` out when they compare a conversation with its past.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def marked(
    tools: Sequence[Json], system: Sequence[Json], messages: Sequence[Json], big: tuple[int, int] | None
) -> Marked:
    """The parts of a request with at most four marks; the originals never carry any.

    big: number of the message, and of the block in it, that is the last big one.

    A server looks at most 20 blocks back from a mark, and one turn with ten parallel calls is longer, so the end of
    the request before is marked again. The mark on the tools gives way first: the one on `system` covers them too.
    """
    places = {place for place in (big, _end_before(messages), _end(messages)) if place is not None}
    with_system = bool(system)
    with_tools = len(places) + with_system < MARKS
    return Marked(
        tools=_last_marked(tools, with_tools),
        system=_last_marked(system, with_system),
        messages=_marked_at(messages, places),
    )


def _marked_at(messages: Sequence[Json], places: Iterable[tuple[int, int]]) -> tuple[Json, ...]:
    """Copies where a mark is set; all other messages as they are: a conversation may hold thousands."""
    changed = list(messages)
    for i, j in places:
        content = list(changed[i]["content"])
        content[j] = {**content[j], "cache_control": MARK}
        changed[i] = {**changed[i], "content": content}
    return tuple(changed)


def _last_marked(blocks: Sequence[Json], here: bool) -> tuple[Json, ...]:
    return (*blocks[:-1], {**blocks[-1], "cache_control": MARK}) if here and blocks else tuple(blocks)


def _end(messages: Sequence[Json]) -> tuple[int, int] | None:
    """The last block, unless it is one of the model's thoughts, which cannot be marked."""
    if not messages or "thinking" in messages[-1]["content"][-1]["type"]:
        return None
    return len(messages) - 1, len(messages[-1]["content"]) - 1


def _end_before(messages: Sequence[Json]) -> tuple[int, int] | None:
    """The last block of the request before this one."""
    earlier = next((i for i in range(len(messages) - 2, -1, -1) if messages[i]["role"] == "user"), None)
    return None if earlier is None else (earlier, len(messages[earlier]["content"]) - 1)


def is_big(block: Json) -> bool:
    """Whether a user's block is long enough for a mark of its own."""
    return _length(block) >= BIG


def _length(block: Json) -> int:
    """Characters of text, also within a tool's result; images count nothing."""
    if block["type"] == "tool_result":
        return sum(_length(part) for part in block["content"])
    return len(block.get("text", ""))
