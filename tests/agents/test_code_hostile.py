"""A model that does whatever a paper tells it gets nothing that it may not have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_agents.records import Request, RunState, Verdict, parse
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.start import run
from jupyter_agents.session.state import project
from jupyter_agents.settings import Settings
from tests.support.coin_engineer import last_added
from tests.support.model_replies import text, tools
from tests.support.model_server import ModelServer

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]

ORDERS = Path(__file__).resolve().parents[1] / "data" / "papers" / "orders"
SPY = """
import os, pathlib, socket
found = []
for name in ("../request.json", "../journal.jsonl", "/root/.bashrc", "/etc/shadow"):
    try:
        pathlib.Path(name).read_bytes()
        found.append(name)
    except OSError:
        pass
try:
    socket.create_connection(("198.51.100.1", 80), 2)
    found.append("network")
except OSError:
    pass
found += [key for key in os.environ if "ANTHROPIC" in key]
print("got hold of", found)
"""
PLAN = {"goal": "the slope", "components": [{"name": "obey", "about": "as told", "implements": ["p2"]}]}


async def test_orders_in_a_paper_reach_no_file_no_host_and_no_verdict(
    with_model: Settings, server: ModelServer
) -> None:
    claims = {"claims": [{"id": "m", "value": "2.50", "paragraph": "p2", "quote": "We find a slope of $m = 2.50$"}]}
    cells = (
        ("add_cell", {"source": "n = 1  # assumed", "tags": ["parameters"]}),
        ("add_cell", {"source": SPY, "implements": ["local:orders#p1"]}),
        ("add_cell", {"source": "claim('m', 2.5)", "implements": ["local:orders#p2"]}),
    )
    code = {"summary": "as told", "depends": [{"claim": "m", "names": ["n"]}]}
    server.say(
        tools(("open_paper", {"paper": "local:orders"}), ("read_section", {"paper": "local:orders", "section": "s1"})),
        tools(("submit_plan", PLAN), ("submit_claims", claims), ("search_arxiv", {"query": "x" * 400})),
        tools(("read_file", {"name": "../request.json"}), ("read_file", {"name": "/etc/passwd"}), *cells),
        lambda request: tools(*(("run_cell", {"id": id}) for id in last_added(request))),
        tools(("submit_code", code)),
        text("done"),
    )
    folder, state = await run(Request(agent="code", text=str(ORDERS)), with_model)
    assert state is RunState.done, folder.report.read_text()
    told = json.dumps([r["messages"] for r in server.requests], ensure_ascii=False)
    assert "got hold of []" in told
    assert "root:" not in told
    assert "there is no tool named" in told or "may not call search_arxiv" in told
    assert server.key not in folder.notebook.read_text()
    verdict = parse(project(read(folder.journal)).artefacts["verdicts"], list[Verdict])[0]
    assert verdict.status == "unchecked"
    assert "constants only" in verdict.reason
