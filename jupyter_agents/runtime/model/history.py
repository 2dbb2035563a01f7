"""What has been said in one conversation: append-only, calls and results paired, sizes counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...records import Call, Json, dumps
from .caching import is_big

BYTES_PER_TOKEN = 2.5
"""Low on purpose: LaTeX and numbers make short tokens, and a reservation must not fall short."""
IMAGE_BYTES = 5_000 * BYTES_PER_TOKEN
"""An image of the largest size that servers take counts just under 5000 tokens."""


class History:
    """Messages as they are sent. Blocks are never changed once they are in; forks share them."""

    def __init__(self) -> None:
        self.messages: list[Json] = []
        self.big: tuple[int, int] | None = None
        """The last big block of the user: its message, and its place there."""
        self._said = 0
        """Bytes of `messages`, counted as they come in: counting all anew for each request grows with every turn."""
        self._pending: list[Json] = []
        self._open: list[Call] = []
        self._results: dict[str, Json] = {}
        self._paused = False

    def copy(self) -> History:
        """The same past, to go on differently."""
        other = History()
        other.messages, other._pending = list(self.messages), list(self._pending)
        other.big, other._said = self.big, self._said
        other._open, other._results, other._paused = list(self._open), dict(self._results), self._paused
        return other

    def add(self, block: Json) -> None:
        """Something the user's next message holds, after the results of calls."""
        self._pending.append(block)

    def result(self, call_id: str, content: list[Json], *, error: bool) -> None:
        """Answer a call. Raises ValueError for a call that is not open or was answered already."""
        if call_id not in {call.id for call in self._open} or call_id in self._results:
            raise ValueError(f"there is no open call {call_id!r} to answer")
        block: Json = {"type": "tool_result", "tool_use_id": call_id, "content": content}
        self._results[call_id] = {**block, "is_error": True} if error else block

    @property
    def unanswered(self) -> tuple[Call, ...]:
        """Calls whose results are still missing."""
        return tuple(call for call in self._open if call.id not in self._results)

    def close(self) -> None:
        """Make the user's message out of results and what was added; results come first and together.

        Raises ValueError if a call is unanswered or there is nothing to ask.
        """
        if missing := self.unanswered:
            names = ", ".join(f"{call.tool} ({call.id})" for call in missing)
            raise ValueError(f"calls without a result: {names}; answer each of them before asking again")
        content = [*(self._results[call.id] for call in self._open), *self._pending]
        last = self.messages[-1] if self.messages else None
        if not content:
            if last is None or (last["role"] == "assistant" and not self._paused):
                raise ValueError("there is nothing to ask; tell the model something first")
        elif last is not None and last["role"] == "user":
            self.messages[-1] = {"role": "user", "content": [*last["content"], *content]}
        else:
            self.messages.append({"role": "user", "content": content})
        self._count(content)
        self._pending, self._open, self._results = [], [], {}

    def _count(self, content: Sequence[Json]) -> None:
        """Size and place of what has just become the end of the user's last message."""
        self._said += sum(map(_size, content))
        for back, block in enumerate(reversed(content), 1):
            if is_big(block):
                self.big = len(self.messages) - 1, len(self.messages[-1]["content"]) - back
                return

    def take(self, blocks: Sequence[Json], *, role: str, paused: bool = False) -> tuple[Call, ...]:
        """Keep the model's answer as it came and say which tools it calls.

        Text blocks that hold nothing are left out: servers send them and refuse to have them back.
        """
        kept = [block for block in blocks if block["type"] != "text" or block["text"].strip()]
        self.messages.append({"role": "assistant", "content": kept})
        self._said += sum(map(_size, kept))
        self._paused = paused
        self._open = [
            Call(id=block["id"], tool=block["name"], arguments=block["input"], role=role)
            for block in kept
            if block["type"] == "tool_use"
        ]
        return tuple(self._open)

    def size(self) -> int:
        """Bytes of all that the next request would hold, images at a fixed size."""
        return self._said + sum(map(_size, (*self._results.values(), *self._pending)))


def _size(block: Json) -> int:
    parts = list(_parts(block))
    images = sum(part["type"] == "image" for part in parts)
    texts = sum(len(dumps(part).encode()) for part in parts if part["type"] != "image")
    return texts + int(images * IMAGE_BYTES)


def _parts(block: Json) -> Iterator[Json]:
    if block["type"] == "tool_result":
        yield {**block, "content": []}
        yield from block["content"]
    else:
        yield block
