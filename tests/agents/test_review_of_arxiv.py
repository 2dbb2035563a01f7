from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_agents.records import Request, RunState
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.start import run
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings, resolve
from tests.support.arxiv_server import ArxivServer, Bad, Listed, arxiv_server

from .conftest import LINES

QUESTION = "Does the bisector need knowledge of the errors?"
BISECTOR = Listed(
    "1801.00001", "In defence of the bisector", abstract="The bisector needs no knowledge of the errors."
)
GONE = Listed("1801.00002", "The bisector and its errors: knowledge withdrawn", abstract="Need of knowledge.")


@pytest.fixture
def arxiv(tmp_path: Path) -> Iterator[ArxivServer]:
    (tmp_path / "arxiv").mkdir()
    with arxiv_server(tmp_path / "arxiv") as server:
        server.put(BISECTOR, "src", gzip.compress((LINES / "bisector" / "main.tex").read_bytes()))
        server.papers.append(GONE)
        yield server


@pytest.fixture
def online(arxiv: ArxivServer, tmp_path: Path) -> Settings:
    folders = {name: str(tmp_path / name) for name in ("runs", "store", "cache")}
    return resolve({**folders, "arxiv_url": arxiv.url, "arxiv_delay_s": 0.0})


@pytest.mark.sandbox
async def test_without_sources_arxiv_is_searched_and_what_fails_is_recorded(
    online: Settings, arxiv: ArxivServer
) -> None:
    request = Request(agent="review", text="bisector knowledge errors", options={"papers": 3})
    folder, ended = await run(request, online)
    assert ended is RunState.done
    state = project(read(folder.journal))
    assert {e.paper for e in state.evidence.values()} == {"arXiv:1801.00001"}
    assert state.papers["arXiv:1801.00002"]["problem"]
    bibliography = (folder.artifacts / "references.bib").read_text()
    assert "eprint = {1801.00001}" in bibliography
    assert "could not be read" in folder.report.read_text()


@pytest.mark.sandbox
async def test_what_a_paper_cites_on_the_question_is_followed(online: Settings, arxiv: ArxivServer) -> None:
    citing = (LINES / "mixture" / "main.tex").read_text()
    citing = citing.replace("2021.", "2021. The line of Deming and outliers. arXiv:2101.00003.")
    citing = citing.replace(
        "\\end{thebibliography}", "\\bibitem{x} A. B. Deming and outliers in print. 1990.\n\\end{thebibliography}"
    )
    arxiv.put(Listed("2301.00004", "Deming outliers mixture"), "src", gzip.compress(citing.encode()))
    arxiv.put(Listed("2101.00003", "Another"), "src", gzip.compress((LINES / "deming" / "main.tex").read_bytes()))
    request = Request(agent="review", text="Deming outliers", options={"papers": 3})
    folder, _ = await run(request, online)
    state = project(read(folder.journal))
    assert set(state.papers) == {"arXiv:2301.00004", "arXiv:2101.00003"}
    assert any("Deming and outliers in print" in line for line in state.artefacts["answer"]["missing"])


async def test_arxiv_out_of_order_is_said_and_is_no_answer(online: Settings, arxiv: ArxivServer) -> None:
    arxiv.bad += [Bad(status=400)] * 20
    folder, ended = await run(Request(agent="review", text=QUESTION), online)
    assert ended is RunState.done
    report = folder.report.read_text()
    assert "**Not enough evidence**" in report
    assert any("arXiv" in e.data["text"] for e in read(folder.journal) if e.kind == "note")
