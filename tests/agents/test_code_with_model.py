from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.records import Json, Request, RunState, Verdict, parse
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.session.process import work
from jupyter_agents.session.start import run
from jupyter_agents.session.state import State, project
from jupyter_agents.settings import Settings
from tests.support import coin_engineer as coin
from tests.support.crash import model_intents, model_results, prefixes
from tests.support.model_replies import structured, text, tools
from tests.support.model_server import ModelServer

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]


def asking(**changes: Any) -> Request:
    return Request(agent="code", text=str(coin.COIN), **changes)


def verdicts(state: State) -> dict[str, Verdict]:
    return {v.claim: v for v in parse(state.artefacts["verdicts"], list[Verdict])}


def said(server: ModelServer) -> str:
    """Everything that the code-writing conversation was told."""
    engineers = [r for r in server.requests if "You turn a paper into a notebook" in json.dumps(r.get("system"))]
    return json.dumps([m for r in engineers for m in r["messages"] if m["role"] == "user"], ensure_ascii=False)


async def test_true_claims_are_reproduced_and_a_wrong_one_is_a_mismatch(
    with_model: Settings, server: ModelServer
) -> None:
    server.say(*coin.script(), structured(coin.DIAGNOSIS))
    folder, state = await run(asking(), with_model)
    assert state is RunState.done, (folder.path / "report.md").read_text()
    found = verdicts(project(read(folder.journal)))
    assert {id: v.status for id, v in found.items()} == {
        "p_heads": "reproduced",
        "p_heads-uncertainty": "reproduced",
        "z": "mismatch",
    }
    assert found["p_heads"].measured == "0.65"
    assert found["p_heads"].cell in {c["id"] for c in json.loads(folder.notebook.read_text())["cells"]}
    report = folder.report.read_text()
    assert "Where the mismatches may come from" in report
    assert "does not follow from the formula" in report
    assert "how many resamples?" in report


async def test_whoever_writes_the_code_never_sees_how_far_off_it_is(with_model: Settings, server: ModelServer) -> None:
    server.say(*coin.script(), structured(coin.DIAGNOSIS))
    await run(asking(), with_model)
    told = said(server)
    assert "z came out as ▮" in told
    assert "2.32" not in told
    assert "0.0615" not in told
    assert "mismatch" not in told


async def test_outputs_stay_hidden_until_the_claims_are_handed_in(with_model: Settings, server: ModelServer) -> None:
    early = "import pandas as pd\nprint('early look', pd.read_csv('flips.csv')['heads'].mean())"
    server.say(tools(coin.cell(early, "2")), coin.run_added, *coin.script(), structured(coin.DIAGNOSIS))
    await run(asking(), with_model)
    assert "early look" not in said(server).replace("print('early look'", "")
    assert "hand in `claims` first" in said(server)


async def test_a_typed_value_is_unchecked_however_right_it_is(with_model: Settings, server: ModelServer) -> None:
    typed = "p = k / N\nclaim('p_heads', 0.65)\nclaim('p_heads-uncertainty', np.sqrt(p * (1 - p) / N))"
    server.say(*coin.script(fit=typed), structured(coin.DIAGNOSIS))
    folder, _ = await run(asking(), with_model)
    found = verdicts(project(read(folder.journal)))
    assert found["p_heads"].status == "unchecked"
    assert "typed into the code" in found["p_heads"].reason
    assert found["p_heads-uncertainty"].status == "reproduced"


async def test_a_value_that_does_not_move_with_its_data_is_unchecked(
    with_model: Settings, server: ModelServer
) -> None:
    hidden = "p = k / N\nclaim('p_heads', sum([13, 26]) / (N * 1.0))\nclaim('p_heads-uncertainty', np.sqrt(p*(1-p)/N))"
    server.say(*coin.script(fit=hidden), structured(coin.DIAGNOSIS))
    folder, _ = await run(asking(), with_model)
    found = verdicts(project(read(folder.journal)))
    assert found["p_heads"].status == "unchecked"
    assert "does not move when flips.csv is perturbed" in found["p_heads"].reason


async def test_a_claim_at_reduced_scale_says_so(with_model: Settings, server: ModelServer) -> None:
    code = {**coin.CODE, "reduced": [{"claim": "p_heads", "why": "only the first series"}]}
    server.say(*coin.script(code=code), structured(coin.DIAGNOSIS))
    folder, _ = await run(asking(), with_model)
    found = verdicts(project(read(folder.journal)))
    assert found["p_heads"].status == "unchecked"
    assert "only the first series" in found["p_heads"].reason
    assert "only the first series" in found["p_heads-uncertainty"].reason


async def test_a_failing_cell_is_repaired_and_what_is_owed_is_said(with_model: Settings, server: ModelServer) -> None:
    steps = coin.script()
    broken = tools(*(coin.cell(*each) for each in ((coin.PARAMETERS,),)))

    def mend(request: Json) -> Any:
        return tools(("edit_cell", {"id": "unknown", "source": "x"}))

    server.say(
        *steps[:2],
        tools(coin.cell(coin.PARAMETERS, tags=["parameters"]), coin.cell("1 / 0", "2")),
        coin.run_added,
        mend,
        tools(("submit_code", coin.CODE)),
        text("I stop."),
        text("I stop."),
        text("I stop."),
        text("I stop."),
        text("I stop."),
    )
    folder, state = await run(asking(), with_model)
    assert state is RunState.failed
    assert broken
    told = said(server)
    assert "ZeroDivisionError" in told
    assert "there is no cell 'unknown'" in told
    assert "no cell calls claim('p_heads', …)" in told
    assert folder.report.exists()
    assert "No clean run was made" in folder.report.read_text()


async def test_claims_that_do_not_stand_in_the_paper_are_sent_back(with_model: Settings, server: ModelServer) -> None:
    wrong = {
        "claims": [
            {**coin.CLAIMS["claims"][0], "quote": "the probability is 0.65 or so"},
            {**coin.CLAIMS["claims"][1], "value": "3.1"},
            {**coin.CLAIMS["claims"][1], "paragraph": "p99"},
        ]
    }
    server.say(tools(("submit_claims", wrong)), *coin.script(), structured(coin.DIAGNOSIS))
    _, state = await run(asking(), with_model)
    told = said(server)
    assert state is RunState.done
    assert "do not stand in p5" in told
    assert "'3.1' does not stand in its quote" in told
    assert "the paper has no paragraph 'p99'" in told
    assert "two claims are named 'z'" in told


@pytest.mark.timeout(600)
@pytest.mark.soak
async def test_a_run_cut_at_any_event_ends_the_same_and_pays_nothing_twice(
    with_model: Settings, server: ModelServer, tmp_path: Path
) -> None:
    server.say(*coin.script(), structured(coin.DIAGNOSIS))
    folder, _ = await run(asking(), with_model)
    whole = verdicts(project(read(folder.journal)))
    asked = model_results(folder)
    for _, cut in prefixes(folder, tmp_path / "cuts", every=9):
        paid, begun = model_results(cut), model_intents(cut)
        rest = [*coin.script(), structured(coin.DIAGNOSIS)][paid:]
        before = len(server.requests)
        server.say(*rest)
        assert await work(cut) is RunState.done
        assert len(server.requests) - before == asked - paid
        assert begun >= paid
        assert verdicts(project(read(cut.journal))) == whole


def folder_text(folder: RunFolder) -> str:
    return folder.report.read_text()
