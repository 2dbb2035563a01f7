"""The parts of the code agent that need no run."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from jupyter_agents.agents._paper_to_code.repository import repository
from jupyter_agents.agents._paper_to_code.skeleton import Draft, skeleton
from jupyter_agents.agents._paper_to_code.table_cells import data_source, table_source
from jupyter_agents.records import Cell
from jupyter_agents.runtime.papers import Paper
from jupyter_agents.runtime.papers.load import load

WORDS = Path(__file__).resolve().parents[1] / "data" / "papers" / "words"


@pytest.fixture
def hostile(tmp_path: Path) -> Paper:
    return load(str(WORDS), cache=tmp_path / "cache")


def of_kind(drafts: tuple[Draft, ...], kind: str) -> list[str]:
    return [draft.source for draft in drafts if draft.kind == kind]


def test_no_words_of_a_paper_leave_their_comment_or_string(hostile: Paper) -> None:
    for source in of_kind(skeleton(hostile, (), Path(), ()), "code"):
        ast.parse(source)


def test_latex_that_could_run_in_a_page_is_shown_as_text(hostile: Paper) -> None:
    texts = of_kind(skeleton(hostile, (), Path(), ()), "markdown")
    linked = next(text for text in texts if "href" in text)
    assert "```latex" in linked
    plain = next(text for text in texts if "a < b" in text)
    assert "```" not in plain
    assert not any("<script>" in text for text in texts)


def test_tables_keep_their_digits_and_run(tmp_path: Path) -> None:
    source = tmp_path / "t.tex"
    source.write_text(
        r"\documentclass{article}\title{T}\begin{document}\section{D}\begin{table}\caption{D.}\begin{tabular}{lrr}"
        r"id & $x$ & note \\ 1 & -0.840 & a \\ 2 & 0.30 & 5 \\ 3 & -- & b \\ \end{tabular}\end{table}\end{document}"
    )
    code = table_source(load(str(source), cache=tmp_path / "cache").tables[0])
    assert "-0.840" in code
    space: dict[str, object] = {"pd": pd}
    exec(code, space)
    frame = next(value for value in space.values() if isinstance(value, pd.DataFrame))
    assert list(frame.iloc[:, 0]) == [1, 2, 3]
    assert frame.iloc[:, 1].isna().tolist() == [False, False, True]
    assert frame.iloc[:, 2].tolist() == ["a", "5", "b"]


@pytest.mark.parametrize(
    ("name", "content", "shape"),
    [
        ("a.csv", "x,y\n1,2\n3,4\n", (2, 2)),
        ("a.dat", "# x & y\n1 & 2\n3 & 4\n5 & 6\n", (3, 2)),
        ("a.txt", "1.0  2.0\n3.0  4.0\n", (2, 2)),
        ("a.tsv", "x\ty\n1\t2\n", (1, 2)),
    ],
)
def test_data_files_are_read_as_they_are_parted(
    tmp_path: Path, name: str, content: str, shape: tuple[int, int]
) -> None:
    (tmp_path / name).write_text(content)
    code = data_source(tmp_path, name)
    space: dict[str, object] = {"pd": pd, "work": tmp_path}
    exec(code, space)
    frame = space["a"]
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == shape


def test_a_file_that_is_no_table_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("some words\nand more of them, here\n")
    assert data_source(tmp_path, "notes.txt") == ""


def test_a_repository_runs_as_the_notebook_did(tmp_path: Path) -> None:
    cells = [
        Cell(id="h0", kind="markdown", source="# Title"),
        Cell(id="p", kind="code", source="n = 3", tags=("parameters",)),
        Cell(id="h1", kind="markdown", source="## 1 Fit"),
        Cell(
            id="f",
            kind="code",
            source="import math\n\ndef double(x):\n    return 2 * x\n\nif n:\n    root = math.sqrt(n)",
        ),
        Cell(id="h2", kind="markdown", source="## Results"),
        Cell(id="r", kind="code", source="claim('c', double(root) ** 2)", provenance={"implements": ["local:x#p3"]}),
    ]
    paper = Paper(id="local:x", version="v1", kind="latex", title="A paper", text="")
    files = repository(cells, paper)
    for name, content in files.items():
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(content)
    assert {"repository/fit.py", "repository/results.py", "repository/parameters.py"} <= set(files)
    assert "Implements local:x#p3" in files["repository/results.py"]
    done = subprocess.run([sys.executable, "run.py"], cwd=tmp_path / "repository", capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.startswith("c = 12.0") or done.stdout.startswith("c = 11.99")
