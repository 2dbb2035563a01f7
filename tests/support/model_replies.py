"""What a scripted model answers: replies, and the ways in which a server fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One answer. Blocks need no ids and no signatures: the server writes them. `a + b` joins blocks."""

    blocks: tuple[Json, ...] = ()
    stop_reason: str | None = None
    """None: `tool_use` if a tool is called, else `end_turn`."""
    delay_s: float = 0.0
    """Silence before the first event."""
    pause_s: float = 0.0
    """Silence between two events."""
    ends: Literal["properly", "disconnect", "no_stop", "error"] = "properly"
    error: Json = field(default_factory=dict)
    """The error event that breaks the stream where `ends` is `error`."""
    cut: bool = False
    """The last tool call's JSON arrives only by half."""
    details: Json | None = None
    """`stop_details` of a refusal."""

    def __add__(self, other: Reply) -> Reply:
        return replace(other, blocks=self.blocks + other.blocks)


@dataclass(frozen=True)
class Fault:
    """A request that is not answered: an HTTP error, a closed connection (status 0) or an empty stream (200)."""

    status: int
    kind: str = "api_error"
    message: str = "scripted failure"
    retry_after: str | None = None


Step = Reply | Fault
Script = Callable[[Json], Step]


def text(words: str) -> Reply:
    return Reply(blocks=({"type": "text", "text": words},))


def thinking(words: str) -> Reply:
    return Reply(blocks=({"type": "thinking", "thinking": words},))


def redacted_thinking() -> Reply:
    return Reply(blocks=({"type": "redacted_thinking"},))


def tools(*calls: tuple[str, Json]) -> Reply:
    """Parallel calls, each a tool's name and its arguments."""
    return Reply(blocks=tuple({"type": "tool_use", "name": name, "input": dict(args)} for name, args in calls))


def structured(value: Any) -> Reply:
    """An answer that fits a schema: as text, or through the `submit` tool where the request has one and no format."""
    return Reply(blocks=({"type": "structured", "value": value},))


def refusal(category: str = "cyber", explanation: str = "declined") -> Reply:
    details = {"type": "refusal", "category": category, "explanation": explanation}
    return Reply(stop_reason="refusal", details=details)


def cut(reply: Reply) -> Reply:
    """The answer runs into max_tokens; a tool call at its end arrives by half."""
    return replace(reply, stop_reason="max_tokens", cut=True)


def stopped(reply: Reply, reason: str) -> Reply:
    return replace(reply, stop_reason=reason)


def slow(reply: Reply, delay_s: float, pause_s: float = 0.0) -> Reply:
    return replace(reply, delay_s=delay_s, pause_s=pause_s)


def broken(reply: Reply, kind: str = "overloaded_error", message: str = "Overloaded") -> Reply:
    """A stream that ends in an error event after its blocks."""
    return replace(reply, ends="error", error={"type": kind, "message": message})


def torn(reply: Reply) -> Reply:
    """The connection is lost in the middle of the stream."""
    return replace(reply, ends="disconnect")


def unstopped(reply: Reply) -> Reply:
    """A stream that ends without a stop reason."""
    return replace(reply, ends="no_stop")


def error(status: int, kind: str, message: str = "scripted failure", retry_after: str | None = None) -> Fault:
    return Fault(status, kind, message, retry_after)


def busy(retry_after: str | None = None) -> Fault:
    return Fault(429, "rate_limit_error", "slow down", retry_after)


def overloaded() -> Fault:
    return Fault(529, "overloaded_error", "Overloaded")


def disconnect() -> Fault:
    return Fault(0)


def empty() -> Fault:
    """200 and a stream without a single event."""
    return Fault(200)


def settle(reply: Reply, request: Json) -> tuple[Json, ...]:
    """The blocks with `structured` answers turned into what the request asked for."""
    return tuple(
        block if block["type"] != "structured" else _structured(block["value"], request) for block in reply.blocks
    )


def _structured(value: Any, request: Json) -> Json:
    named = [tool["name"] for tool in request.get("tools", [])]
    if "format" in (request.get("output_config") or {}) or "submit" not in named:
        return {"type": "text", "text": json.dumps(value)}
    return {"type": "tool_use", "name": "submit", "input": value}


def halves(words: str) -> Iterator[str]:
    """Two deltas, so that whoever listens must join them."""
    middle = len(words) // 2
    yield from (part for part in (words[:middle], words[middle:]) if part)
