"""Experiments with a model, from the goal to the report: attempts scored outside the sandbox, tested once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.records import Request, RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.process import work
from jupyter_agents.session.start import run
from jupyter_agents.settings import Settings, resolve
from tests.support.crash import model_results, prefixes
from tests.support.model_replies import text, tools
from tests.support.model_server import ModelServer
from tests.support.outlier_model import (
    BROKEN,
    CONCLUSION,
    LEAST_SQUARES,
    PLAN,
    ROBUST,
    attempt,
    ids,
    line_with_outliers,
    play,
)

pytestmark = pytest.mark.sandbox


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
    folders = {name: str(tmp_path / name) for name in ("runs", "store", "cache")}
    return resolve({**folders, "base_url": server.url})


@pytest.fixture
def line(tmp_path: Path) -> dict[str, Path]:
    return {"line": line_with_outliers(tmp_path / "line.csv")}


def asked(**changes: Any) -> Request:
    options = {"metric": "median_ae", "target": "y", "seeds": 5, "attempts": 4, **changes.pop("options", {})}
    return Request(agent="experiment", text="Does a robust loss win?", options=options, **changes)


def results(server: ModelServer) -> list[str]:
    """Every tool result that the lead was given."""
    blocks = [b for m in server.requests[-1]["messages"] if m["role"] == "user" for b in m["content"]]
    return ["".join(p["text"] for p in b["content"]) for b in blocks if b["type"] == "tool_result"]


def state_of(folder: RunFolder) -> str:
    return str([event.data["reason"] for event in read(folder.journal) if event.kind == "state"][-1])


async def test_a_robust_loss_wins_fairly_and_every_number_has_a_source(
    settings: Settings, server: ModelServer, line: dict[str, Path]
) -> None:
    server.say(
        tools(("look_at_data", {})),
        tools(("submit_plan", {**PLAN, "target": "x"})),
        tools(("submit_plan", PLAN)),
        attempt(LEAST_SQUARES, "least squares"),
        attempt(BROKEN, "a typing error"),
        lambda request: attempt(ROBUST, "soft L1 instead of squares", ids(request)[0]),
        tools(("submit_conclusion", CONCLUSION)),
        lambda request: tools(("submit_attempt", {"id": ids(request)[2], "learned": "outliers matter"})),
        tools(("score_test", {}), ("score_test", {})),
        attempt(ROBUST, "one more, too late"),
        tools(("submit_conclusion", {**CONCLUSION, "answer": "The error is 0.1234 lower."})),
        tools(("submit_conclusion", CONCLUSION)),
        tools(("submit_conclusion", {**CONCLUSION, "stopped_early": "the difference is plain"})),
        text("done"),
    )
    folder, state = await run(asked(), settings, data=line)
    said = results(server)
    assert state is RunState.done, state_of(folder)
    assert "120 rows, 2 columns" in said[0]
    assert "the person asked for the target 'y', not 'x'" in said[1]
    assert "no attribute 'polyfitt'" in said[4]
    assert "call score_test first" in said[6]
    assert "better (lower)" in said[8]
    assert "it is scored once" in said[9]
    assert "no attempt can be made any more" in said[10]
    assert "0.1234: measured numbers are not typed" in said[11]
    assert "3 of 4 planned attempts" in said[12]
    scores = json.loads((folder.artifacts / "scores.json").read_text())
    final, tries = scores["final"], scores["tries"]
    assert [one["status"] for one in tries] == ["ok", "failed", "ok"]
    assert final["pairs"] == 5
    assert final["difference"] + final["half_width"] < 0
    report = folder.report.read_text()
    assert "3 attempts, 2 with a score" in report
    assert f"cell-id={tries[2]['cell']}" in report
    await nothing_was_leaked(folder)


async def nothing_was_leaked(folder: RunFolder) -> None:
    """No label of a validation or test row is in any folder that a kernel saw, nor in what the model read."""
    import pandas as pd

    for place in (folder.path / "work", folder.path / "clean"):
        tables = {path: pd.read_csv(path) for path in place.rglob("predict.csv")}
        assert tables
        assert all("y" not in table.columns for table in tables.values())
    test_rows = set(pd.read_csv(next((folder.path / "clean").glob("test-*/predict.csv")))["row_id"])
    seen = [pd.read_csv(path) for path in folder.path.rglob("train.csv")]
    assert all(not test_rows & set(table["row_id"]) for table in seen)
    assert not list(folder.path.glob("clean/*/line.csv"))


async def test_the_published_tree_makes_drafts_mends_and_improves(
    settings: Settings, server: ModelServer, line: dict[str, Path]
) -> None:
    server.say(play)
    folder, state = await run(asked(design="tree_search", options={"seeds": 1}), settings, data=line)
    assert state is RunState.done, state_of(folder)
    scores = json.loads((folder.artifacts / "scores.json").read_text())
    changes = [(one["change"], one["status"]) for one in scores["tries"]]
    assert changes[0] == ("least squares", "ok")
    assert ("another fit", "failed") in changes
    assert ("soft L1 instead of squares", "ok") in changes
    cells = {c["id"] for c in json.loads(folder.notebook.read_text())["cells"]}
    assert {one["cell"] for one in scores["tries"]} <= cells
    assert "too few to tell" in scores["final"]["says"]


@pytest.mark.soak
@pytest.mark.timeout(3000)
async def test_killed_anywhere_the_tree_ends_the_same_and_pays_nothing_twice(
    settings: Settings, server: ModelServer, line: dict[str, Path], tmp_path: Path
) -> None:
    server.say(play)
    folder, _ = await run(asked(design="tree_search", options={"seeds": 1}), settings, data=line)
    whole = json.loads((folder.artifacts / "scores.json").read_text())
    for n, copy in prefixes(folder, tmp_path / "killed", every=30):
        answered, before = model_results(copy), len(server.requests)
        assert await work(copy) is RunState.done, (n, state_of(copy))
        assert answered + len(server.requests) - before == model_results(copy), n
        again = json.loads((copy.artifacts / "scores.json").read_text())
        assert [t["id"] for t in again["tries"]] == [t["id"] for t in whole["tries"]], n
        assert again["final"]["difference"] == whole["final"]["difference"], n
        shutil.rmtree(copy.path)


EVALUATION = """
import numpy as np
draw = np.random.default_rng(seed)
values = draw.normal(size=200).cumsum() + 1e6
truth = values.astype(np.longdouble).var()
metric("error", abs(float(variance(values) - truth) / float(truth)))
"""
NAIVE = "def variance(x):\n    return (x**2).mean() - x.mean() ** 2"
CHEAT = "def variance(x):\n    return 0.0\ndef metric(name, value):\n    print(name, 0.0)"
TWO_PASS = "def variance(x):\n    return ((x - x.mean()) ** 2).mean()"


async def test_a_goal_without_data_is_measured_by_a_cell_that_no_attempt_changes(
    settings: Settings, server: ModelServer
) -> None:
    plan = {"question": "Which variance is exact?", "baseline": "one pass", "ideas": ["two passes"], "attempts": 3}
    server.say(
        tools(("submit_plan", {**plan, "metric": "error", "evaluation": "metric('error', 1.0)"})),
        tools(("submit_plan", {**plan, "metric": "error", "evaluation": EVALUATION})),
        attempt(NAIVE, "one pass"),
        lambda request: attempt(CHEAT, "a metric of its own", ids(request)[0]),
        lambda request: attempt(TWO_PASS, "two passes", ids(request)[0]),
        lambda request: tools(("submit_attempt", {"id": ids(request)[-1]})),
        tools(("score_test", {})),
        tools(("submit_conclusion", {"answer": "Two passes: {{best}} against {{baseline}}.", "limits": "One case."})),
        text("done"),
    )
    request = Request(agent="experiment", text="Which variance?", options={"attempts": 3, "metric": "error"})
    folder, state = await run(request, settings)
    assert state is RunState.done, state_of(folder)
    assert "must read `seed`" in results(server)[0]
    scores = json.loads((folder.artifacts / "scores.json").read_text())
    values = [one["runs"][0]["value"] for one in scores["tries"]]
    assert values[1] == pytest.approx(1.0)
    assert values[2] < 1e-9 < values[0]
    assert {run["seed"] for run in scores["final"]["best_runs"]} == set(range(1000, 1005))
    cells = {cell["id"]: cell for cell in json.loads(folder.notebook.read_text())["cells"]}
    assert cells[scores["tries"][2]["shown"]]["source"] == EVALUATION


MINE = """
higher_is_better = False
def score(truth, predicted):
    return float(abs(truth - predicted).max())
"""


async def test_a_metric_of_ones_own_runs_in_a_sandbox_of_its_own(
    settings: Settings, server: ModelServer, line: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "worst.py").write_text(MINE)
    server.say(
        tools(("submit_plan", {**PLAN, "metric": "worst", "higher_is_better": True})),
        tools(("submit_plan", {**PLAN, "metric": "worst"})),
        attempt(LEAST_SQUARES, "least squares"),
        lambda request: tools(("submit_attempt", {"id": ids(request)[0]})),
        tools(("score_test", {})),
        tools(("submit_conclusion", {"answer": "It is {{baseline}}.", "limits": "One.", "stopped_early": "a look"})),
        text("done"),
    )
    folder, state = await run(
        asked(folder=str(tmp_path), options={"metric": "worst.py", "seeds": 1}), settings, data=line
    )
    assert state is RunState.done, state_of(folder)
    assert "says higher_is_better = False; so must the plan" in results(server)[0]
    scores = json.loads((folder.artifacts / "scores.json").read_text())
    assert scores["tries"][0]["runs"][0]["value"] > 5
    assert "No attempt was better than the baseline" in folder.report.read_text()
    assert not list((folder.path / "clean").glob("attempt-*/truth.json"))
