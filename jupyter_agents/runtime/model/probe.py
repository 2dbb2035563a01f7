"""What a server can do with a model: known by its name, told by the server, or tried once and remembered.

Servers that speak the Messages protocol ignore what they do not know, without a word: a schema, a named tool. So an
unknown model is asked a few tiny questions whose answers show what was honoured.
"""

from __future__ import annotations

import json
import tempfile
import urllib.parse
from pathlib import Path
from typing import Protocol

import msgspec

from ...errors import ModelUnavailable
from ...records import Json, Usage, digest, dumps
from . import THINKING, Capabilities, ModelReply, ModelRequest

VERSION = 1
"""Of what is remembered; raised when the questions change."""
HOME_HOST = "api.anthropic.com"
LARGE = Capabilities(context_tokens=1_000_000, max_output_tokens=128_000)
FORMER = Capabilities(context_tokens=1_000_000, max_output_tokens=64_000)
SMALL = Capabilities(context_tokens=200_000, max_output_tokens=64_000, thinking=False, effort=False)
KNOWN: tuple[tuple[str, Capabilities], ...] = (
    ("claude-opus-5", LARGE),
    ("claude-sonnet-5", LARGE),
    ("claude-haiku-5", LARGE),
    ("claude-fable-5", LARGE),
    ("claude-mythos-5", LARGE),
    ("claude-opus-4-8", LARGE),
    ("claude-opus-4-7", LARGE),
    ("claude-opus-4-6", LARGE),
    ("claude-sonnet-4-6", FORMER),
    ("claude-opus-4-5", SMALL),
    ("claude-sonnet-4-5", SMALL),
    ("claude-haiku-4-5", SMALL),
)
"""By the beginning of the id. The vendor's models overview, 2026-11-22."""
OUTPUT_TOKENS = 1024
WORD = {
    "type": "object",
    "properties": {"word": {"type": "string", "enum": ["pong"]}},
    "required": ["word"],
    "additionalProperties": False,
}


class Asked(Protocol):
    """What probing needs of a server."""

    async def send(self, request: ModelRequest) -> ModelReply:
        """One answer; see `Model.send`."""
        ...

    async def model_info(self, model: str) -> Json:
        """What the server's list says of a model; empty where it has none."""
        ...


async def capabilities(server: Asked, model: str, *, address: str, folder: Path | None) -> Capabilities:
    """What the server can do with the model. Only an unknown one costs calls, once per address and folder.

    Raises what `Model.send` raises if the server cannot be used at all; then nothing is remembered.
    """
    for beginning, known in KNOWN:
        if model.startswith(beginning):
            return known
    file = None if folder is None else folder / f"{digest([address, model])[:24]}.json"
    remembered = None if file is None else _recall(file)
    if remembered is not None:
        return remembered
    info = await server.model_info(model)
    told = _told(info) if urllib.parse.urlsplit(address).hostname == HOME_HOST and info.get("capabilities") else None
    found = told or await _tried(server, model, info)
    if file is not None:
        _remember(file, address, model, found)
    return found


def _told(info: Json) -> Capabilities:
    """From the vendor's own list; costs nothing."""
    can: Json = info["capabilities"]
    return Capabilities(
        structured=_supported(can.get("structured_outputs")),
        thinking=_supported(((can.get("thinking") or {}).get("types") or {}).get("adaptive")),
        effort=_supported(can.get("effort")),
        context_tokens=info.get("max_input_tokens") or LARGE.context_tokens,
        max_output_tokens=info.get("max_tokens") or SMALL.max_output_tokens,
        metadata={"source": "models.list"},
    )


def _supported(part: Json | None) -> bool:
    return bool((part or {}).get("supported"))


async def _tried(server: Asked, model: str, info: Json) -> Capabilities:
    trial = _Trial(server, model)
    await trial.ask("Say ok.")
    tool = {"name": "report", "description": "Report a word.", "input_schema": WORD}
    other = {"name": "other", "description": "Do something else.", "input_schema": WORD}
    called = await trial.answered("Call the tool `report` with the word pong.", tools=(tool,))
    named = {"type": "tool", "name": "other"}
    forced = await trial.answered("Say hello.", tools=(tool, other), tool_choice=named)
    written = await trial.answered("Answer with a JSON object whose field `word` is pong.", schema=WORD)
    marked = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    return Capabilities(
        structured=written is not None and _fits(written.text),
        tools=called is not None and "report" in _tools(called),
        forced_tool=forced is not None and _tools(forced) == {"other"},
        thinking=await trial.answered("Say ok.", thinking=THINKING) is not None,
        effort=await trial.answered("Say ok.", effort="low") is not None,
        caching=await trial.answered("Say ok.", system=(marked,)) is not None,
        context_tokens=info.get("max_input_tokens") or 32_768,
        max_output_tokens=info.get("max_tokens") or 8_192,
        metadata={"source": "tried", "probe_tokens": str(trial.usage.tokens)},
    )


class _Trial:
    """Tiny questions to one model, and what they consumed."""

    def __init__(self, server: Asked, model: str) -> None:
        self.server, self.model, self.usage = server, model, Usage()

    async def ask(self, words: str, **more: object) -> ModelReply:
        messages = ({"role": "user", "content": [{"type": "text", "text": words}]},)
        fields: Json = {"model": self.model, "messages": messages, "max_tokens": OUTPUT_TOKENS, **more}
        reply = await self.server.send(ModelRequest(**fields))
        self.usage += reply.usage + reply.lost
        return reply

    async def answered(self, words: str, **more: object) -> ModelReply | None:
        """The answer; None if the server refuses the request for what it holds."""
        try:
            return await self.ask(words, **more)
        except ModelUnavailable as exc:
            if exc.fields.get("status") not in {400, 422, 501}:
                raise
            return None


def _fits(text: str) -> bool:
    try:
        return bool(json.loads(text) == {"word": "pong"})
    except ValueError:
        return False


def _tools(reply: ModelReply) -> set[str]:
    return {block["name"] for block in reply.blocks if block["type"] == "tool_use"}


class _Memory(msgspec.Struct):
    v: int
    address: str
    model: str
    capabilities: Capabilities


def _recall(file: Path) -> Capabilities | None:
    """What the file holds; None if it is missing, damaged or of another version, then it is tried again."""
    try:
        memory = msgspec.json.decode(file.read_bytes(), type=_Memory)
    except (OSError, msgspec.DecodeError):
        return None
    return memory.capabilities if memory.v == VERSION else None


def _remember(file: Path, address: str, model: str, found: Capabilities) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    memory = _Memory(v=VERSION, address=address, model=model, capabilities=found)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as part:
        part.write(dumps(memory))
    Path(part.name).replace(file)
