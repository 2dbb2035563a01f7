from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.errors import RunDiverged, RunOwned
from jupyter_agents.records import Budget, Request, RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read, verify
from jupyter_agents.runtime.journal.lock import owner
from jupyter_agents.runtime.journal.state import summary
from jupyter_agents.session.process import work
from jupyter_agents.session.services import open_store
from jupyter_agents.session.start import resume, run, start, stop_now
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings
from tests.support.crash import model_intents, model_results, prefixes
from tests.support.model_replies import Reply, text, tools
from tests.support.model_server import ModelServer

PRIVATE = {"publish": False}
"""Nothing for the store, whose opening would take most of each test's time."""
STEPS = (
    tools(("take_note", {"text": "a"}), ("take_note", {"text": "b"})),
    tools(("count_notes", {}), ("ask_reader", {"question": "why?"})),
    tools(("submit_summary", {"text": "x"})),
    tools(("submit_summary", {"text": "a, b and why"})),
    text("done"),
)


def by_turn(request: dict[str, Any]) -> Reply:
    """The lead's next step, by how often it has spoken; the reader always says the same."""
    if "You answer." in str(request["system"]):
        return text("because")
    return STEPS[sum(message["role"] == "assistant" for message in request["messages"])]


async def test_a_run_cut_off_after_any_event_comes_to_the_same_end_and_pays_nothing_twice(
    with_model: Settings, server: ModelServer, tmp_path: Path
) -> None:
    server.say(by_turn)
    folder, state = await run(Request(agent="notes", text="lines", options=PRIVATE), with_model)
    assert state is RunState.done
    whole, in_all = project(read(folder.journal)), len(server.requests)
    for n, copy in prefixes(folder, tmp_path / "cut"):
        recorded, begun, before = model_results(copy), model_intents(copy), len(server.requests)
        ended = any(event.kind == "ending" for event in read(copy.journal))
        assert await work(copy) is RunState.done, n
        again = project(read(copy.journal))
        assert (dict(again.papers), again.artefacts) == (dict(whole.papers), whole.artefacts), n
        assert len(server.requests) - before == in_all - recorded, n
        paid = [event for event in read(copy.journal) if event.kind == "possibly_paid"]
        assert len(paid) == begun - recorded, n
        assert verify(copy.journal).ok, n
        assert ended or summary(copy).cost.tokens >= summary(folder).cost.tokens, n


async def test_a_changed_request_stops_with_the_seq_and_from_goes_on_there(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(by_turn)
    folder, _ = await run(Request(agent="notes", text="lines", options=PRIVATE), with_model)
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    ending = next(i for i, line in enumerate(lines) if b'"kind":"ending"' in line)
    folder.journal.write_bytes(b"".join(lines[:ending]))
    (folder.path / "journal.head").unlink(missing_ok=True)
    request = folder.request.read_text()
    folder.request.write_text(
        request.replace('"text":"lines"', '"text":"curves"').replace('"text": "lines"', '"text": "curves"')
    )
    assert await work(folder) is RunState.failed
    reason = [e for e in read(folder.journal) if e.kind == "state"][-1].data["reason"]
    assert "runs resume RUN --from" in reason
    seq = int(reason.rpartition("--from ")[2].rstrip("`"))
    assert await work(folder, from_seq=seq) is RunState.done


def test_divergence_is_an_error_of_its_own() -> None:
    assert RunDiverged("at seq 3", seq=3).fields == {"seq": 3}


def until(folder: RunFolder, *states: RunState, limit_s: float = 60.0) -> RunState:
    """Wait until a run of another process is in one of these states."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        now = summary(folder).state if folder.journal.exists() else RunState.queued
        if now in states:
            return now
        time.sleep(0.05)
    raise AssertionError(f"{summary(folder)}\n{(folder.path / 'process.log').read_text()}")


async def test_a_run_that_is_killed_after_sharing_its_report_shares_it_once(
    with_model: Settings, server: ModelServer, tmp_path: Path
) -> None:
    server.say(by_turn)
    folder, _ = await run(Request(agent="notes", text="lines"), with_model)
    (*_, (_, copy)) = prefixes(folder, tmp_path / "cut", every=1000)
    assert await work(copy) is RunState.done
    ids = [event.data["preprint"] for f in (folder, copy) for event in read(f.journal) if event.kind == "report"]
    assert len(set(ids)) == 1
    assert len(open_store(with_model).submissions(ids[0])) == 1


@pytest.mark.timeout(400)
async def test_ten_kills_at_any_moment_lose_and_repeat_nothing(with_model: Settings, server: ModelServer) -> None:
    def slowly(request: dict[str, Any]) -> Reply:
        time.sleep(0.15)
        return by_turn(request)

    server.say(slowly)
    rng = random.Random(7)
    kills, runs = 0, 0
    while kills < 10:
        runs += 1
        folder = start(
            Request(agent="notes", text=f"lines {runs}", options=PRIVATE, budget=Budget(usd=50.0)), with_model
        )
        while await asyncio.to_thread(until, folder, RunState.running, RunState.done, RunState.queued):
            await asyncio.sleep(rng.uniform(0.0, 1.2))
            there = owner(folder.lock)
            if kills == 10 or summary(folder).state is RunState.done:
                break
            if there is None:
                continue
            os.kill(there.pid, signal.SIGKILL)
            kills += 1
            await asyncio.to_thread(until, folder, RunState.interrupted, RunState.done)
            if summary(folder).state is RunState.done:
                break
            resume(folder)
        assert await asyncio.to_thread(until, folder, RunState.done) is RunState.done
        events = list(read(folder.journal))
        answered = [e for e in events if e.kind == "result" and e.data["what"] == "model"]
        assert len({event.key for event in answered}) == len(answered) == len(STEPS) + 1
        begun = sum(e.kind == "intent" and e.data["what"] == "model" for e in events)
        assert sum(e.kind == "possibly_paid" for e in events) == begun - len(answered)
        assert project(events).artefacts["summary"]["text"] == "a, b and why"
        assert verify(folder.journal).ok


async def test_a_run_at_work_cannot_be_resumed_a_second_time(with_model: Settings, server: ModelServer) -> None:
    server.say(tools(("take_note", {"text": "slow"})))
    folder = start(Request(agent="notes", text="lines", options=PRIVATE), with_model)
    await asyncio.to_thread(until, folder, RunState.running)
    with pytest.raises(RunOwned, match="at work already"):
        resume(folder)
    assert stop_now(folder)
    await asyncio.to_thread(until, folder, RunState.interrupted)
    assert not stop_now(folder)
