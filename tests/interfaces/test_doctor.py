"""The doctor tries the real thing and says how to mend what it finds."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import subprocess
import sys
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


@pytest.mark.parametrize("enabled", [True, False])
def test_a_server_extension_is_found_wherever_jupyter_looks(
    home: Path, monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    file = home / "site" / "jupyter_server_config.d" / "jupyter_agents.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"ServerApp": {"jpserver_extensions": {"jupyter_agents": enabled}}}))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(home / "site"))
    check, _ = doctor._lab(resolve({}))
    assert (check.state, bool(check.mend)) == (("ok", False) if enabled else ("note", True))


def test_a_lab_extension_is_told_once_there_is_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(home / "share"))
    _, check = doctor._lab(resolve({}))
    if check.state == "note":  # nothing that a person could do would bring it
        assert (check.mend, "as Markdown" in check.detail) == ("", True)
    package = home / "share" / "labextensions" / "jupyter-agents" / "package.json"
    package.parent.mkdir(parents=True)
    package.write_text(json.dumps({"name": "jupyter-agents", "version": "1", "jupyterlab": {"extension": True}}))
    _, check = doctor._lab(resolve({}))
    assert (check.state, check.detail) == ("ok", str(package.parent))


def test_a_missing_kernelspec_is_mended_by_what_the_doctor_says(home: Path) -> None:
    check = doctor.kernelspec_check({"python3": "/share"}, {"jupyter-agents-sandbox"})
    assert check.state == "problem"
    command = [word.replace("--sys-prefix", f"--prefix={home}") for word in shlex.split(check.mend)]
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    specs = {"python3-sandboxed": str(home / "share" / "jupyter" / "kernels" / "python3-sandboxed")}
    assert (Path(specs["python3-sandboxed"]) / "kernel.json").is_file()
    assert doctor.kernelspec_check(specs, {"jupyter-agents-sandbox"}).state == "ok"


def test_a_missing_provisioner_is_mended_by_installing_again() -> None:
    check = doctor.kernelspec_check({}, set())
    assert check.state == "problem"
    assert re.match(r"pip install .*--no-deps (--editable \S+|jupyter-agents)$", check.mend)


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
