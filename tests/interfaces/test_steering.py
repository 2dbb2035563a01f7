"""Steering runs from outside: pause, stop, resume, answer, cost, and what cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.errors import InputError, RunNotFound
from jupyter_agents.interfaces import printing, steering
from jupyter_agents.interfaces.watching import Watch
from jupyter_agents.records import Answer, Budget, Option, Question, RunState, Usage, dump, parse
from jupyter_agents.runtime.journal.inbox import Inbox
from jupyter_agents.runtime.journal.lock import RunLock
from jupyter_agents.settings import Settings

from .conftest import WriteRun

RUNNING = ("state", {"state": "running", "reason": ""})
DONE = ("state", {"state": "done", "reason": ""})
QUESTION = Question(
    id="q1",
    title="Which shelf?",
    options=(Option(id="left", label="Left"), Option(id="other", label="Another", wants_text=True)),
)
WAITING = [RUNNING, ("question", dump(QUESTION)), ("state", {"state": "waiting", "reason": "Which shelf?"})]


def test_runs_are_found_by_id_by_its_beginning_and_by_last(settings: Settings, write_run: WriteRun) -> None:
    with pytest.raises(RunNotFound, match="no runs"):
        steering.find(settings, "last")
    folder = write_run([RUNNING])
    assert steering.find(settings, folder.id) == steering.find(settings, "last") == folder
    assert steering.find(settings, folder.id[:-1]) == folder
    with pytest.raises(RunNotFound):
        steering.find(settings, "20000101-000000-aaaa")
    with pytest.raises(RunNotFound):
        steering.find(settings, "../../etc")


def test_a_pause_is_put_into_the_inbox_of_a_run_at_work(write_run: WriteRun) -> None:
    folder = write_run([RUNNING])
    with RunLock.acquire(folder.lock):
        said = steering.pause(folder, "notebook")
    (message,) = Inbox(folder.inbox).unread()
    assert (message.kind, message.author) == ("pause", "notebook")
    assert f"jupyter agents runs resume {folder.id}" in said


@pytest.mark.parametrize("state", ["done", "failed", "stopped", "paused"])
def test_what_does_not_work_cannot_be_paused(write_run: WriteRun, state: str) -> None:
    folder = write_run([RUNNING, ("state", {"state": state, "reason": ""})])
    with pytest.raises(InputError, match=f"is {state}; there is nothing to pause"):
        steering.pause(folder, "shell")
    assert Inbox(folder.inbox).unread() == []


def test_an_ended_run_is_not_stopped_or_resumed(write_run: WriteRun) -> None:
    folder = write_run([RUNNING, DONE])
    with pytest.raises(InputError, match="is done already"):
        steering.stop(folder, "shell")
    with pytest.raises(InputError, match="--from SEQ"):
        steering.resume(folder, "shell")
    with pytest.raises(InputError, match="has 2 events"):
        steering.resume(folder, "shell", from_seq=9)
    with pytest.raises(InputError, match="no process of this machine"):
        steering.stop(write_run([RUNNING]), "shell", now=True)


def test_a_paused_run_that_has_its_process_is_resumed_by_message(write_run: WriteRun) -> None:
    folder = write_run([RUNNING, ("state", {"state": "paused", "reason": "by a person"})])
    with RunLock.acquire(folder.lock):
        resumed = steering.resume(folder, "shell", budget=Budget(usd=9.0))
    assert [message.kind for message in Inbox(folder.inbox).unread()] == ["budget", "resume"]
    assert resumed.after == 2


def test_an_answer_names_an_option_by_number_or_id(write_run: WriteRun) -> None:
    folder = write_run(WAITING)
    with RunLock.acquire(folder.lock):
        assert "goes on" in steering.answer(folder, "shell", "last", "2", "the third")
        steering.answer(folder, "shell", "q1", "left")
    answers = [parse(message.data, Answer) for message in Inbox(folder.inbox).unread()]
    assert answers == [Answer(question="q1", option="other", text="the third"), Answer(question="q1", option="left")]


@pytest.mark.parametrize(
    ("question", "choice", "text", "says"),
    [
        ("last", "3", "", "none of the options: 1 (left), 2 (other)"),
        ("last", "yes please", "", "none of the options"),
        ("q2", "1", "", "does not ask 'q2'; it asks 'q1'"),
        ("q1", "left", "a note", "takes no text"),
    ],
)
def test_bad_answers_lose_nothing(write_run: WriteRun, question: str, choice: str, text: str, says: str) -> None:
    folder = write_run(WAITING)
    with pytest.raises(InputError) as caught:
        steering.answer(folder, "shell", question, choice, text)
    assert says in caught.value.message
    assert Inbox(folder.inbox).unread() == []
    with pytest.raises(InputError, match="asks nothing"):
        steering.answer(write_run([RUNNING]), "shell", "last", "1")


def test_an_answer_to_a_run_without_process_says_how_to_go_on(write_run: WriteRun) -> None:
    folder = write_run(WAITING)
    assert f"runs resume {folder.id}" in steering.answer(folder, "shell", "last", "1")


def test_cost_is_told_by_role_and_model(write_run: WriteRun) -> None:
    usage = dump(Usage(input_tokens=100, output_tokens=10, usd=0.25))
    folder = write_run([RUNNING])
    from jupyter_agents.runtime.journal.journal import Journal

    with Journal.open(folder.journal) as journal:
        for key, role in (("/1:1", "reader"), ("/1:2", "writer"), ("/1:3", "reader")):
            journal.append("intent", {"what": "model", "role": role}, key=key, durable=False)
            journal.append("result", {"what": "model", "usage": usage, "model": "m"}, key=key, durable=False)
        journal.append("possibly_paid", {"key": "/1:4", "usage": usage, "model": "m"}, durable=False)
    cost = steering.cost(folder)
    assert [(line.role, line.calls, line.usage.usd) for line in cost.lines] == [
        ("reader", 2, 0.5),
        ("writer", 1, 0.25),
    ]
    assert (cost.usage.usd, cost.possibly_paid.usd) == (1.0, 0.25)
    assert "possibly paid" in printing.cost_text(cost)


def test_a_changed_journal_is_found(write_run: WriteRun) -> None:
    folder = write_run([RUNNING, DONE])
    assert steering.checked(folder).ok
    folder.journal.write_bytes(folder.journal.read_bytes().replace(b"running", b"rumming"))
    found = steering.checked(folder)
    assert (found.ok, found.first_bad_line) == (False, 1)
    assert "NOT whole: line 1" in printing.verify_text(found)


def test_more_money_changes_only_what_is_named() -> None:
    now = Budget(usd=5.0, tokens=100, steps=10)
    assert steering.more({}, now) is None
    assert steering.more({"budget": 7.5}, now) == Budget(usd=7.5, tokens=100, steps=10)
    assert steering.more({"tokens": 0}, now) == Budget(usd=5.0, tokens=None, steps=10)


def test_a_run_whose_owner_died_shows_as_interrupted(write_run: WriteRun, tmp_path: Path) -> None:
    import subprocess
    import sys

    folder = write_run([RUNNING])
    code = (
        "import os, sys; from pathlib import Path; from jupyter_agents.runtime.journal.lock import RunLock;"
        "RunLock.acquire(Path(sys.argv[1])); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder.lock)], check=True)
    (folder.path / "process.log").write_text("Killed\n")
    progress = Watch(folder).look()
    assert progress.state is RunState.running  # it may take a moment until its process is there
    watch = Watch(folder)
    watch._began -= 60
    assert (watch.look().state, watch.look().reason) == (RunState.interrupted, "Killed")
    listed = steering.listed(Settings(runs=str(folder.path.parent)))
    assert "interrupted" in printing.runs_text(listed)
