"""The doctor tries the real thing and says how to mend what it finds."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from jupyter_agents.interfaces import doctor
from jupyter_agents.interfaces.cli import main
from jupyter_agents.settings import Settings, resolve

Capture = pytest.CaptureFixture[str]


def state_of(diagnosis: doctor.Diagnosis, name: str) -> doctor.Check:
    return next(check for check in diagnosis.checks if check.name == name)


@pytest.mark.sandbox
def test_everything_is_looked_at_and_problems_come_with_a_remedy(settings: Settings, capsys: Capture) -> None:
    code = main(["doctor", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema"] == "jupyter_agents.doctor/1"
    checks = {check["name"]: check for check in printed["checks"]}
    assert {"versions", "packages", "runs", "cache", "kernelspec", "model", "store", "Lab extension"} <= set(checks)
    assert checks["sandbox"]["state"] == "ok"
    assert checks["model"]["state"] == "note"
    assert "ANTHROPIC_API_KEY" in checks["model"]["mend"]
    assert all(check["mend"] for check in printed["checks"] if check["state"] == "problem")
    assert code == int(any(check["state"] == "problem" for check in printed["checks"]))


def test_a_server_that_does_not_answer_is_a_problem(home: Path) -> None:
    settings = resolve({"base_url": "http://127.0.0.1:9"})
    diagnosis = doctor.Diagnosis(checks=tuple(doctor._model(settings)))
    check = state_of(diagnosis, "model")
    assert check.state == "problem"
    assert "127.0.0.1:9" in check.mend
    assert not diagnosis.healthy
    assert "✗ model" in doctor.diagnosis_text(diagnosis)


def test_a_folder_that_cannot_be_written_is_a_problem(home: Path) -> None:
    (home / "file").write_text("")
    settings = resolve({"runs": str(home / "file")})
    check = next(c for c in doctor._folders(settings) if c.name == "runs")
    assert check.state == "problem"
    assert "JUPYTER_AGENTS_RUNS" in check.mend


@pytest.mark.sandbox
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs the system's bubblewrap to be told from none")
def test_a_kernel_that_does_not_exist_is_told(home: Path) -> None:
    (check,) = doctor._sandbox(resolve({"kernel": "no-such-kernel"}))
    assert check.state == "problem"
    assert "no-such-kernel" in check.mend


def test_what_is_tried_in_the_sandbox_fails_outside_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_KEY", "x")

    async def outside() -> None:
        exec(doctor.IN_SANDBOX, {})

    with pytest.raises(AssertionError):
        asyncio.run(outside())
