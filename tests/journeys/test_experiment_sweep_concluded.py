"""A sweep that a person asked for, with a model that only concludes from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.records import Request, RunState
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.start import run
from jupyter_agents.settings import resolve
from tests.support.model_replies import text, tools
from tests.support.model_server import ModelServer

CELL = "metric('error', step * 1.5)"


@pytest.mark.sandbox
@pytest.mark.parametrize("design", ["gated_loop", "tree_search"])
async def test_a_model_concludes_from_a_sweep_and_types_no_number(
    design: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cell.py").write_text(CELL)
    said = {"answer": "The error falls to {{mean2}}.", "limits": "One seed."}
    with ModelServer() as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
        folders = {name: str(tmp_path / name) for name in ("runs", "store", "cache")}
        settings = resolve({**folders, "base_url": server.url, "design": design})
        server.say(
            tools(("look_at_data", {}), ("try_attempt", {"change": "mine", "code": "1"})),
            tools(("submit_conclusion", {**said, "answer": "The error falls to 0.15."})),
            tools(("submit_conclusion", said)),
            text("done"),
        )
        options = {"cell": str(tmp_path / "cell.py"), "sweep": ["step=1,0.1"], "seeds": 1}
        folder, state = await run(Request(agent="experiment", text="Does it fall?", options=options), settings)
        told = str(server.requests[-1]["messages"])
    assert state is RunState.done, [e.data for e in read(folder.journal) if e.kind == "state"][-1]
    assert "nothing else is tried here" in told
    assert "0.15: measured numbers are not typed" in told
    assert "The error falls to [0.15](notebook.ipynb#cell-id=" in folder.report.read_text()
