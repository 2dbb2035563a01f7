from __future__ import annotations

import asyncio
import inspect
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anthropic
import httpx2
import pytest

from jupyter_agents.errors import ContextExceeded, ModelBusy, ModelError, ModelUnavailable
from jupyter_agents.records import Json
from jupyter_agents.runtime.model import DEFAULT_MODEL, Model, ModelRequest
from jupyter_agents.runtime.model.client import AnthropicModel, credentials_present, is_local
from jupyter_agents.runtime.model.failures import failure, raised
from tests.support import model_replies as say
from tests.support.model_server import ModelServer

SUMMARIZED = {"type": "adaptive", "display": "summarized"}


def request(words: str = "hello", **more: object) -> ModelRequest:
    messages: tuple[Json, ...] = ({"role": "user", "content": [{"type": "text", "text": words}]},)
    fields: Json = {"model": DEFAULT_MODEL, "messages": messages, "thinking": SUMMARIZED, **more}
    return ModelRequest(**fields)


async def test_an_answer_comes_back_with_its_text_and_its_price(server: ModelServer, model: AnthropicModel) -> None:
    server.say(say.text("good morning"))
    promised: Model = model
    reply = await promised.send(request(effort="low"))
    assert reply.text == "good morning"
    assert (reply.stop_reason, reply.model, reply.attempts) == ("end_turn", DEFAULT_MODEL, 1)
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens > 0
    assert reply.usage.usd == pytest.approx((reply.usage.input_tokens * 4 + reply.usage.output_tokens * 20) / 1e6)
    assert server.requests[0]["output_config"] == {"effort": "low"}
    assert "schema" not in server.requests[0]


async def test_blocks_can_be_sent_back_as_they_came(server: ModelServer, model: AnthropicModel) -> None:
    server.say(
        say.thinking("which one?")
        + say.redacted_thinking()
        + say.text("I look.")
        + say.tools(("look", {"at": [1.5, "ü"]})),
        say.text("seen"),
    )
    tools = ({"name": "look", "description": "Look.", "input_schema": {"type": "object"}},)
    first = request(tools=tools)
    reply = await model.send(first)
    assert [block["type"] for block in reply.blocks] == ["thinking", "redacted_thinking", "text", "tool_use"]
    assert reply.blocks[0]["thinking"] == "which one?"
    assert reply.blocks[3]["input"] == {"at": [1.5, "ü"]}
    result = {"type": "tool_result", "tool_use_id": reply.blocks[3]["id"], "content": "a tree"}
    messages = (
        *first.messages,
        {"role": "assistant", "content": list(reply.blocks)},
        {"role": "user", "content": [result]},
    )
    assert (await model.send(request(tools=tools, messages=messages))).text == "seen"


async def test_words_are_shown_as_they_arrive(server: ModelServer, model: AnthropicModel) -> None:
    server.say(say.thinking("hm") + say.text("four"))
    seen: list[tuple[str, str]] = []
    await model.send(request(), on_delta=lambda kind, words: seen.append((kind, words)))
    assert seen == [("thinking", "h"), ("thinking", "m"), ("text", "fo"), ("text", "ur")]


@pytest.mark.parametrize(
    "fault",
    [
        say.busy(retry_after="0"),
        say.overloaded(),
        say.error(500, "api_error"),
        say.error(503, "api_error"),
        say.error(408, "timeout_error"),
        say.disconnect(),
        say.empty(),
        say.unstopped(say.text("half")),
        say.torn(say.text("half")),
        say.broken(say.text("half")),
        say.broken(say.text("half"), "api_error", "Internal server error"),
    ],
    ids=str,
)
async def test_what_may_pass_is_tried_again(server: ModelServer, model: AnthropicModel, fault: say.Step) -> None:
    server.say(fault, say.text("whole"))
    reply = await model.send(request())
    assert (reply.text, reply.attempts) == ("whole", 2)


@pytest.mark.parametrize("fault", [say.overloaded(), say.disconnect(), say.empty(), say.torn(say.text("x"))], ids=str)
async def test_retries_end(server: ModelServer, model: AnthropicModel, fault: say.Step) -> None:
    server.say(fault, fault, fault, say.text("too late"))
    with pytest.raises(ModelBusy, match="try again later") as caught:
        await model.send(request())
    assert len(server.requests) == 3
    assert caught.value.fields["attempts"] == 3


async def test_what_broken_attempts_cost_is_reported(server: ModelServer, model: AnthropicModel) -> None:
    server.say(say.broken(say.text("half")), say.text("whole"))
    void: list[str] = []
    reply = await model.send(request(), on_delta=lambda kind, words: void.append(kind))
    assert reply.lost.input_tokens == reply.usage.input_tokens > 0
    assert reply.lost.usd
    assert "retry" in void


async def test_retry_after_is_waited_for(server: ModelServer, model: AnthropicModel) -> None:
    server.say(say.busy(retry_after="0.3"), say.text("ok"))
    started = time.monotonic()
    await model.send(request())
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("wish", ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=1))])
async def test_a_server_that_asks_for_too_much_patience_is_busy(
    server: ModelServer, model: AnthropicModel, wish: str
) -> None:
    server.say(say.busy(retry_after=wish), say.text("never"))
    with pytest.raises(ModelBusy):
        await model.send(request())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (say.error(401, "authentication_error"), "ANTHROPIC_API_KEY"),
        (say.error(402, "billing_error"), "billing"),
        (say.error(403, "permission_error"), "does not allow"),
        (say.error(404, "not_found_error"), "--model"),
        (say.error(400, "invalid_request_error", "credit balance is too low"), "credit balance"),
        (say.error(501, "", "no such method"), "no such method"),
        (say.broken(say.text("x"), "authentication_error", "expired"), "expired"),
    ],
    ids=str,
)
async def test_what_cannot_pass_is_not_tried_again(
    server: ModelServer, model: AnthropicModel, fault: say.Step, words: str
) -> None:
    server.say(fault, say.text("never"))
    with pytest.raises(ModelUnavailable, match=words):
        await model.send(request())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        say.error(400, "invalid_request_error", "prompt is too long: 1000001 tokens > 1000000 maximum"),
        say.error(400, "invalid_request_error", "input length and `max_tokens` exceed context limit"),
        say.error(400, "", "the request exceeds the available context size"),
        say.error(413, "request_too_large", "Request exceeds the maximum size"),
    ],
    ids=str,
)
async def test_a_full_window_says_so(server: ModelServer, model: AnthropicModel, fault: say.Step) -> None:
    server.say(fault)
    with pytest.raises(ContextExceeded, match="start a new one"):
        await model.send(request())


async def test_a_wrong_key_is_named_but_not_shown(server: ModelServer) -> None:
    model = AnthropicModel(server.url, "sk-very-secret", max_attempts=2, backoff_s=0.001)
    server.say(say.error(400, "invalid_request_error", "bad key sk-very-secret"))
    with pytest.raises(ModelUnavailable, match="refused the key") as caught:
        await model.send(request())
    assert "sk-very-secret" not in f"{caught.value!r} {caught.value.fields} {model!r}"
    server.key = "sk-very-secret"
    with pytest.raises(ModelUnavailable, match=r"bad key \[redacted\]"):
        await model.send(request())
    await model.close()


async def test_an_unknown_model_is_named() -> None:
    with ModelServer(say.text("x"), only=("claude-haiku-4-5",)) as server:
        model = AnthropicModel(server.url, server.key)
        with pytest.raises(ModelUnavailable, match="does not know 'claude-opus-5-5'"):
            await model.send(request())
        await model.close()


async def test_no_key_is_noticed_before_any_call() -> None:
    with pytest.raises(ModelUnavailable, match="set ANTHROPIC_API_KEY"):
        await AnthropicModel("https://models.example.org").send(request())


async def test_a_local_server_needs_no_key() -> None:
    with ModelServer(say.text("hi"), key="local") as server:
        model = AnthropicModel(server.url)
        assert (await model.send(request())).text == "hi"
        await model.close()


async def test_the_key_of_the_environment_is_used(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    server.say(say.text("hi"))
    model = AnthropicModel()
    assert (await model.send(request())).text == "hi"
    await model.close()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    model = AnthropicModel("http://127.0.0.1:9", "some-key", max_attempts=2, backoff_s=0.001)
    with pytest.raises(ModelUnavailable, match="no connection"):
        await model.send(request())
    await model.close()


async def test_connections_to_a_local_server_are_not_kept(server: ModelServer, model: AnthropicModel) -> None:
    assert (await model.model_info(DEFAULT_MODEL))["max_input_tokens"] == 1_000_000
    assert await model.model_info("unheard-of") == {}
    assert (await model.model_info(DEFAULT_MODEL))["id"] == DEFAULT_MODEL
    assert len(server.ports) == 3


async def test_silence_within_a_stream_is_bounded(server: ModelServer) -> None:
    server.say(say.slow(say.text("a"), 0.0, pause_s=1.0), say.text("b"))
    model = AnthropicModel(server.url, server.key, timeout_s=0.3, max_attempts=2, backoff_s=0.001)
    assert (await model.send(request())).text == "b"
    await model.close()


async def test_a_call_can_be_cancelled(server: ModelServer, model: AnthropicModel) -> None:
    server.say(say.slow(say.text("a"), 0.0, pause_s=0.1), say.text("b"))
    begun = asyncio.Event()
    call = asyncio.create_task(model.send(request(), on_delta=lambda kind, words: begun.set()))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await model.send(request())).text == "b"


async def test_a_cut_call_is_left_out_and_said_so(server: ModelServer, model: AnthropicModel) -> None:
    server.say(say.cut(say.text("I write.") + say.tools(("write", {"text": "a long text"}))))
    reply = await model.send(request(tools=({"name": "write", "input_schema": {"type": "object"}},)))
    assert reply.stop_reason == "max_tokens"
    assert reply.cut
    assert [block["type"] for block in reply.blocks] == ["thinking", "text"]


async def test_a_refusal_is_an_answer_with_its_reason(server: ModelServer, model: AnthropicModel) -> None:
    server.say(say.refusal("bio", "not this"))
    reply = await model.send(request())
    assert reply.stop_reason == "refusal"
    assert reply.details is not None
    assert reply.details["explanation"] == "not this"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            {"tool_choice": {"type": "any"}, "tools": ({"name": "t", "input_schema": {"type": "object"}},)},
            "tool_choice",
        ),
        ({"thinking": {"type": "disabled"}}, "thinking.type"),
        ({"max_tokens": 128_001}, "max_tokens"),
        ({"system": ({"type": "text", "text": " "},)}, "non-empty"),
        ({"schema": {"type": "object"}}, "additionalProperties"),
        ({"messages": ({"role": "assistant", "content": "so"},)}, "first message"),
        ({"messages": ({"role": "user", "content": [{"type": "text", "text": ""}]},)}, "non-whitespace"),
    ],
)
async def test_the_scripted_server_refuses_what_the_real_one_refuses(
    server: ModelServer, model: AnthropicModel, more: Json, why: str
) -> None:
    server.say(say.text("never"))
    with pytest.raises(ModelUnavailable, match=why):
        await model.send(request(**more))
    assert server.requests == []


def vendor_errors() -> list[type[Exception]]:
    """Every exception class that the SDK exports, aliases once."""
    found = {kind for _, kind in inspect.getmembers(anthropic, inspect.isclass) if issubclass(kind, Exception)}
    return sorted((kind for kind in found if kind.__module__.startswith("anthropic")), key=lambda kind: kind.__name__)


def built(kind: type[Exception]) -> Exception:
    asked = httpx2.Request("POST", "http://x/v1/messages")
    if issubclass(kind, anthropic.APIStatusError):
        status = getattr(kind, "status_code", 500)
        body = {"type": "error", "error": {"type": None, "message": "m"}}
        return kind("m", response=httpx2.Response(status, request=asked), body=body)
    if issubclass(kind, anthropic.APITimeoutError):
        return kind(asked)
    if issubclass(kind, anthropic.APIConnectionError):
        return kind(request=asked)
    if issubclass(kind, anthropic.APIResponseValidationError):
        return kind(httpx2.Response(200, request=asked), None)
    if issubclass(kind, anthropic.APIError):
        return kind("m", asked, body=None)
    return kind("m")


@pytest.mark.parametrize("kind", vendor_errors())
def test_every_error_of_the_vendor_becomes_ours(kind: type[Exception]) -> None:
    assert issubclass(kind, raised())
    failed = failure(built(kind), model="m", address="http://x")
    assert isinstance(failed.error, ModelError)
    assert type(failed.error) is not ModelError
    assert failed.again == isinstance(failed.error, ModelBusy)


def test_the_vendor_exports_the_errors_that_are_mapped() -> None:
    assert len(vendor_errors()) > 15


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost:11434/v1", True),
        ("http://[::1]:1", True),
        ("http://10.1.2.3", True),
        ("http://gpu.local", True),
        ("https://api.anthropic.com", False),
        ("https://8.8.8.8", False),
    ],
)
def test_local_addresses_are_recognised(address: str, local: bool) -> None:
    assert is_local(address) is local


def test_credentials_are_found_without_showing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not credentials_present()
    assert credentials_present("a-key")
    assert credentials_present(base_url="http://127.0.0.1:1")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "a-token")
    assert credentials_present()


def test_a_profile_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_PROFILE", "nobody")
    with pytest.raises(ModelUnavailable, match="credentials"):
        credentials_present()
