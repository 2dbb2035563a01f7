from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from jupyter_agents.records import Answer, Budget, Question, Request, RunState, Usage, dumps
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import Journal
from jupyter_agents.runtime.journal.lock import RunLock
from jupyter_agents.runtime.journal.process import Owner, me
from jupyter_agents.runtime.journal.state import summary


def journal_state(folder: RunFolder, state: str, reason: str = "") -> None:
    with Journal.open(folder.journal) as journal:
        journal.append("state", {"state": state, "reason": reason}, durable=True)


def owned_by(folder: RunFolder, **fields: object) -> None:
    other = msgspec.convert(msgspec.to_builtins(me()) | fields, Owner)
    folder.lock.write_text(dumps(other))


def test_run_that_did_not_begin_is_queued(folder: RunFolder) -> None:
    found = summary(folder)
    assert (found.state, found.started, found.events) == (RunState.queued, "", 0)
    assert (found.id, found.agent, found.text) == (folder.id, "review", "Which fit is robust?")


def test_live_owner_shows_as_journalled(folder: RunFolder) -> None:
    journal_state(folder, "running")
    with RunLock.acquire(folder.lock) as lock:
        found = summary(folder)
        assert (found.state, found.pid, found.host) == (RunState.running, lock.owner.pid, lock.owner.host)
        assert found.elsewhere is False


@pytest.mark.parametrize("state", ["queued", "running", "waiting", "paused"])
def test_dead_owner_shows_as_interrupted(folder: RunFolder, state: str) -> None:
    journal_state(folder, state)
    owned_by(folder, pid=2**22 + 1)
    assert summary(folder).state is RunState.interrupted


@pytest.mark.parametrize("state", ["done", "failed", "stopped"])
def test_run_that_ended_stays_ended_whatever_became_of_its_owner(folder: RunFolder, state: str) -> None:
    journal_state(folder, state)
    owned_by(folder, pid=2**22 + 1)
    assert summary(folder).state == state


@pytest.mark.parametrize("state", ["waiting", "paused"])
def test_orderly_exit_keeps_its_state(folder: RunFolder, state: str) -> None:
    journal_state(folder, state)
    assert summary(folder).state == state


def test_another_hosts_run_is_as_journalled_and_said_to_be_elsewhere(folder: RunFolder) -> None:
    journal_state(folder, "running")
    with RunLock.acquire(folder.lock):
        found = summary(folder, host="another")
    assert (found.state, found.elsewhere) == (RunState.running, True)
    assert found.heartbeat_age_s is not None
    assert found.heartbeat_age_s < 60


def test_cost_budget_and_answering_models_are_summed_up(folder: RunFolder) -> None:
    with Journal.open(folder.journal) as journal:
        for model, usd in (("b", 0.25), ("a", 0.5), ("b", 0.25)):
            journal.append("reply", {"model": model, "usage": Usage(input_tokens=10, usd=usd)}, durable=False)
        journal.append("budget", Budget(usd=9.0), durable=False)
        found = summary(folder)
        assert (found.cost.usd, found.cost.input_tokens, found.models) == (1.0, 30, ("b", "a"))
        assert found.budget.usd == 9.0
        journal.append("reply", {"model": "c", "usage": {"usd": None}}, durable=False)
    found = summary(folder)
    assert found.cost.usd is None
    assert (found.models, found.events) == (("b", "a", "c"), 5)


def test_question_shows_until_it_is_answered(folder: RunFolder) -> None:
    question = Question(id="q1", title="Run this?")
    with Journal.open(folder.journal) as journal:
        journal.append("question", question, durable=True)
        assert summary(folder).question == question
        journal.append("answer", Answer(question="another", option="yes"), durable=True)
        assert summary(folder).question == question
        journal.append("answer", Answer(question="q1", option="yes"), durable=True)
        assert summary(folder).question is None


def test_failure_is_a_sentence(folder: RunFolder) -> None:
    journal_state(folder, "failed", "the model declined to answer")
    assert summary(folder).failure == "the model declined to answer"


def test_damaged_journal_is_told_up_to_the_damage(folder: RunFolder) -> None:
    journal_state(folder, "running")
    journal_state(folder, "done")
    folder.journal.write_bytes(folder.journal.read_bytes().replace(b"done", b"gone"))
    found = summary(folder)
    assert found.state is RunState.running
    assert "line 2" in found.damaged


def test_second_look_at_a_long_journal_reads_only_what_is_new(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, Request(agent="a", text="t"), {})
    with Journal.open(folder.journal) as journal:
        for _ in range(5000):
            journal.append("note", {"text": "x" * 200}, durable=False)
        start = time.perf_counter()
        summary(folder)
        first = time.perf_counter() - start
        journal.append("state", {"state": "done"}, durable=False)
        start = time.perf_counter()
        assert summary(folder).state is RunState.done
        assert time.perf_counter() - start < first / 3
