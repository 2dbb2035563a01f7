from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_agents import designs
from jupyter_agents.records import Json, Request, RunState, Verdict, parse
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.start import run
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings
from tests.support import coin_engineer as coin
from tests.support.model_replies import Step, structured, text, tools
from tests.support.model_server import ModelServer

FIRST = (coin.cell(coin.PARAMETERS, tags=["parameters"]), coin.cell(coin.READ, "2"), coin.cell(coin.FIT, "3"))
ENGINEER: tuple[Any, ...] = (
    tools(*FIRST),
    coin.run_added,
    text("part one is written"),
    tools(coin.cell(coin.Z, "4")),
    coin.run_added,
    text("part two is written"),
    tools(("submit_code", coin.CODE)),
)


class Staged:
    """Answers each role by its own script, in whatever order the roles ask."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._engineer = iter(ENGINEER)

    def __call__(self, request: Json) -> Step:
        system = json.dumps(request["system"])
        role = next(
            (r for r, words in ROLES.items() if words in system),
            "other",
        )
        self.asked.append(role)
        if role == "planner":
            return tools(("submit_plan", coin.PLAN), ("submit_claims", coin.CLAIMS))
        if role == "analyst":
            return text("k heads of N flips; the paper fixes everything")
        if role == "diagnostician":
            return structured(coin.DIAGNOSIS)
        step = next(self._engineer)
        answer: Step = step(request) if callable(step) else step
        return answer


ROLES = {
    "planner": "You plan how a paper becomes a notebook",
    "analyst": "You analyse one part",
    "diagnostician": "You wrote none",
    "engineer": "You turn a paper into a notebook",
}


def test_its_paper_is_named() -> None:
    assert "2504.17192" in designs.load("paper2code").source


@pytest.mark.sandbox
@pytest.mark.timeout(300)
async def test_stages_follow_each_other_and_end_in_the_same_verdicts(settings: Settings, server: ModelServer) -> None:
    staged = Staged()
    server.say(staged)
    folder, state = await run(Request(agent="code", text=str(coin.COIN), design="paper2code"), settings)
    assert state is RunState.done, folder.report.read_text()
    assert staged.asked == ["planner", "analyst", "analyst", *["engineer"] * 7, "diagnostician"]
    engineer = next(r for r in server.requests if ROLES["engineer"] in json.dumps(r["system"]))
    assert "the paper fixes everything" in json.dumps(engineer["messages"])
    found = parse(project(read(folder.journal)).artefacts["verdicts"], list[Verdict])
    assert [v.status for v in found] == ["reproduced", "reproduced", "mismatch"]


@pytest.mark.sandbox
async def test_a_planner_that_hands_in_nothing_ends_the_run_with_what_is_owed(
    settings: Settings, server: ModelServer
) -> None:
    server.say(lambda request: text("I am thinking about it"))
    folder, state = await run(Request(agent="code", text=str(coin.COIN), design="paper2code"), settings)
    assert state is RunState.failed
    reason = [e for e in read(folder.journal) if e.kind == "state"][-1].data["reason"]
    assert "still owed: plan, claims" in reason
