"""A sweep over a person's own cell, without a model, as `experiment GOAL --cell … --sweep …` runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_agents.records import Request, RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.start import run
from jupyter_agents.settings import Settings, resolve

CELL = """
import random
step = 0.5
draw = random.Random(seed)
if step > 2:
    raise ArithmeticError("diverged")
metric("error", step + 0.01 * draw.random() + table["x"].mean())
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folders = {name: str(tmp_path / name) for name in ("runs", "store", "cache")}
    return resolve({**folders, "model": "none"})


def ending(folder: RunFolder) -> str:
    return str([event.data["reason"] for event in read(folder.journal) if event.kind == "state"][-1])


@pytest.mark.sandbox
async def test_a_sweep_measures_every_point_and_keeps_what_failed(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text(CELL)
    (tmp_path / "table.csv").write_text("x\n1\n3\n")
    options = {"cell": "cell.py", "sweep": ["step=0.1,3"], "seeds": 2}
    request = Request(agent="experiment", text="Does step matter?", folder=str(tmp_path), options=options)
    folder, state = await run(request, settings, data={"table": tmp_path / "table.csv"})
    assert state is RunState.done
    report = folder.report.read_text()
    assert "4 runs of the cell, 2 grid points with 2 seeds each" in report
    assert "| step = 3 | 0, 1 | error | ArithmeticError: diverged |" in report
    cells = {cell["id"]: cell for cell in json.loads(folder.notebook.read_text())["cells"]}
    runs = json.loads((folder.artifacts / "runs.json").read_text())
    for one in runs[:2]:
        shown = cells[one["cell"]]["outputs"][0]["data"]["application/vnd.jupyter-agents.value+json"]
        assert shown["value"] == one["values"]["error"] == pytest.approx(2.105, abs=0.006)
        assert f"notebook.ipynb#cell-id={one['cell']}" in report
    assert runs[0]["values"] != runs[1]["values"]
    pictures = [cell for cell in cells.values() if cell["metadata"].get("tags") == ["plot"]]
    assert "image/png" in pictures[0]["outputs"][-1]["data"]


async def test_without_a_model_and_without_a_cell_both_ways_on_are_named(settings: Settings) -> None:
    folder, state = await run(Request(agent="experiment", text="Which is best?"), settings)
    assert state is RunState.failed
    assert "--cell FILE.py" in ending(folder)
    assert "set up a model" in ending(folder)


async def test_a_cell_that_cannot_be_swept_ends_the_run_before_any_kernel(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text("metric('a', 1)")
    options = {"cell": str(tmp_path / "cell.py"), "sweep": ["lr=1,2"]}
    folder, state = await run(Request(agent="experiment", text="x", options=options), settings)
    assert state is RunState.failed
    assert "never reads 'lr'" in ending(folder)
    assert not (folder.path / "clean").exists()
