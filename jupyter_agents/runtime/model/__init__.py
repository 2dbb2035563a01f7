"""Models: the `anthropic` SDK and its Messages protocol, nothing else.

`client.py` is the seam to the SDK (`stream.py` reads one answer, `failures.py` translates its errors),
`conversation.py` an append-only exchange (`history.py` keeps it, `caching.py` marks what a server may cache),
`structured.py` answers that fit a schema, `probe.py` what a server can do, `prices.py` what it costs, `envelope.py`
how untrusted text enters, `redact.py` how secrets do not.
A conversation never sends by itself: it is given a `Send`, so that every call is budgeted and journalled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

import msgspec

from ...records import Json, Record, Usage

StopReason = Literal[
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
]
Effort = Literal["low", "medium", "high", "xhigh", "max"]
DEFAULT_MODEL = "claude-opus-5-5"
"""The vendor's own choice for most work; context 1 M tokens, output 128 k (models overview, 2026-11-22)."""
THINKING: Json = {"type": "adaptive", "display": "summarized"}
"""Sent wherever a server honours it; without `display`, the words between tool calls would come back empty."""


class ModelRequest(Record):
    """One call, exactly as it goes over the wire but for the SDK's own headers."""

    model: str
    system: tuple[Json, ...] = ()
    tools: tuple[Json, ...] = ()
    messages: tuple[Json, ...] = ()
    max_tokens: int = 8192
    schema: Json | None = None
    """JSON Schema the answer must fit, sent as `output_config.format`."""
    effort: Effort | None = None
    thinking: Json | None = None
    """The `thinking` setting; None: not sent, the server decides."""
    tool_choice: Json | None = None
    """Only where `Capabilities.forced_tool` says that it is honoured."""
    role: str = ""
    """Which conversation asks; not sent."""
    expected_tokens: int = 0
    """About how many tokens it reads, rather too many than too few, for reservations; 0: unknown. Not sent."""


class ModelReply(Record):
    """One answer, content blocks byte-identical to what the server sent."""

    id: str
    model: str
    """The model that answered."""
    blocks: tuple[Json, ...] = ()
    stop_reason: StopReason = "end_turn"
    usage: Usage = Usage()
    attempts: int = 1
    lost: Usage = Usage()
    """What attempts that broke off before this answer had reported; paid as well."""
    cut: bool = False
    """A tool call at the end was cut off and is not among the blocks."""
    details: Json | None = None
    """Why the model stopped, where the server says more: category and explanation of a refusal."""

    @property
    def text(self) -> str:
        """The answer's text blocks, joined."""
        return "".join(block["text"] for block in self.blocks if block.get("type") == "text")


OnDelta = Callable[[str, str], None]
"""Called with the kind and the words as they arrive; must not block.

Kinds: `text`, `thinking`, and `retry` (why an attempt broke off): what was shown of this answer so far is void.
"""
Send = Callable[[ModelRequest], Awaitable[ModelReply]]


class Price(Record):
    """US dollars per million tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float


class Capabilities(Record):
    """What a server did when it was tried."""

    structured: bool = True
    """`output_config.format` is honoured."""
    forced_tool: bool = False
    """A named `tool_choice` is honoured."""
    tools: bool = True
    caching: bool = True
    thinking: bool = True
    """`thinking: adaptive` is honoured."""
    effort: bool = True
    """`output_config.effort` is honoured."""
    context_tokens: int = 200_000
    max_output_tokens: int = 64_000
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class Model(Protocol):
    """A server that answers messages."""

    async def send(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """One answer, after bounded retries of what may pass.

        A refusal and a full window are answers too (`stop_reason`), because they were paid: whoever asked journals
        them, a `Conversation` then raises.
        Raises ModelUnavailable, ModelBusy or ContextExceeded; never a vendor's exception.
        """
        ...

    def price(self, model: str) -> Price | None:
        """What it costs; None if nobody knows."""
        ...

    async def capabilities(self, model: str) -> Capabilities:
        """What this server can do with this model; tried once per address and model, then remembered."""
        ...
