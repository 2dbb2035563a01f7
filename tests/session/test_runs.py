from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.designs import Run
from jupyter_agents.errors import ArxivError, DataError, PaperNotFound, UnknownName
from jupyter_agents.records import Answer, Budget, Event, Request, RunState, changed, dump
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.inbox import Message, post
from jupyter_agents.runtime.journal.journal import read, verify
from jupyter_agents.runtime.journal.state import summary
from jupyter_agents.session.library import library_for
from jupyter_agents.session.opening import main_run, open_engine
from jupyter_agents.session.process import work
from jupyter_agents.session.start import prepare, run
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings
from tests.support.model_replies import busy, cut, refusal, text, tools
from tests.support.model_server import ModelServer


def of_kind(folder: RunFolder, kind: str) -> list[Event]:
    return [event for event in read(folder.journal) if event.kind == kind]


def observations(server: ModelServer) -> list[dict[str, Any]]:
    """All tool results that the model was given, in order."""
    last = server.requests[-1]["messages"]
    return [b for m in last if m["role"] == "user" for b in m["content"] if b["type"] == "tool_result"]


def words(block: dict[str, Any]) -> str:
    return "".join(part["text"] for part in block["content"])


async def test_a_run_without_a_model_says_so_and_ends_done(settings: Settings) -> None:
    folder, state = await run(Request(agent="notes", text="lines"), settings)
    assert state is RunState.done
    assert "**Without a model**" in folder.report.read_text()
    assert [c["text"] for c in project(read(folder.journal)).papers.values()] == ["lines"]
    assert verify(folder.journal).ok
    assert of_kind(folder, "report")[0].data["preprint"]


async def test_a_run_with_a_model_loops_until_its_artefact_passes(with_model: Settings, server: ModelServer) -> None:
    server.say(
        tools(("take_note", {"text": "a"}), ("take_note", {"text": "b"})),
        tools(("submit_summary", {"text": "x"})),
        text("I am done."),
        tools(("submit_summary", {"text": "a and b"})),
        text("Now I am."),
    )
    folder, state = await run(Request(agent="notes", text="lines"), with_model)
    assert state is RunState.done
    assert "too short" in words(observations(server)[2])
    assert "still owed" in str(server.requests[3]["messages"][-1])
    assert project(read(folder.journal)).artefacts["summary"]["text"] == "a and b"
    report = folder.report.read_text()
    assert "**With claude-opus-5-5**" in report


async def test_wrong_arguments_and_failing_tools_are_read_by_the_model(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(
        tools(("take_note", {"txt": "a"}), ("take_note", {"text": 3}), ("take_note", {"text": "bad"}), ("fly", {})),
        tools(("submit_summary", {"text": "nothing worked"})),
        text("done"),
    )
    _, state = await run(Request(agent="notes", text="lines"), with_model)
    assert state is RunState.done
    said = [words(block) for block in observations(server)]
    assert "did you mean 'text'" in said[0]
    assert "$.text" in said[1]
    assert "this note is bad" in said[2]
    assert "there is no tool named 'fly'" in said[3]
    assert all(block["is_error"] for block in observations(server)[:4])


async def test_a_host_off_the_list_is_denied_and_journalled(with_model: Settings, server: ModelServer) -> None:
    server.say(tools(("call_home", {})), tools(("submit_summary", {"text": "denied"})), text("done"))
    folder, _ = await run(Request(agent="notes", text="lines"), with_model)
    assert "elsewhere.example" in words(observations(server)[0])
    intents = [e for e in of_kind(folder, "intent") if e.data["what"] == "act"]
    assert intents[0].data["decision"]["effect"] == "deny"


async def test_the_same_call_again_and_again_is_refused(with_model: Settings, server: ModelServer) -> None:
    server.say(
        *[tools(("submit_summary", {"text": "x"}))] * 3,
        tools(("submit_summary", {"text": "long enough"})),
        text("done"),
    )
    _, state = await run(Request(agent="notes", text="lines"), with_model)
    assert state is RunState.done
    assert "exactly this call" in words(observations(server)[2])


async def test_a_model_that_only_talks_ends_the_run_with_what_is_owed(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(lambda request: text("thinking about it"))
    folder, state = await run(Request(agent="notes", text="lines"), with_model)
    assert state is RunState.failed
    assert "summary: not handed in yet" in of_kind(folder, "state")[-1].data["reason"]
    assert folder.report.exists()


async def test_calls_inside_a_tool_are_journalled_and_replayed_with_it(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(
        tools(("count_notes", {}), ("ask_reader", {"question": "why?"})),
        text("because"),
        tools(("submit_summary", {"text": "counted"})),
        text("done"),
    )
    folder, _ = await run(Request(agent="notes", text="lines"), with_model)
    assert words(observations(server)[1]) == "because"
    asked = len(server.requests)
    await resumed_from_scratch(folder)
    assert len(server.requests) == asked
    assert len(project(read(folder.journal)).papers) == 1


async def resumed_from_scratch(folder: RunFolder) -> None:
    """Work a run again whose end is cut off its journal: everything before is answered from there."""
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    ending = next(i for i, line in enumerate(lines) if b'"kind":"ending"' in line)
    folder.journal.write_bytes(b"".join(lines[:ending]))
    (folder.path / "journal.head").unlink(missing_ok=True)
    assert await work(folder) is RunState.done


async def test_branches_of_another_packages_design_are_scored_and_the_best_is_adopted(settings: Settings) -> None:
    request = Request(agent="notes", text="lines", design="tree", model="none")
    folder = prepare(request, settings)
    assert await work(folder) is RunState.done  # without a model a design is not asked
    assert "branch" not in {event.kind for event in read(folder.journal)}


async def test_a_design_with_branches_replays_to_the_same_state(with_model: Settings, server: ModelServer) -> None:
    folder, state = await run(Request(agent="notes", text="lines", design="tree"), with_model)
    assert state is RunState.done
    first = project(read(folder.journal))
    assert [cell.source for cell in first.cells] == ["# /2b"]
    await resumed_from_scratch(folder)
    again = project(read(folder.journal))
    assert (again.cells, again.artefacts) == (first.cells, first.artefacts)
    assert len(of_kind(folder, "note")) == 1


async def test_a_budget_that_is_used_up_keeps_everything_and_more_money_goes_on(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(tools(("take_note", {"text": "a"})), tools(("submit_summary", {"text": "a at last"})), text("done"))
    folder, state = await run(Request(agent="notes", text="lines", budget=Budget(steps=2)), with_model)
    assert state is RunState.failed
    assert "all 2 steps are used up" in of_kind(folder, "state")[-1].data["reason"]
    assert "- a" in folder.report.read_text()
    post(folder.inbox, Message(kind="budget", data=dump(Budget(steps=50))))
    assert await work(folder) is RunState.done
    assert len(server.requests) == 3


async def test_words_that_join_a_message_already_sent_are_journalled_too(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(
        cut(tools(("take_note", {"text": "half"}))), tools(("submit_summary", {"text": "shorter"})), text("done")
    )
    folder, state = await run(Request(agent="notes", text="lines"), with_model)
    assert state is RunState.done
    asked = [str(e.data["new"]) for e in of_kind(folder, "intent") if e.data["what"] == "model"]
    assert "Take notes on: lines" in asked[0]
    assert "cut off" in asked[1]
    assert "Take notes on" in asked[1], "the message is journalled as it then stood"
    assert "Take notes on" not in asked[2]


async def test_a_model_that_declines_is_followed_by_the_fallback_and_both_are_named(
    with_model: Settings, server: ModelServer
) -> None:
    settings = changed(with_model, fallback_model="claude-sonnet-5-5")
    server.say(refusal("policy"), tools(("submit_summary", {"text": "by another"})), text("done"))
    folder, state = await run(Request(agent="notes", text="lines"), settings)
    assert state is RunState.done
    assert [request["model"] for request in server.requests] == ["claude-opus-5-5", *["claude-sonnet-5-5"] * 2]
    assert summary(folder).models == ("claude-opus-5-5", "claude-sonnet-5-5")


async def test_a_model_that_declines_twice_ends_the_run(with_model: Settings, server: ModelServer) -> None:
    server.say(refusal("policy"), refusal("policy"))
    folder, state = await run(Request(agent="notes", text="lines"), with_model)
    assert state is RunState.failed
    assert "declined" in of_kind(folder, "state")[-1].data["reason"]


async def test_a_model_of_unknown_price_needs_a_bound_in_tokens(with_model: Settings, server: ModelServer) -> None:
    request = Request(agent="notes", text="lines", model="home-grown-1")
    folder, state = await run(request, with_model)
    assert state is RunState.failed
    assert "--tokens" in of_kind(folder, "state")[-1].data["reason"]


async def test_a_server_that_stays_busy_fails_the_run_and_a_resume_asks_again(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(*[busy(retry_after="0")] * 5)
    folder, state = await run(Request(agent="notes", text="lines"), with_model)
    assert state is RunState.failed
    assert of_kind(folder, "call_failed")
    assert not of_kind(folder, "possibly_paid")
    server.say(tools(("submit_summary", {"text": "after all"})), text("done"))
    assert await work(folder) is RunState.done


async def test_copilot_asks_and_takes_an_edited_artefact(with_model: Settings, server: ModelServer) -> None:
    server.say(tools(("submit_summary", {"text": "mine"})), text("done"))
    folder = prepare(Request(agent="notes", text="lines", copilot=True), with_model)
    task = asyncio.create_task(work(folder))
    question = await first_question(folder)
    assert [option["id"] for option in question["options"]] == ["accept", "edit", "redo", "stop"]
    edited = Answer(question=question["id"], option="edit", text='{"text": "yours", "words": 1}')
    post(folder.inbox, Message(kind="answer", data=dump(edited)))
    assert await task is RunState.done
    assert project(read(folder.journal)).artefacts["summary"] == {"text": "yours", "words": 1}


async def first_question(folder: RunFolder) -> dict[str, Any]:
    while True:
        found = of_kind(folder, "question") if folder.journal.exists() else []
        if found:
            question: dict[str, Any] = found[0].data
            return question
        await asyncio.sleep(0.05)


async def test_stop_ends_the_run_with_its_report(settings: Settings) -> None:
    folder = prepare(Request(agent="notes", text="lines"), settings)
    post(folder.inbox, Message(kind="stop"))
    assert await work(folder) is RunState.stopped
    assert "no summary was handed in" in of_kind(folder, "report")[0].data["summary"]


def test_an_unknown_agent_or_design_is_named_before_a_folder_is_made(settings: Settings) -> None:
    with pytest.raises(UnknownName, match="did you mean 'notes'"):
        prepare(Request(agent="note", text=""), settings)
    with pytest.raises(UnknownName, match="gated_loop"):
        prepare(Request(agent="notes", text="", design="gated_lop"), settings)
    assert not Path(settings.runs).exists()


def test_data_that_is_not_there_is_an_error(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'table' is not there"):
        prepare(Request(agent="notes", text=""), settings, {"table": tmp_path / "no.csv"})


async def test_no_key_ever_reaches_a_runs_folder(with_model: Settings, server: ModelServer) -> None:
    server.say(
        tools(("take_note", {"text": f"the key is {server.key}"})),
        tools(("submit_summary", {"text": server.key})),
        text("x"),
    )
    folder, _ = await run(Request(agent="notes", text="lines"), with_model)
    for path in folder.path.rglob("*"):
        assert not path.is_file() or server.key.encode() not in path.read_bytes(), path


async def test_without_its_host_arxiv_is_neither_searched_nor_opened(settings: Settings) -> None:
    library = library_for(Request(agent="notes", text="", sources=("2408.12714",)), changed(settings, hosts=()))
    assert library.local() == ("arXiv:2408.12714",)
    with pytest.raises(ArxivError, match="`hosts`"):
        await library.search("lines")
    with pytest.raises(PaperNotFound, match="may not be asked"):
        await library.open("arXiv:2408.12714")


async def test_the_first_line_says_whether_no_model_was_wanted_or_none_was_there(settings: Settings) -> None:
    asked, _ = await run(Request(agent="notes", text="a", model="none", options={"publish": False}), settings)
    found, _ = await run(Request(agent="notes", text="a", options={"publish": False}), settings)
    assert "as was asked" in asked.report.read_text()
    assert "no key and no server" in found.report.read_text()


async def test_no_more_tasks_are_at_work_than_the_settings_allow(settings: Settings) -> None:
    folder = prepare(Request(agent="notes", text="a", model="none"), changed(settings, parallel=1))
    at_work, most = 0, 0

    async def task(side: Run) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1

    with open_engine(folder) as engine:
        await main_run(engine).gather(task, task, task, limit=3)
    assert most == 1
