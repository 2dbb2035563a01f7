"""A review as a researcher starts it in a shell, and one whose process is killed in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.records import Request, RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read, verify
from jupyter_agents.runtime.journal.lock import owner
from jupyter_agents.runtime.journal.state import summary
from jupyter_agents.runtime.kernel.bubblewrap import find
from jupyter_agents.session.start import resume, start
from jupyter_agents.session.state import project
from jupyter_agents.settings import resolve
from tests.support.model_replies import Reply
from tests.support.model_server import ModelServer
from tests.support.review_model import QUOTES, play, role_of

LINES = Path(__file__).resolve().parents[2] / "demo_notebooks" / "papers" / "fitting_lines"
QUESTION = "How are lines fitted when both coordinates have errors?"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.mark.sandbox
@pytest.mark.timeout(400)
def test_a_review_in_a_shell_answers_with_quotes_and_says_that_no_model_was_used(tmp_path: Path) -> None:
    folders = {f"JUPYTER_AGENTS_{name.upper()}": str(tmp_path / name) for name in ("runs", "store", "cache")}

    def shell(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "jupyter_agents.interfaces.cli", *words]
        return subprocess.run(command, env={**os.environ, **folders}, capture_output=True, text=True, check=False)

    asked = shell("review", QUESTION, "--source", str(LINES), "--papers", "3")
    assert asked.returncode == 0, asked.stderr
    assert "Without a model" in asked.stdout
    shown = json.loads(shell("runs", "show", "last", "--json").stdout)
    assert shown["state"] == "done"
    (run,) = [path for path in (tmp_path / "runs").iterdir() if (path / "request.json").is_file()]
    assert (run / "notebook.ipynb").is_file()
    selection = project(read(RunFolder(run).journal)).artefacts["selection"]
    assert len(selection["read"]) == 3
    nothing = shell("review", QUESTION, "--source", str(tmp_path / "nowhere"))
    assert nothing.returncode != 0
    assert "Traceback" not in nothing.stderr + nothing.stdout
    assert "nowhere" in nothing.stderr + nothing.stdout


@pytest.mark.sandbox
@pytest.mark.timeout(400)
def test_where_no_sandbox_can_be_set_up_a_review_works_and_says_what_was_not_run(tmp_path: Path) -> None:
    folders = {f"JUPYTER_AGENTS_{name.upper()}": str(tmp_path / name) for name in ("runs", "store", "cache")}
    confined = [find(), "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-user", "--disable-userns"]
    command = [sys.executable, "-m", "jupyter_agents.interfaces.cli", "review", QUESTION, "--source", str(LINES)]
    done = subprocess.run(
        [*confined, "--cap-drop", "ALL", *command],
        env={**os.environ, **folders}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "the cell that checks the quotes was not run" in done.stdout + done.stderr
    (run,) = [path for path in (tmp_path / "runs").iterdir() if (path / "request.json").is_file()]
    report = (run / "report.md").read_text()
    assert "was **not run**: no sandbox could be set up" in report
    assert "Each of the 10 quotes was found in its paper" in report


@pytest.mark.sandbox
@pytest.mark.timeout(400)
@pytest.mark.parametrize("role", ["reader", "judge"])
async def test_a_review_killed_while_somebody_answers_goes_on_where_it_was(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, role: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
    folders = {name: str(tmp_path / name) for name in ("runs", "store", "cache")}
    held = asyncio.Event()
    loop = asyncio.get_running_loop()

    def until_killed(request: dict[str, Any]) -> Reply:
        if role_of(request) == role and not held.is_set():
            loop.call_soon_threadsafe(held.set)
            time.sleep(1.0)
        return play(request)

    server.say(until_killed)
    settings = resolve({**folders, "base_url": server.url})
    folder = start(Request(agent="review", text=QUESTION, sources=(str(LINES),)), settings)
    await asyncio.wait_for(held.wait(), 180)
    there = owner(folder.lock)
    assert there is not None
    os.kill(there.pid, signal.SIGKILL)
    while summary(folder).state is not RunState.interrupted:
        await asyncio.sleep(0.1)
    resume(folder)
    while summary(folder).state is not RunState.done:
        await asyncio.sleep(0.2)
    events = list(read(folder.journal))
    answered = [e.key for e in events if e.kind == "result" and e.data["what"] == "model"]
    assert len(set(answered)) == len(answered)
    assert any(e.kind == "possibly_paid" for e in events)
    state = project(events)
    assert sorted(e.quote[:20] for e in state.evidence.values()) == sorted(
        quote[:20] for quotes in QUOTES.values() for quote in quotes
    )
    assert [s["support"] for s in state.artefacts["judged"]["sentences"]][1] == "partial"
    assert "quotes found where they are said to stand" in folder.report.read_text()
    assert verify(folder.journal).ok
