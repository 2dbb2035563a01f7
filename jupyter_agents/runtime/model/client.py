"""The seam to the `anthropic` SDK: one request in, one answer out, failures counted and translated."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import random
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelBusy, ModelError, ModelUnavailable
from ...records import Json, Usage
from . import Capabilities, ModelReply, ModelRequest, OnDelta, Price, prices
from .failures import Failure, failure, raised
from .stream import Answer, read

if TYPE_CHECKING:
    import anthropic

HOME = "https://api.anthropic.com"
NO_KEY = "local"
"""Sent to a server on this machine or network where there is no key; most such servers ask for none."""
SIGNS = ("ANTHROPIC_PROFILE", "ANTHROPIC_CONFIG_DIR", "ANTHROPIC_FEDERATION_RULE_ID")
NO_LIST = frozenset({400, 404, 405, 422, 501})
"""What servers answer that have no list of models, or not this one in it."""
MISSING = (
    "there is no key for the model's server at {address}; set ANTHROPIC_API_KEY (or the key in the settings), "
    "or let the setting `base_url` name a local server that speaks the Messages protocol"
)


def is_local(address: str) -> bool:
    """Whether an address is on this machine or its private network."""
    host = urllib.parse.urlsplit(address).hostname or ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local"))
    return number.is_loopback or number.is_private


def address_of(base_url: str | None) -> str:
    """Where requests go: the one given, else the environment's, else the vendor's."""
    return (base_url or os.environ.get("ANTHROPIC_BASE_URL") or HOME).rstrip("/")


def credentials_present(api_key: str | None = None, base_url: str | None = None) -> bool:
    """Whether any source of credentials exists: a key, a token, a profile, a federation, or a server that needs none.

    Loads the SDK only where something beside a key or a token points to a profile.
    Raises ModelUnavailable for a profile that was asked for and is broken.
    """
    if api_key or os.environ.get("ANTHROPIC_API_KEY") or os.environ.get("ANTHROPIC_AUTH_TOKEN"):
        return True
    if is_local(address_of(base_url)):
        return True
    folder = Path.home() / ".config" / "anthropic"
    if not any(os.environ.get(name) for name in SIGNS) and not folder.is_dir():
        return False
    return _has_credentials(_sdk_client(None, base_url, timeout_s=60.0))


def _has_credentials(client: anthropic.AsyncAnthropic) -> bool:
    return bool(client.api_key or client.auth_token or client.credentials is not None)


def _sdk_client(api_key: str | None, base_url: str | None, *, timeout_s: float) -> anthropic.AsyncAnthropic:
    import anthropic
    import httpx2

    options: dict[str, Any] = {}
    address = address_of(base_url)
    if is_local(address):
        # local servers drop kept connections without a word; a proxy for the outside is not for them
        no_reuse = httpx2.Limits(max_keepalive_connections=0)
        options["http_client"] = anthropic.DefaultAsyncHttpxClient(limits=no_reuse, trust_env=False)
        if not (api_key or os.environ.get("ANTHROPIC_API_KEY") or os.environ.get("ANTHROPIC_AUTH_TOKEN")):
            api_key = NO_KEY
    timeout = httpx2.Timeout(timeout_s, connect=min(timeout_s, 10.0))
    try:
        return anthropic.AsyncAnthropic(
            api_key=api_key or None, base_url=base_url, max_retries=0, timeout=timeout, **options
        )
    except anthropic.AnthropicError as exc:
        raise failure(exc, model="", address=address).error from exc


class AnthropicModel:
    """A server that speaks the Messages protocol; belongs to the event loop that first sends with it."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout_s: float = 600.0,
        max_attempts: int = 5,
        *,
        backoff_s: float = 1.0,
        longest_wait_s: float = 120.0,
        folder: Path | None = None,
    ) -> None:
        """Describe a server; nothing is loaded or sent before the first call.

        base_url: None: ANTHROPIC_BASE_URL, else the vendor's. api_key: None: what the SDK finds.
        timeout_s: the longest silence, also within a stream. max_attempts: of one call, the first included.
        backoff_s: the pause after the first failure, doubled after each, jittered by half.
        longest_wait_s: a server that asks for more is not waited for.
        folder: where capabilities are remembered; None: in memory only.
        """
        self.base_url = base_url
        self.address = address_of(base_url)
        self.timeout_s = timeout_s
        self.max_attempts = max_attempts
        self.backoff_s = backoff_s
        self.longest_wait_s = longest_wait_s
        self.folder = folder
        self._api_key = api_key
        self._client: anthropic.AsyncAnthropic | None = None
        self._known: dict[str, Capabilities] = {}

    def __repr__(self) -> str:
        return f"AnthropicModel({self.address!r})"

    async def send(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """One answer, after bounded retries of what may pass; see `Model.send`.

        `on_delta` is told `retry` when an attempt broke off: what it was given so far is void.
        """
        client, lost = self._ready(), Usage()
        for attempt in range(1, self.max_attempts + 1):
            answer = Answer()
            try:
                async with await client.messages.create(**payload(request), stream=True) as events:
                    await read(events, answer, on_delta)
            except raised() as exc:
                lost += self._priced(answer, request)
                failed = failure(exc, model=request.model, address=self.address, secrets=self._secrets())
                if not self._may_repeat(failed, attempt):
                    raise _counted(failed.error, attempt, lost) from exc
                if on_delta is not None:
                    on_delta("retry", failed.error.message)
                await asyncio.sleep(self._pause_s(failed, attempt))
            else:
                return answer.reply(usage=self._priced(answer, request), attempts=attempt, lost=lost)
        raise ModelBusy("no attempt was allowed; set max_attempts to 1 or more", address=self.address)

    def price(self, model: str) -> Price | None:
        """US dollars per million tokens; None if nobody knows."""
        return prices.price(model)

    async def capabilities(self, model: str) -> Capabilities:
        """What this server can do with this model; tried once per address and model, then remembered."""
        if model not in self._known:
            from .probe import capabilities

            self._known[model] = await capabilities(self, model, address=self.address, folder=self.folder)
        return self._known[model]

    async def model_info(self, model: str) -> Json:
        """What the server's list says of a model: limits, lifecycle, capabilities; empty where it has no list.

        Raises what `send` raises if the server cannot be asked at all. One attempt.
        """
        import anthropic

        try:
            found: object = await self._ready().models.retrieve(model)
        except (json.JSONDecodeError, anthropic.APIResponseValidationError):
            return {}
        except raised() as exc:
            failed = failure(exc, model=model, address=self.address, secrets=self._secrets())
            if failed.error.fields.get("status") in NO_LIST:
                return {}
            raise failed.error from exc
        return found.to_dict(mode="json") if isinstance(found, anthropic.BaseModel) else {}

    async def close(self) -> None:
        """Let the connections go."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _ready(self) -> anthropic.AsyncAnthropic:
        if self._client is None:
            client = _sdk_client(self._api_key, self.base_url, timeout_s=self.timeout_s)
            if not _has_credentials(client):
                raise ModelUnavailable(MISSING.format(address=self.address), address=self.address)
            self._client = client
        return self._client

    def _secrets(self) -> list[str]:
        client = self._client
        held = (client.api_key, client.auth_token) if client is not None else ()
        return [secret for secret in (self._api_key, *held) if secret]

    def _priced(self, answer: Answer, request: ModelRequest) -> Usage:
        usage, answered = answer.usage, str(answer.head.get("model", ""))
        usd = prices.usd(usage, answered) if answered else None
        return usage + Usage(usd=prices.usd(usage, request.model) if usd is None else usd)

    def _may_repeat(self, failed: Failure, attempt: int) -> bool:
        asked = failed.retry_after_s or 0.0
        return failed.again and attempt < self.max_attempts and asked <= self.longest_wait_s

    def _pause_s(self, failed: Failure, attempt: int) -> float:
        jitter = 1.0 + random.random() / 2  # noqa: S311  spreads clients, guards nothing
        own = min(self.backoff_s * 2 ** (attempt - 1), self.longest_wait_s) * jitter
        return own if failed.retry_after_s is None else failed.retry_after_s + self.backoff_s * (jitter - 1.0)


def _counted(error: ModelError, attempts: int, lost: Usage) -> ModelError:
    """The same error with how often was tried and what that had cost already."""
    return type(error)(error.message, **{**error.fields, "attempts": attempts, "lost": lost})


def payload(request: ModelRequest) -> Json:
    """A request as the arguments of the SDK's call; empty parts are left out."""
    output: Json = {}
    if request.effort is not None:
        output["effort"] = request.effort
    if request.schema is not None:
        output["format"] = {"type": "json_schema", "schema": request.schema}
    optional: Json = {
        "system": list(request.system),
        "tools": list(request.tools),
        "tool_choice": request.tool_choice,
        "thinking": request.thinking,
        "output_config": output,
    }
    sent = {name: value for name, value in optional.items() if value}
    return {"model": request.model, "max_tokens": request.max_tokens, "messages": list(request.messages), **sent}
