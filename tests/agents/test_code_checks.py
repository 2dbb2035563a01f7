"""What code says of a plan, and what a person is asked under `--copilot`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_agents.records import Answer, Request, RunState, dump
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.inbox import Message, post
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.process import work
from jupyter_agents.session.start import prepare
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings
from tests.support import coin_engineer as coin
from tests.support.model_replies import structured, text, tools
from tests.support.model_server import ModelServer

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]

ASKED = {"question": "How many resamples?", "assumption": "none are drawn", "others": ["2000"]}
BAD_PLAN = {
    "goal": " ",
    "components": [
        {"name": "late", "about": "x", "implements": ["p3"], "needs": ["early"]},
        {"name": "early", "about": "x", "implements": ["p99"]},
        {"name": "not a name", "about": "x", "implements": []},
    ],
}


def questions(folder: RunFolder) -> list[dict[str, Any]]:
    return [e.data for e in read(folder.journal) if e.kind == "question"] if folder.journal.exists() else []


async def answer_all(folder: RunFolder) -> None:
    """A person who chooses the other answer where one is offered, and accepts everything else."""
    done = 0
    while True:
        for question in questions(folder)[done:]:
            ids = [option["id"] for option in question["options"]]
            chosen = "other1" if "other1" in ids else "accept"
            post(folder.inbox, Message(kind="answer", data=dump(Answer(question=question["id"], option=chosen))))
            done += 1
        await asyncio.sleep(0.1)


async def test_a_person_settles_what_is_unclear_and_a_bad_plan_comes_back(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(tools(("ask_unclear", ASKED), ("submit_plan", BAD_PLAN)), *coin.script(), structured(coin.DIAGNOSIS))
    folder = prepare(Request(agent="code", text=str(coin.COIN), copilot=True), with_model)
    person = asyncio.create_task(answer_all(folder))
    state = await work(folder)
    person.cancel()
    assert state is RunState.done, folder.report.read_text()
    told = str([r["messages"] for r in server.requests])
    assert "a person says: 2000" in told
    for problem in (
        "say in `goal`",
        "late needs early, which must come before it",
        "early: the paper has no part 'p99'",
        "'not a name' needs a Python identifier",
    ):
        assert problem in told
    assert [q["title"] for q in questions(folder)][1:] == [f"{n}: accept it?" for n in ("plan", "claims", "code")]
    assert project(read(folder.journal)).artefacts["unclear"][0]["by"] == "a person"
    assert "| How many resamples? | 2000 | a person |" in folder.report.read_text()


async def test_outputs_hide_claims_but_ids_and_words_stay(with_model: Settings, server: ModelServer) -> None:
    fit = coin.FIT + "\nopen('seen.txt', 'w').write(f'p is {p}, sigma is {sigma}')"
    steps = coin.script(fit=fit)
    look = tools(("read_file", {"name": "seen.txt"}), ("read_notebook", {}), ("list_files", {}))
    server.say(*steps[:4], look, *steps[4:], text("done"))
    folder = prepare(Request(agent="code", text=str(coin.COIN)), with_model)
    server.say(structured(coin.DIAGNOSIS))
    await work(folder)
    engineers = [r for r in server.requests if "You turn a paper" in str(r["system"])]
    told = str([r["messages"] for r in engineers])
    assert "p is ▮, sigma is ▮" in told
    assert "0.0615" not in told
    assert "flips.csv" in told
    assert all(cell.id in told for cell in project(read(folder.journal)).cells[2:7])
