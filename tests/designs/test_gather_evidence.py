from __future__ import annotations

from typing import Any

from jupyter_agents.designs import load
from jupyter_agents.designs.gather_evidence import READ_TURNS, ROUNDS
from jupyter_agents.records import Request, RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.start import run
from jupyter_agents.session.state import State, project
from jupyter_agents.settings import Settings
from tests.support.model_replies import Reply, structured, text, tools
from tests.support.model_server import ModelServer
from tests.support.review_model import PLAN, role_of, told, turn_of

from .conftest import LINES

BISECTOR = "local:bisector"
AGAIN = structured({"papers": [BISECTOR], "look_for": "Is it biased?"})
ENOUGH = structured({"papers": [], "look_for": ""})
READING = structured({"relevance": 3, "summary": "On the bisector.", "follow": []})
SELECTION = {"read": [{"paper": BISECTOR, "reason": "it is asked about"}], "passed_over": []}
EMPTY = tools(("submit_answer", {"enough": False, "missing": ["everything"]}))


def review(**changes: Any) -> Request:
    sources = (str(LINES / "bisector"),)
    return Request(
        agent="review", text="Is the bisector biased?", sources=sources, design="gather_evidence", **changes
    )


def state_of(folder: RunFolder) -> State:
    return project(read(folder.journal))


def of_role(server: ModelServer, role: str) -> list[dict[str, Any]]:
    return [request for request in server.requests if role_of(request) == role]


def test_it_names_the_paper_it_follows() -> None:
    design = load("gather_evidence")
    assert "arXiv:2409.13740" in design.source
    assert design.about.startswith("Search, gather and score evidence")


async def test_rounds_are_bounded_and_an_answer_comes_even_if_the_searcher_never_stops(
    settings: Settings, server: ModelServer
) -> None:
    def endless(request: dict[str, Any]) -> Reply:
        role = role_of(request)
        if role == "lead" and turn_of(request) == 0:
            return tools(("submit_plan", PLAN), ("submit_selection", SELECTION))
        return {"lead": AGAIN, "reader": READING, "writer": EMPTY}[role]

    server.say(endless)
    folder, ended = await run(review(), settings)
    assert ended is RunState.done
    assert len(of_role(server, "reader")) == ROUNDS
    assert "2 more rounds are possible" in told(of_role(server, "lead")[-1])
    assert state_of(folder).artefacts["answer"]["enough"] is False


async def test_what_the_searcher_owes_is_asked_for_before_anything_is_read(
    settings: Settings, server: ModelServer
) -> None:
    steps = (AGAIN, tools(("submit_plan", PLAN), ("submit_selection", SELECTION)), AGAIN, ENOUGH)

    def hasty(request: dict[str, Any]) -> Reply:
        role = role_of(request)
        return steps[turn_of(request)] if role == "lead" else {"reader": READING, "writer": EMPTY}[role]

    server.say(hasty)
    _, ended = await run(review(), settings)
    assert ended is RunState.done
    assert "Before papers are read, hand in plan, selection" in told(of_role(server, "lead")[-1])
    assert len(of_role(server, "reader")) == 1


async def test_a_reader_that_never_ends_is_stopped_and_recorded(settings: Settings, server: ModelServer) -> None:
    def lost(request: dict[str, Any]) -> Reply:
        role, turn = role_of(request), turn_of(request)
        if role == "lead":
            return (tools(("submit_plan", PLAN), ("submit_selection", SELECTION)), AGAIN, ENOUGH)[turn]
        return tools(("read_section", {"paper": BISECTOR, "section": f"s{turn}"})) if role == "reader" else EMPTY

    server.say(lost)
    folder, ended = await run(review(), settings)
    assert ended is RunState.done
    assert len(of_role(server, "reader")) == READ_TURNS
    problem = state_of(folder).papers[BISECTOR]["reading"]["problem"]
    assert problem == f"not finished within {READ_TURNS} turns"
    assert problem in folder.report.read_text()


async def test_a_writer_that_hands_in_nothing_ends_the_run_with_a_reason(
    settings: Settings, server: ModelServer
) -> None:
    def silent(request: dict[str, Any]) -> Reply:
        if role_of(request) == "writer":
            return text("I would rather not.")
        return (tools(("submit_plan", PLAN), ("submit_selection", SELECTION)), ENOUGH)[turn_of(request)]

    server.say(silent)
    folder, ended = await run(review(), settings)
    assert ended is RunState.failed
    reason = [e.data["reason"] for e in read(folder.journal) if e.kind == "state"][-1]
    assert "the writer did not hand in answer" in reason
    report = folder.report.read_text()
    assert "No answer was reached" in report
    assert "In defence of the bisector" in report


async def test_an_agent_without_a_writer_ends_as_the_gated_loop_does(settings: Settings, server: ModelServer) -> None:
    server.say(
        ENOUGH, tools(("take_note", {"text": "a"})), tools(("submit_summary", {"text": "all of it"})), text("done")
    )
    request = Request(agent="notes", text="lines", design="gather_evidence", options={"publish": False})
    folder, ended = await run(request, settings)
    assert ended is RunState.done
    assert state_of(folder).artefacts["summary"]["text"] == "all of it"
    assert "submit_summary" not in [tool["name"] for tool in server.requests[0].get("tools", [])]
