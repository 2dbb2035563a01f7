"""The scripted server is a part of every later test, so it is tested itself."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.support import model_replies as say
from tests.support.model_server import ModelServer

TOOL: Any = {"name": "look", "input_schema": {"type": "object"}}
ASKED: Any = {"role": "user", "content": "look"}


@pytest.fixture
def sdk(server: ModelServer) -> Any:
    with anthropic.Anthropic(base_url=server.url, api_key=server.key, max_retries=0) as client:
        yield client


def ask(sdk: anthropic.Anthropic, messages: list[Any], **more: Any) -> Any:
    fields: dict[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 100, "tools": [TOOL], **more}
    return sdk.messages.create(messages=messages, **fields)


def turn(reply: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [block.to_dict() for block in reply.content]}


def result(reply: Any) -> dict[str, Any]:
    call = next(block for block in reply.content if block.type == "tool_use")
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "a tree"}]}


def test_a_history_that_goes_back_unchanged_is_taken(server: ModelServer, sdk: anthropic.Anthropic) -> None:
    server.say(say.tools(("look", {})), say.text("a tree"))
    first = ask(sdk, [ASKED])
    moved = {"role": "user", "content": [{"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}}]}
    assert ask(sdk, [moved, turn(first), result(first)]).content[-1].text == "a tree"


@pytest.mark.parametrize("change", ["question", "thought", "tools", "system", "model"])
def test_an_edited_past_is_refused(server: ModelServer, sdk: anthropic.Anthropic, change: str) -> None:
    server.say(say.tools(("look", {})), say.text("never"))
    first = ask(sdk, [ASKED])
    answer = turn(first)
    asked: Any = ASKED
    more: dict[str, Any] = {}
    if change == "question":
        asked = {"role": "user", "content": "look!"}
    elif change == "thought":
        answer["content"][0]["thinking"] += "?"
    elif change == "tools":
        more = {"tools": [{**TOOL, "description": "Look."}]}
    elif change == "system":
        more = {"system": "You look."}
    else:
        more = {"model": "claude-sonnet-5-5"}
    with pytest.raises(anthropic.BadRequestError, match="has changed"):
        ask(sdk, [asked, answer, result(first)], **more)


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([ASKED, {"role": "assistant", "content": "so"}], "prefill"),
        (
            [
                ASKED,
                {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
                ASKED,
            ],
            "without `tool_result`",
        ),
        ([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]}], "unexpected"),
        ([{"role": "user", "content": [{"type": "hologram"}]}], "not permitted"),
        ([{"role": "user", "content": [{"type": "text", "text": "a", "mood": "b"}]}], "Extra inputs"),
        ([{"role": "user", "content": []}], "non-empty"),
        (
            [{"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 5}],
            "maximum of 4",
        ),
    ],
)
def test_what_is_no_conversation_is_refused(
    server: ModelServer, sdk: anthropic.Anthropic, messages: list[Any], why: str
) -> None:
    server.say(say.text("never"))
    with pytest.raises(anthropic.BadRequestError, match=why):
        ask(sdk, messages)


@pytest.mark.parametrize("extra", [{"temperature": 0}, {"top_p": 1}, {"top_k": 1}, {"mood": "good"}])
def test_fields_that_are_gone_or_unknown_are_refused(
    server: ModelServer, sdk: anthropic.Anthropic, extra: dict[str, Any]
) -> None:
    server.say(say.text("never"))
    with pytest.raises(anthropic.BadRequestError):
        ask(sdk, [ASKED], extra_body=extra)


def test_models_and_tokens_can_be_asked_for(server: ModelServer, sdk: anthropic.Anthropic) -> None:
    assert [info.id for info in sdk.models.list()] == ["claude-opus-5-5", "claude-haiku-4-5"]
    assert sdk.messages.count_tokens(model="claude-opus-5-5", messages=[ASKED]).input_tokens > 1


def test_a_wrong_key_is_refused(server: ModelServer) -> None:
    with (
        anthropic.Anthropic(base_url=server.url, api_key="wrong", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError),
    ):
        ask(client, [ASKED])


def test_an_exhausted_script_says_so(server: ModelServer, sdk: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="no reply to request 1"):
        ask(sdk, [ASKED])


def test_a_repeated_prefix_is_read_from_the_cache(server: ModelServer, sdk: anthropic.Anthropic) -> None:
    server.say(say.text("one"), say.text("two"))
    system = [{"type": "text", "text": "long " * 1000, "cache_control": {"type": "ephemeral"}}]
    first, second = (ask(sdk, [ASKED], system=system).usage for _ in range(2))
    assert first.cache_creation_input_tokens == second.cache_read_input_tokens > 1000
    assert first.cache_read_input_tokens == second.cache_creation_input_tokens == 0
