"""What every design promises: with any agent and any model it comes to an end, and its journal replays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_agents import designs
from jupyter_agents.records import Budget, Json, Request, RunState
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.process import work
from jupyter_agents.session.start import run
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings
from tests.support.crash import model_results, prefixes
from tests.support.model_replies import Reply, structured, text, tools
from tests.support.model_server import ModelServer

MOST_REQUESTS = 150
every_design = pytest.mark.parametrize("design", designs.names())


def least(schema: Json) -> Any:
    """The smallest value that fits a schema of ours."""
    if "$ref" in schema or "anyOf" in schema:
        return None
    if "enum" in schema:
        return schema["enum"][0]
    made = {"array": [], "integer": schema.get("minimum", 0), "number": schema.get("minimum", 0.0), "boolean": False}
    if schema.get("type") == "object":
        return {name: least(part) for name, part in schema.get("properties", {}).items()}
    return made.get(str(schema.get("type")), "so be it")


def willing(request: dict[str, Any]) -> Reply:
    """A model that hands in whatever can be handed in, once each, and otherwise says a word."""
    given = {tool["name"]: tool["input_schema"] for tool in request.get("tools", ())}
    done = {b["name"] for m in request["messages"] for b in m["content"] if b.get("type") == "tool_use"}
    for name, schema in given.items():
        if name.startswith("submit") and name not in done:
            return tools((name, least(schema)))
    form = request.get("output_config", {}).get("format")
    return structured(least(form["schema"])) if form else text("I have nothing to add.")


def idle(request: dict[str, Any]) -> Reply:
    """A model that never does anything."""
    form = request.get("output_config", {}).get("format")
    return structured(least(form["schema"])) if form else text("Let me think about it.")


def restless(request: dict[str, Any]) -> Reply:
    """A model that makes one call again and again."""
    names = [tool["name"] for tool in request.get("tools", ())]
    return tools((names[0], {"text": "again"})) if names else text("There are no tools.")


@every_design
@pytest.mark.parametrize("model", [willing, idle, restless])
async def test_it_comes_to_an_end_and_says_why(
    design: str, model: Any, with_model: Settings, server: ModelServer
) -> None:
    server.say(model)
    request = Request(agent="notes", text="lines", design=design, options={"publish": False}, budget=Budget(steps=120))
    folder, state = await run(request, with_model)
    assert state in (RunState.done, RunState.failed)
    assert len(server.requests) <= MOST_REQUESTS
    last = [event for event in read(folder.journal) if event.kind == "state"][-1]
    assert state is RunState.done or len(last.data["reason"]) > 20
    assert not [event for event in read(folder.journal) if event.kind == "crashed"]


@every_design
async def test_a_run_cut_off_anywhere_comes_to_the_same_state(
    design: str, with_model: Settings, server: ModelServer, tmp_path: Path
) -> None:
    server.say(willing)
    request = Request(agent="notes", text="lines", design=design, options={"publish": False}, budget=Budget(steps=60))
    folder, state = await run(request, with_model)
    whole = project(read(folder.journal))
    for n, copy in prefixes(folder, tmp_path / "cut", every=7):
        if any(event.kind == "ending" for event in read(copy.journal)):
            continue
        recorded, before = model_results(copy), len(server.requests)
        assert await work(copy) is state, n
        again = project(read(copy.journal))
        assert (again.artefacts, [c.source for c in again.cells]) == (
            whole.artefacts,
            [c.source for c in whole.cells],
        ), n
        assert len(server.requests) - before == model_results(folder) - recorded, n


def test_the_folder_is_the_registry() -> None:
    files = {path.stem for path in Path(designs.__file__).parent.glob("[!_]*.py")}
    assert files <= set(designs.names())
