"""`jupyter agents` as a person uses it: help, one sentence for what is wrong, real runs in real processes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from jupyter_agents.errors import RunNotFound
from jupyter_agents.interfaces import printing
from jupyter_agents.interfaces.cli import main
from jupyter_agents.interfaces.watching import watch
from jupyter_agents.records import Preprint, RunState, dump
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.state import summary
from jupyter_agents.settings import Settings

from .conftest import WriteRun

CLI = [sys.executable, "-m", "jupyter_agents.interfaces.cli"]
Capture = pytest.CaptureFixture[str]


def run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLI, *words], capture_output=True, text=True, cwd=cwd, stdin=subprocess.DEVNULL, timeout=100
    )


def newest(settings: Settings) -> RunFolder:
    return RunFolder.list_runs(settings.runs_folder)[0]


def until(folder: RunFolder, state: RunState, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while summary(folder).state is not state:
        assert time.monotonic() < end, summary(folder)
        time.sleep(0.05)


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(survey_agent: str, capsys: Capture, words: list[str]) -> None:
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "survey QUESTION" in out
    assert "doctor" in out


def test_help_of_a_command_and_of_a_group(survey_agent: str, capsys: Capture) -> None:
    assert main(["survey", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--since YEAR" in out
    assert "--out NAME" not in out  # a notebook's
    assert main(["runs", "--help"]) == 0
    assert "runs verify RUN" in capsys.readouterr().out
    assert main(["--help-settings"]) == 0
    assert "budget_usd = 5.0" in capsys.readouterr().out
    assert main(["--version"]) == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["surve", "Q"], "did you mean 'survey'"),
        (["survey"], "survey needs QUESTION"),
        (["survey", " "], "survey needs QUESTION"),
        (["runs", "show", ""], "runs show needs RUN"),
        (["survey", "Q", "--source", "/no/such/folder"], "nor a file or folder here"),
        (["survey", "Q", "--papers", "0"], "--papers is '0'"),
        (["survey", "Q", "--design", "gatedloop"], "did you mean 'gated_loop'"),
        (["survey", "Q", "--data", "x"], "a shell has no variables"),
        (["survey", "Q", "--data", "x=missing.csv"], "there is no file or folder missing.csv"),
        (["survey", "Q", "--cell", "abc-1"], "a shell takes a file"),
        (["runs", "show", "nothing"], "there is no run 'nothing'"),
        (["runs", "show", "last"], "there are no runs"),
        (["schema", "paperz"], "unknown schema"),
        (["store", "submit", "missing.json"], "there is no file missing.json"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    survey_agent: str, settings: Settings, capsys: Capture, words: list[str], says: str
) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert RunFolder.list_runs(settings.runs_folder) == []


def test_a_wrong_setting_is_told_with_its_source(survey_agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_AGENTS_SLOTS", "many")
    done = run("runs", "list")
    assert done.returncode == 2
    assert done.stderr == (
        "error: setting 'slots' in the environment is 'many'; wanted: a whole number of runs, at least 1\n"
    )


def test_the_traceback_is_shown_with_debug_only(capsys: Capture) -> None:
    assert main(["runs", "show", "nothing"]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert sys.excepthook is not sys.__excepthook__
    with pytest.raises(RunNotFound):  # which Python then shows as it shows all errors
        main(["runs", "show", "nothing", "--debug"])
    assert sys.excepthook is sys.__excepthook__


def test_an_error_of_our_own_is_one_sentence_too(write_run: WriteRun) -> None:
    folder = write_run([])
    folder.inbox.rmdir()
    folder.inbox.write_text("a file where a folder should be")
    done = run("runs", "stop", folder.id)
    assert done.returncode == 1
    assert re.match(r"error: \w+Error ", done.stderr)
    assert done.stderr.count("\n") == 1
    assert "--debug" in done.stderr


def test_runs_that_cannot_be_kept_are_told_before_anything_begins(
    survey_agent: str, home: Path, capsys: Capture
) -> None:
    (home / "data" / "jupyter_agents").mkdir(parents=True)
    (home / "data" / "jupyter_agents" / "runs").write_text("a file where a folder should be")
    for words in (["runs", "list"], ["runs", "show", "last"], ["survey", "Q"]):
        assert main(words) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert "JUPYTER_AGENTS_RUNS" in err


def test_a_terminal_without_our_characters_shows_others(write_run: WriteRun, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run([("state", {"state": "done", "reason": ""})])
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = run("runs", "list")
    assert done.returncode == 0, done.stderr
    assert "? done" in done.stdout


def test_reading_commands_print_json_that_fits_their_schema(write_run: WriteRun, capsys: Capture) -> None:
    folder = write_run([("state", {"state": "running", "reason": ""})])
    for words, name in (
        (["runs", "list"], "runs"),
        (["runs", "show", "last"], "run"),
        (["runs", "verify", folder.id], "verify"),
        (["runs", "cost", "last"], "cost"),
    ):
        assert main([*words, "--json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed["schema"] == f"jupyter_agents.{name}/1"
        schema = printing.schema(name)
        assert schema["$id"] == printed["schema"]
        assert set(printed) <= set(schema["properties"])
        assert set(schema["required"]) <= set(printed)


def test_every_schema_is_printed(capsys: Capture) -> None:
    assert main(["schema"]) == 0
    for name in capsys.readouterr().out.split():
        assert main(["schema", name]) == 0
        assert json.loads(capsys.readouterr().out)["properties"]["schema"] == {"const": f"jupyter_agents.{name}/1"}


def test_a_damaged_journal_is_exit_code_1(write_run: WriteRun, capsys: Capture) -> None:
    folder = write_run([("state", {"state": "running", "reason": ""})])
    folder.journal.write_bytes(folder.journal.read_bytes().replace(b"running", b"rumming"))
    assert main(["runs", "verify", "last"]) == 1
    assert "NOT whole" in capsys.readouterr().out


def test_a_run_shows_its_progress_and_ends_with_its_report(survey_agent: str, settings: Settings, home: Path) -> None:
    (home / "d.csv").write_text("a\n1\n")
    done = run("survey", "What's", "on \\frac{1}{2} shelf?", "--papers", "3", "--data", "d=d.csv", cwd=home)
    assert done.returncode == 0, done.stderr
    folder = newest(settings)
    request = folder.read_request()
    assert request.text == "What's on \\frac{1}{2} shelf?"
    assert request.options["papers"] == 3
    assert request.options["data"] == ["d"]
    assert (folder.path / "data" / "d.csv").read_text() == "a\n1\n"
    assert "Without a model" in done.stderr
    assert "cell 1: ok: 4 shelves" in done.stderr
    assert "There are four shelves." in done.stdout
    assert str(folder.report) in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_a_failed_run_says_why_and_exits_with_1(survey_agent: str, capsys: Capture) -> None:
    assert main(["survey", "a closed field"]) == 1
    captured = capsys.readouterr()
    assert "this field is closed; ask about another" in captured.out
    assert "Traceback" not in captured.err


def test_in_the_background_only_the_id_is_printed_and_the_run_ends_by_itself(
    survey_agent: str, settings: Settings, capsys: Capture
) -> None:
    assert main(["survey", "shelves", "--background"]) == 0
    assert capsys.readouterr().out == f"{newest(settings).id}\n"
    *_, last = watch(newest(settings))
    assert last.state is RunState.done
    assert last.ending is not None
    assert last.ending.title == "On shelves"


def test_ctrl_c_pauses_within_two_seconds_and_resume_goes_on(
    survey_agent: str, settings: Settings, capsys: Capture
) -> None:
    process = subprocess.Popen([*CLI, "survey", "slowly"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "cell 1" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 2
    assert process.returncode == 1
    folder = newest(settings)
    assert f"jupyter agents runs resume {folder.id}" in err
    until(folder, RunState.paused)
    assert main(["runs", "resume", "last", "--background"]) == 0
    assert "goes on" in capsys.readouterr().out
    until(folder, RunState.running)
    assert main(["runs", "stop", "last"]) == 0
    until(folder, RunState.stopped)
    assert main(["runs", "stop", "last"]) == 2


def test_a_killed_run_shows_as_interrupted_and_resumes_to_its_end(
    survey_agent: str, settings: Settings, capsys: Capture
) -> None:
    main(["survey", "choose slowly", "--background"])
    folder = newest(settings)
    until(folder, RunState.waiting)
    assert main(["runs", "stop", "last", "--now"]) == 0
    until(folder, RunState.interrupted)
    assert main(["runs", "list"]) == 0
    assert "interrupted" in capsys.readouterr().out
    done = run("runs", "resume", "last")
    assert done.returncode == 1  # nobody can answer here
    assert f"runs answer {folder.id} q1 NUMBER" in done.stdout
    assert main(["runs", "answer", "last", "last", "2", "--text", "third"]) == 0
    assert "chosen: other third" in next(
        " ".join(progress.notes) for progress in watch(folder) if "chosen" in " ".join(progress.notes)
    )


def test_at_a_terminal_questions_are_asked_by_numbers(survey_agent: str, settings: Settings) -> None:
    child = pexpect.spawn(sys.executable, [*CLI[1:], "survey", "choose"], encoding="utf-8", timeout=40)
    child.expect("Which shelf\\?")
    child.expect("2. Another")
    child.expect("1–2, or Enter")
    child.sendline("7")
    child.expect("none of the options")
    child.expect("1–2, or Enter")
    child.sendline("2")
    child.expect("your text")
    child.sendline("the third")
    child.expect("chosen: other the third")
    child.expect(re.escape(str(settings.runs_folder)))
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_preprint_that_is_shared_is_found_shown_and_withdrawn(
    survey_agent: str, home: Path, capsys: Capture
) -> None:
    def told(*words: str) -> str:
        assert main(list(words)) == 0
        return capsys.readouterr().out

    preprint = Preprint(
        id="shelves", title="On shelves", abstract="There are four shelves.", body="There are four shelves."
    )
    (home / "p.json").write_text(json.dumps(dump(preprint)))
    told("store", "submit", str(home / "p.json"))
    hits = json.loads(told("store", "search", "four", "shelves", "--json"))
    assert hits["schema"] == "jupyter_agents.hits/1"
    id = hits["hits"][0]["preprint"]
    shown = json.loads(told("store", "show", id, "--json"))
    (home / "p.json").write_text(json.dumps({**shown, "title": "On other shelves", "trust": "reproduced"}))
    again = json.loads(told("store", "submit", str(home / "p.json"), "--json"))
    assert again["trust"] == "unchecked"
    told("store", "withdraw", id, "the", "shelf", "fell")
    assert "WITHDRAWN" in told("store", "show", id)
    assert "passages" in told("store", "rebuild")
    (home / "p.json").write_text("[]")
    assert main(["store", "submit", str(home / "p.json")]) == 2


PAPER = r"""\documentclass{article}
\title{On shelves}
\begin{document}
\section{Results}
We obtain an accuracy of 93.1\% with our counting. We count $4$ shelves \cite{a,b}.
\begin{equation} n = 4 \end{equation}
\begin{thebibliography}{9}
\bibitem{a} A. Author, \emph{Shelves}, 2001.
\bibitem{b} B. Author, \emph{Boards}, 2002.
\end{thebibliography}
\end{document}
"""


def test_a_paper_is_shown_whole(home: Path, capsys: Capture) -> None:
    (home / "shelves.tex").write_text(PAPER)
    assert main(["papers", "show", str(home / "shelves.tex"), "--json"]) == 0
    paper = json.loads(capsys.readouterr().out)
    assert (paper["schema"], paper["title"]) == ("jupyter_agents.paper/1", "On shelves")
    assert paper["cited"] == ["a", "b"]
    assert "n = 4" in paper["equations"][0]["latex"]
    assert {"sections", "paragraphs", "tables", "figures", "references", "missing"} <= set(paper)
    assert main(["papers", "show", str(home / "shelves.tex")]) == 0
    assert "1 equations" in capsys.readouterr().out
    assert main(["papers", "claims", str(home / "shelves.tex"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "jupyter_agents.claims/1"
    assert ["93.1" in claim["value"] for claim in found["claims"]] == [True]
    assert main(["papers", "claims", str(home / "shelves.tex")]) == 0
    assert "accuracy of 93.1" in capsys.readouterr().out
    assert main(["papers", "show", str(home / "none.tex")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
