from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from jupyter_agents.records import Request, RunState, Verdict, parse
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.start import run
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings
from tests.support.coin_engineer import COIN

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]


async def test_a_paper_becomes_a_skeleton_that_runs_with_every_claim_unchecked(settings: Settings) -> None:
    request = Request(agent="code", text=str(COIN), model="none", options={"output": "repository"})
    folder, state = await run(request, settings)
    assert state is RunState.done
    notebook = json.loads(folder.notebook.read_text())
    nbformat.validate(notebook)
    cells = notebook["cells"]
    assert all(c["metadata"]["jupyter_agents"]["status"] == "ok" for c in cells if c["cell_type"] == "code")
    parameters = next(c["source"] for c in cells if "parameters" in c["metadata"].get("tags", []))
    assert "N = 60  # p2" in parameters
    assert "# random_seed: named in p3 without a value" in parameters
    assert "# resamples: named in p3 without a value" in parameters
    text = "\n".join(c["source"] for c in cells)
    assert r"\hat{p} = \frac{k}{N}" in text
    assert "table_1 = pd.DataFrame" in text
    assert "pd.read_csv(work / 'flips.csv')" in text

    found = parse(project(read(folder.journal)).artefacts["verdicts"], list[Verdict])
    assert len(found) == 6
    assert {v.status for v in found} == {"unchecked"}
    assert all("no model was there" in v.reason for v in found)
    report = folder.report.read_text()
    assert "**Without a model**" in report
    assert "6 claims with a number: 6 unchecked" in report
    assert "What a model would add" in report

    repository = folder.artifacts / "repository"
    assert {"run.py", "parameters.py", "values.py", "README.md", "requirements.txt"} <= {
        p.name for p in repository.iterdir()
    }
    assert "pandas==" in (repository / "requirements.txt").read_text()
    for module in repository.glob("*.py"):
        compile(module.read_text(), str(module), "exec")


async def test_a_paper_that_is_not_there_is_one_clear_sentence(settings: Settings, tmp_path: Path) -> None:
    folder, state = await run(Request(agent="code", text=str(tmp_path / "nothing"), model="none"), settings)
    assert state is RunState.failed
    reason = [e for e in read(folder.journal) if e.kind == "state"][-1].data["reason"]
    assert "nothing" in reason
    assert "Traceback" not in folder.report.read_text()


async def test_no_paper_named_says_what_to_name(settings: Settings) -> None:
    folder, state = await run(Request(agent="code", text="  ", model="none"), settings)
    assert state is RunState.failed
    assert "name a paper" in folder.report.read_text()


async def test_a_paper_without_results_says_so_and_data_named_as_sources_are_laid_beside_it(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "more.csv").write_text("x,y\n1,2\n")
    (tmp_path / "data" / "link.csv").symlink_to("/etc/passwd")
    paper = tmp_path / "pure.tex"
    paper.write_text(
        r"\documentclass{amsart}\title{On nothing}\begin{document}\maketitle\section{Main result}"
        r"For every $d>0$ there is a bound. \end{document}"
    )
    request = Request(agent="code", text=str(paper), model="none", sources=("data",), folder=str(tmp_path))
    folder, state = await run(request, settings)
    assert state is RunState.done
    assert sorted(p.name for p in folder.work.iterdir() if p.is_file()) == ["more.csv"]
    assert "more = pd.read_csv(work / 'more.csv')" in "".join(
        c["source"] for c in json.loads(folder.notebook.read_text())["cells"]
    )
    assert "no claim with a number" in folder.report.read_text()
