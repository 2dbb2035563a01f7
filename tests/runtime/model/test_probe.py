from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_agents.errors import ModelBusy, ModelUnavailable
from jupyter_agents.records import Json
from jupyter_agents.runtime.model import DEFAULT_MODEL
from jupyter_agents.runtime.model.client import HOME, AnthropicModel
from jupyter_agents.runtime.model.probe import capabilities
from tests.support import model_replies as say
from tests.support.model_server import ModelServer, last_text

PONG = {"word": "pong"}


def able(request: Json) -> say.Step:
    """A local server that honours everything."""
    named = (request.get("tool_choice") or {}).get("name")
    if named:
        return say.tools((named, PONG))
    if request.get("tools"):
        return say.tools(("report", PONG))
    return say.structured(PONG) if "format" in request.get("output_config", {}) else say.text("ok")


def deaf(request: Json) -> say.Step:
    """A local server that ignores what it does not know, as llama.cpp does."""
    return say.text("Sure! The word is pong.")


def narrow(request: Json) -> say.Step:
    """A local server that refuses what it does not know, as vLLM does; its tools work unless one is named."""
    if set(request) & {"thinking", "output_config"} or "cache_control" in json.dumps(request):
        return say.error(400, "invalid_request_error", "extra inputs are not permitted")
    return say.tools(("report", PONG)) if "Call the tool" in last_text(request) else say.text("hello")


def local(server: ModelServer, folder: Path | None = None) -> AnthropicModel:
    return AnthropicModel(server.url, server.key, max_attempts=1, folder=folder)


async def test_known_models_are_not_asked(server: ModelServer, model: AnthropicModel) -> None:
    can = await model.capabilities(DEFAULT_MODEL)
    assert (can.structured, can.tools, can.thinking, can.forced_tool) == (True, True, True, False)
    assert (can.context_tokens, can.max_output_tokens) == (1_000_000, 128_000)
    assert (await model.capabilities("claude-haiku-4-5-20251001")).thinking is False
    assert server.paths == []


async def test_a_new_model_of_the_vendor_is_looked_up_in_its_list(tmp_path: Path) -> None:
    with ModelServer(limits={"claude-saga-7": (2_000_000, 256_000)}) as server:
        asked = local(server)
        can = await capabilities(asked, "claude-saga-7", address=HOME, folder=tmp_path)
        await asked.close()
    assert (can.structured, can.thinking, can.effort, can.forced_tool) == (True, True, True, False)
    assert (can.context_tokens, can.max_output_tokens) == (2_000_000, 256_000)
    assert server.requests == []


@pytest.mark.parametrize("listing", [say.error(404, "not_found_error"), say.error(405, ""), say.empty()])
async def test_a_server_without_a_list_is_taken_for_small(listing: say.Fault) -> None:
    with ModelServer(able, listing=listing) as server:
        can = await local(server).capabilities("local")
    assert (can.context_tokens, can.max_output_tokens) == (32_768, 8_192)
    assert can.structured


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (able, {"structured", "tools", "forced_tool", "thinking", "effort", "caching"}),
        (deaf, {"thinking", "effort", "caching"}),
        (narrow, {"tools"}),
    ],
)
async def test_an_unknown_server_is_judged_by_what_it_honours(script: say.Script, expected: set[str]) -> None:
    with ModelServer(script, limits={"local": (16_384, 2_048)}) as server:
        model = local(server)
        can = await model.capabilities("local")
        await model.close()
    flags = {"structured", "tools", "forced_tool", "thinking", "effort", "caching"}
    assert {flag for flag in flags if getattr(can, flag)} == expected
    assert (can.context_tokens, can.max_output_tokens) == (16_384, 2_048)
    assert int(can.metadata["probe_tokens"]) > 0


async def test_what_was_found_is_remembered_by_address_and_model(tmp_path: Path) -> None:
    with ModelServer(able) as server:
        first = await local(server, tmp_path).capabilities("local")
        asked = len(server.requests)
        assert await local(server, tmp_path).capabilities("local") == first
        assert len(server.requests) == asked
        await local(server, tmp_path).capabilities("other")
        assert len(server.requests) == 2 * asked
    files = list(tmp_path.iterdir())
    assert len(files) == 2
    assert {json.loads(file.read_text())["model"] for file in files} == {"local", "other"}


@pytest.mark.parametrize("damage", ["", "{", '{"v": 0, "address": "a", "model": "m", "capabilities": {}}', '{"v": 1}'])
async def test_a_damaged_memory_is_asked_for_again(tmp_path: Path, damage: str) -> None:
    with ModelServer(able) as server:
        first = await local(server, tmp_path).capabilities("local")
        (file,) = tmp_path.iterdir()
        file.write_text(damage)
        again = await local(server, tmp_path).capabilities("local")
    assert again == first
    assert json.loads(file.read_text())["v"] == 1


async def test_a_list_that_fails_is_no_missing_list(tmp_path: Path) -> None:
    with ModelServer(able, listing=say.overloaded()) as server, pytest.raises(ModelBusy):
        await local(server, tmp_path).capabilities("local")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [(say.error(401, "authentication_error"), ModelUnavailable), (say.overloaded(), ModelBusy)],
)
async def test_a_server_that_fails_is_not_remembered(tmp_path: Path, fault: say.Fault, error: type[Exception]) -> None:
    with ModelServer(say.text("ok"), fault) as server, pytest.raises(error):
        await local(server, tmp_path).capabilities("local")
    assert list(tmp_path.iterdir()) == []
