"""What the SDK and the connection raise, as the errors of this package.

Error types come before status codes, because an error inside a stream stands under status 200.
"""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...errors import ContextExceeded, ModelBusy, ModelError, ModelUnavailable
from .redact import redact
from .stream import StreamBroken

if TYPE_CHECKING:
    import anthropic

PASSES = frozenset({"rate_limit_error", "overloaded_error", "api_error", "timeout_error"})
STAYS = frozenset(
    {"authentication_error", "permission_error", "not_found_error", "billing_error", "invalid_request_error"}
)
PASSING_STATUS = frozenset({408, 409, 425, 429, 499})
FULL = ("prompt is too long", "context window", "context limit", "context length", "context size", "input is too long")
"""How servers word a prompt that does not fit: Anthropic's, llama.cpp, vLLM, LM Studio."""
ADVICE = {
    401: "refused the key; set ANTHROPIC_API_KEY, or the key in the settings, to a valid one",
    402: "asks for payment; see the account's billing page",
    403: "does not allow this key to use {model}; choose another model or key",
    404: "does not know {model}; choose another with the setting `model` or --model",
}


class Failure(NamedTuple):
    """What to tell, and whether asking again may help."""

    error: ModelError
    again: bool
    retry_after_s: float | None = None


def raised() -> tuple[type[Exception], ...]:
    """Everything that one call may raise; `failure` understands all of it."""
    import anthropic
    import httpx2

    return (
        anthropic.AnthropicError,
        httpx2.HTTPError,
        httpx2.StreamError,
        httpx2.InvalidURL,
        json.JSONDecodeError,
        StreamBroken,
    )


def failure(error: Exception, *, model: str, address: str, secrets: Sequence[str] = ()) -> Failure:
    """The error as ours, for people, without any of the secrets."""
    import anthropic
    import httpx2

    if isinstance(error, anthropic.APIStatusError):
        return _answered(error, model, address, secrets)
    words = redact(str(error) or type(error).__name__, secrets)
    if isinstance(error, anthropic.CredentialsError):
        return Failure(ModelUnavailable(f"the credentials for {address} cannot be loaded: {words}"), again=False)
    if _unreachable(error):
        text = f"no connection to the model's server at {address}; is it running, is the network up?"
        return Failure(ModelUnavailable(text, address=address), again=True)
    passes = (
        anthropic.APIConnectionError,
        anthropic.APIResponseValidationError,
        anthropic.RetryableError,
        httpx2.TransportError,
        httpx2.StreamError,
        json.JSONDecodeError,
        StreamBroken,
    )
    if isinstance(error, passes):
        text = f"the answer of the model's server at {address} broke off ({words}); try again later"
        return Failure(ModelBusy(text, address=address, model=model), again=True)
    return Failure(ModelUnavailable(f"the model's server at {address} cannot be used: {words}"), again=False)


def _unreachable(error: Exception) -> bool:
    import httpx2

    return any(isinstance(found, httpx2.ConnectError | httpx2.ConnectTimeout) for found in (error, error.__cause__))


def _answered(error: anthropic.APIStatusError, model: str, address: str, secrets: Sequence[str]) -> Failure:
    status, kind = error.status_code, error.type or ""
    words = redact(error.api_message or error.message, secrets)
    if status == 413 or (kind in {"", "invalid_request_error"} and any(sign in words.lower() for sign in FULL)):
        text = f"the conversation no longer fits the window of {model}: {words}; start a new one from its results"
        return Failure(ContextExceeded(text, model=model, status=status), again=False)
    passes = kind in PASSES or (
        kind not in STAYS and (status in PASSING_STATUS or (status >= 500 and status != 501) or status < 400)
    )
    wish = error.response.headers.get("x-should-retry")
    again = passes if wish is None or status < 400 else wish == "true"
    if passes:
        text = f"the model's server at {address} is busy or failing ({kind or status}: {words}); try again later"
        busy = ModelBusy(text, address=address, model=model, status=status)
        return Failure(busy, again, _retry_after_s(error))
    code = {"authentication_error": 401, "billing_error": 402, "permission_error": 403, "not_found_error": 404}
    advice = ADVICE.get(code.get(kind, status), "refused the request").format(model=repr(model))
    text = f"the model's server at {address} {advice} ({status}: {words})"
    return Failure(ModelUnavailable(text, address=address, model=model, status=status), again)


def _retry_after_s(error: anthropic.APIStatusError) -> float | None:
    """Seconds that the server asks to wait, from any of the three ways to say so."""
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        return max(0.0, email.utils.parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time())
    except (KeyError, ValueError):
        return None
