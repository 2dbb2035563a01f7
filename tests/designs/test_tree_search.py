"""The published tree on an agent that has nothing to do with experiments: only a measure of its artefact."""

from __future__ import annotations

import json

from jupyter_agents.designs import load
from jupyter_agents.designs.tree_search import DEBUG_DEPTH, DRAFTS, NODES
from jupyter_agents.records import Request, RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.process import work
from jupyter_agents.session.start import run
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings
from tests.support.model_replies import Json, Reply, text, tools
from tests.support.model_server import ModelServer

ASKED = Request(agent="notes", text="lines", design="tree_search", options={"publish": False})


def branches(folder: RunFolder) -> list[str]:
    return [event.data["name"] for event in read(folder.journal) if event.kind == "branch"]


def summary(words: str) -> Reply:
    return tools(("submit_summary", {"text": words}))


def longer(request: Json) -> Reply:
    """Each improvement is one letter longer than the best there is; drafts are short."""
    asked = json.dumps(request["messages"])
    if "exactly one change" not in asked:
        return summary("draft")
    best = max((word for word in asked.replace("\\", "").split('"') if set(word) == {"x"}), key=len, default="xxxxxx")
    return summary(best + "x")


def gives_up(request: Json) -> Reply:
    return text("I cannot.")


def broken_drafts(request: Json) -> Reply:
    asked = json.dumps(request["messages"])
    return summary("base") if "plain baseline" in asked else text("I cannot.")


async def test_the_best_is_improved_step_by_step_and_adopted(settings: Settings, server: ModelServer) -> None:
    server.say(longer)
    folder, state = await run(ASKED, settings)
    assert state is RunState.done
    assert branches(folder) == ["draft"] * (DRAFTS - 1) + ["improve"] * (NODES - DRAFTS)
    assert len(project(read(folder.journal)).artefacts["summary"]["text"]) == 7 + NODES - DRAFTS - 1


async def test_every_node_is_told_what_all_others_came_to(settings: Settings, server: ModelServer) -> None:
    server.say(longer)
    await run(ASKED, settings)
    told = json.dumps(server.requests[-1]["messages"])
    assert "all attempts so far, higher scores are better" in told
    assert f"{NODES - 1}. improve: score {7 + NODES - DRAFTS - 2}" in told


async def test_broken_leaves_are_mended_a_bounded_number_of_times(settings: Settings, server: ModelServer) -> None:
    server.say(broken_drafts)
    folder, state = await run(ASKED, settings)
    assert state is RunState.done
    assert project(read(folder.journal)).artefacts["summary"]["text"] == "base"
    deepest = max(event.data["path"].count("b/") for event in read(folder.journal) if event.kind == "branch")
    assert deepest <= DEBUG_DEPTH
    assert len(branches(folder)) < NODES


async def test_nothing_with_a_score_ends_the_run_as_failed(settings: Settings, server: ModelServer) -> None:
    server.say(gives_up)
    folder, state = await run(ASKED, settings)
    assert state is RunState.failed
    reason = [event.data["reason"] for event in read(folder.journal) if event.kind == "state"][-1]
    assert "attempts gave a score" in reason


async def test_a_killed_search_goes_on_without_asking_anything_twice(settings: Settings, server: ModelServer) -> None:
    server.say(longer)
    folder, _ = await run(ASKED, settings)
    asked, before = len(server.requests), project(read(folder.journal))
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    answered = [i for i, line in enumerate(lines) if b'"what":"model"' in line and b'"kind":"result"' in line]
    folder.journal.write_bytes(b"".join(lines[: answered[-2] + 1]))
    (folder.path / "journal.head").unlink(missing_ok=True)
    assert await work(folder) is RunState.done
    assert len(server.requests) == asked + 1
    assert project(read(folder.journal)).artefacts == before.artefacts


def test_it_names_the_paper_it_follows() -> None:
    assert "2502.13138" in load("tree_search").source
