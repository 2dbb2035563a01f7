from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_agents.records import Request, RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.start import run
from jupyter_agents.session.state import State, project
from jupyter_agents.settings import Settings, resolve

from .conftest import LINES, Asks

QUESTION = "How are lines fitted when both coordinates have errors?"
SHARED = Path(os.environ.get("JUPYTER_AGENTS_SHARED") or Path(__file__).resolve().parents[3] / "shared")


def state_of(folder: RunFolder) -> State:
    return project(read(folder.journal))


def notebook_of(folder: RunFolder) -> Any:
    """The run's notebook, valid."""
    notebook = nbformat.reads(folder.notebook.read_text(), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    return notebook


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> RunFolder:
    """One review of the demo's papers, done."""
    root = tmp_path_factory.mktemp("reviewed")
    settings = resolve({"runs": str(root / "runs"), "store": str(root / "store"), "cache": str(cache)})
    request = Request(agent="review", text=QUESTION, sources=(str(LINES),))
    folder, ended = asyncio.run(run(request, settings))
    assert ended is RunState.done
    return folder


@pytest.mark.sandbox
def test_a_review_without_a_model_quotes_papers_and_checks_its_quotes(reviewed: RunFolder) -> None:
    report = reviewed.report.read_text()
    assert report.split("\n\n")[1].startswith("**Without a model**")
    evidence = state_of(reviewed).evidence
    assert {e.paper for e in evidence.values()} == {f"local:{p.name}" for p in LINES.iterdir()}
    notebook = notebook_of(reviewed)
    (check,) = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert f"{len(evidence)} of {len(evidence)} quotes found" in check.outputs[0].text
    assert f"{len(evidence)} of {len(evidence)} quotes found" in report


@pytest.mark.sandbox
def test_a_review_leaves_bibliography_and_evidence_as_files(reviewed: RunFolder) -> None:
    evidence = json.loads((reviewed.artifacts / "evidence.json").read_text())
    bibliography = (reviewed.artifacts / "references.bib").read_text()
    assert bibliography.count("@misc{") == 4
    assert "In defence of the bisector" in bibliography
    texts = {p.name: p.read_text() for p in (reviewed.artifacts / "papers").iterdir()}
    for piece in evidence:
        (text,) = [t for name, t in texts.items() if name.startswith(piece["paper"].replace(":", "_"))]
        assert text[piece["span"]["start"] : piece["span"]["end"]] == piece["quote"]


@pytest.mark.sandbox
def test_what_code_quotes_is_never_called_judged(reviewed: RunFolder) -> None:
    judged = state_of(reviewed).artefacts["judged"]["sentences"]
    assert judged
    assert {s["support"] for s in judged} == {"unjudged"}
    result = next(e.data for e in read(reviewed.journal) if e.kind == "report")["result"]
    assert result["enough"] is True
    assert result["disagreements"] == []


@pytest.mark.sandbox
def test_the_check_sees_a_text_that_is_not_the_one_that_was_read(reviewed: RunFolder, tmp_path: Path) -> None:
    notebook = notebook_of(reviewed)
    (check,) = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shutil.copytree(reviewed.artifacts / "papers", tmp_path / "papers")
    changed = next((tmp_path / "papers").iterdir())
    changed.write_text(changed.read_text().replace("errors", "virtues"))
    (tmp_path / "check.py").write_text(check.source)
    said = subprocess.run(
        [sys.executable, "check.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert f"{changed.name} is not beside this notebook, or not as it was read" in said
    assert "not found: ev-" in said


async def test_not_enough_evidence_is_an_answer(settings: Settings, ask: Asks) -> None:
    folder, ended = await run(ask("What is the boiling point of tungsten?"), settings)
    assert ended is RunState.done
    state = state_of(folder)
    assert state.artefacts["answer"]["enough"] is False
    assert not state.evidence
    report = folder.report.read_text()
    assert "**Not enough evidence**" in report
    assert "no paragraph of 4 readable papers speaks of this" in report
    assert not next(e.data for e in read(folder.journal) if e.kind == "report")["preprint"]


async def test_an_unreadable_paper_is_a_recorded_result(settings: Settings, ask: Asks, tmp_path: Path) -> None:
    folder_of_papers = tmp_path / "mixed"
    (folder_of_papers / "good").mkdir(parents=True)
    (folder_of_papers / "good" / "main.tex").write_bytes((LINES / "bisector" / "main.tex").read_bytes())
    (folder_of_papers / "broken.pdf").write_bytes(b"%PDF-1.4 this is none")
    folder, ended = await run(ask(QUESTION, str(folder_of_papers)), settings)
    assert ended is RunState.done
    cards = state_of(folder).papers
    (problem,) = [card["problem"] for card in cards.values() if card.get("problem")]
    assert "broken.pdf" in problem
    assert "could not be read" in folder.report.read_text()
    assert {e.paper for e in state_of(folder).evidence.values()} == {"local:good"}


async def test_sources_that_cannot_be_read_at_all_end_the_run_with_one_sentence(
    settings: Settings, ask: Asks, tmp_path: Path
) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 this is none")
    for source, says in ((str(tmp_path / "broken.pdf"), "none of the sources can be read"), ("nowhere", "nowhere")):
        folder, ended = await run(ask(QUESTION, source), settings)
        assert ended is RunState.failed
        reason = [e.data["reason"] for e in read(folder.journal) if e.kind == "state"][-1]
        assert says in reason
        assert "\n" not in reason


async def test_papers_before_the_wanted_year_are_passed_over(settings: Settings, ask: Asks, tmp_path: Path) -> None:
    for year in (1999, 2020):
        said = "Lines are fitted with errors in both coordinates by weighing the distances of the points."
        (tmp_path / f"p{year}.md").write_text(f"---\ntitle: Lines of {year}\ndate: {year}\n---\n\n{said}\n")
    request = ask(QUESTION, *(str(tmp_path / f"p{year}.md") for year in (1999, 2020)), options={"since": 2010})
    folder, _ = await run(request, settings)
    state = state_of(folder)
    assert {card["year"] for card in state.papers.values()} == {"1999", "2020"}
    assert state.artefacts["selection"]["passed_over"] == [{"paper": "local:p1999", "reason": "before 2010"}]
    assert {e.paper for e in state.evidence.values()} == {"local:p2020"}


@pytest.mark.sandbox
async def test_words_of_a_paper_stay_words_in_report_and_notebook(
    settings: Settings, ask: Asks, tmp_path: Path
) -> None:
    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile" / "main.tex").write_text(
        r"""\documentclass{article}\title{Lines <script>alert(1)</script>}\begin{document}\maketitle
        Lines with errors in both coordinates are fitted by <img src=x onerror=alert(1)> and ![x](http://evil.example/p)
        weighing each distance, and """
        + '"""'
        + r""" + __import__('os') + """
        + '"""'
        + r""" by its error in both coordinates.
        \end{document}"""
    )
    folder, ended = await run(ask(QUESTION, str(tmp_path / "hostile")), settings)
    assert ended is RunState.done
    assert state_of(folder).evidence
    notebook = notebook_of(folder)
    for text in [folder.report.read_text(), *(c.source for c in notebook.cells if c.cell_type == "markdown")]:
        assert not re.search(r"(?<!\\)<(?:script|img)", text)
        assert "![x]" not in text
    (check,) = [cell for cell in notebook.cells if cell.cell_type == "code"]
    compile(check.source, "check", "exec")
    assert "1 of 1 quotes found" in check.outputs[0].text


@pytest.mark.skipif(not (SHARED / "papers" / "hogg_line").is_dir(), reason="the shared papers are not here")
@pytest.mark.sandbox
async def test_on_real_papers_the_quotes_stand_in_the_right_section(settings: Settings, ask: Asks) -> None:
    folder, ended = await run(ask(QUESTION, str(SHARED / "papers")), settings)
    assert ended is RunState.done
    evidence = list(state_of(folder).evidence.values())
    assert {e.paper for e in evidence} == {"local:hogg_line"}
    assert sum("two-dimensional uncertainties" in e.where for e in evidence) >= 3
    assert len(state_of(folder).papers) == 7


async def test_a_question_without_a_telling_word_is_refused(settings: Settings, tmp_path: Path) -> None:
    folder, ended = await run(Request(agent="review", text="what is it?"), settings)
    assert ended is RunState.failed
    assert "no word that could be searched for" in folder.report.read_text()
