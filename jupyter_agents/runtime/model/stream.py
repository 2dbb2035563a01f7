"""One streamed answer, put together from its events.

The SDK's own accumulator completes half a tool call to something that looks whole; here a call that was cut off is
left out and said so. Blocks keep exactly the fields that the server sent.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable
from typing import Any, get_args

from ...records import Json, Usage
from . import ModelReply, OnDelta, StopReason

STOP_REASONS = frozenset(get_args(StopReason))
CUTTING = frozenset({"max_tokens", "model_context_window_exceeded"})
DELTAS = {"text_delta": "text", "thinking_delta": "thinking"}


class StreamBroken(Exception):
    """A stream that was empty, ended without a stop reason, or made no sense."""


class Answer:
    """What has arrived of one answer so far; `usage` also counts if the rest never comes."""

    def __init__(self) -> None:
        self.head: Json = {}
        self.blocks: list[Json] = []
        self.arguments: dict[int, str] = {}
        self.delta: Json = {}
        self.counts: Json = {}

    def take(self, event: Json, on_delta: OnDelta | None) -> None:
        """Add one event. Raises StreamBroken if it does not follow from those before."""
        kind = event["type"]
        if kind == "message_start":
            self.head = event["message"]
            self._count(self.head.get("usage"))
        elif not self.head:
            raise StreamBroken(f"the stream began with {kind}")
        elif kind == "content_block_start":
            self.blocks.append(dict(event["content_block"]))
        elif kind == "content_block_delta":
            self._extend(event["index"], event["delta"], on_delta)
        elif kind == "message_delta":
            self.delta = event["delta"]
            self._count(event.get("usage"))

    def _count(self, usage: Json | None) -> None:
        self.counts |= {name: value for name, value in (usage or {}).items() if value is not None}

    def _extend(self, index: int, delta: Json, on_delta: OnDelta | None) -> None:
        if index >= len(self.blocks):
            raise StreamBroken(f"the stream goes on with block {index}, which never began")
        block, kind = self.blocks[index], delta["type"]
        if kind in DELTAS:
            name = DELTAS[kind]
            block[name] = block.get(name, "") + delta[name]
            if on_delta is not None:
                on_delta(name, delta[name].encode("utf-8", "replace").decode())
        elif kind == "signature_delta":
            block["signature"] = delta["signature"]
        elif kind == "input_json_delta":
            self.arguments[index] = self.arguments.get(index, "") + delta["partial_json"]
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]

    @property
    def usage(self) -> Usage:
        """Tokens as the server counted them; no price yet."""
        return Usage(
            input_tokens=self.counts.get("input_tokens", 0),
            output_tokens=self.counts.get("output_tokens", 0),
            cache_read_tokens=self.counts.get("cache_read_input_tokens", 0),
            cache_write_tokens=self.counts.get("cache_creation_input_tokens", 0),
        )

    def check(self) -> None:
        """Raises StreamBroken unless the answer has come to its end."""
        reason = self.delta.get("stop_reason")
        if not self.head:
            raise StreamBroken("the stream was empty")
        if reason is None:
            raise StreamBroken("the stream ended without a stop reason")
        if reason not in STOP_REASONS:
            raise StreamBroken(f"the stream was stopped by {reason!r}, which is not known")

    def reply(self, *, usage: Usage, attempts: int, lost: Usage) -> ModelReply:
        """The whole answer, once `check` has passed. `usage` is its own with the price."""
        reason: Any = self.delta["stop_reason"]
        blocks, cut = self._finished(cutting=reason in CUTTING)
        return ModelReply(
            id=str(self.head.get("id", "")),
            model=str(self.head.get("model", "")),
            blocks=tuple(blocks),
            stop_reason=reason,
            usage=usage,
            attempts=attempts,
            lost=lost,
            cut=cut,
            details=self.delta.get("stop_details"),
        )

    def _finished(self, *, cutting: bool) -> tuple[list[Json], bool]:
        done: list[Json] = []
        for index, block in enumerate(self.blocks):
            if block.get("type") in {"tool_use", "server_tool_use"}:
                words = _paired(self.arguments.get(index, ""))
                given = _object(words) if words else block.get("input")
                if cutting and (given is None or (not words and index == len(self.blocks) - 1)):
                    return done, True
                # the vendor's advice for arguments that are no JSON: hand them back under a name that says so
                block = {**block, "input": {"INVALID_JSON": words} if given is None else given}
            done.append({name: _paired(part) if isinstance(part, str) else part for name, part in block.items()})
        return done, False


def _paired(words: str) -> str:
    """The words with surrogates joined that a server escaped and split over two events; single ones replaced."""
    if words.isascii():
        return words
    return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _object(words: str) -> Json | None:
    try:
        value = json.loads(words)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


async def read(events: AsyncIterable[Any], answer: Answer, on_delta: OnDelta | None) -> None:
    """Fill the answer from a stream of the SDK's events. Raises StreamBroken if it has no proper end."""
    async for event in events:
        answer.take(event.to_dict(mode="json"), on_delta)
    answer.check()
