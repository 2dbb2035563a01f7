from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.records import Request, RunState, Verdict, parse
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
    told = said(server)
    assert "z came out as ▮" in told
    assert not any(number in told for number in ("2.32", "0.0615", "mismatch"))


async def test_whoever_writes_the_code_sees_no_output_before_the_claims_and_only_claims_that_stand_in_the_paper(
    with_model: Settings, server: ModelServer
) -> None:
    early = "print('early look', pd.read_csv('flips.csv')['heads'].mean())"
    wrong = {
        "claims": [
            {**coin.CLAIMS["claims"][0], "quote": "the probability is 0.65 or so"},
            {**coin.CLAIMS["claims"][1], "value": "3.1"},
            {**coin.CLAIMS["claims"][1], "paragraph": "p99"},
        ]
    }
    server.say(
        tools(coin.cell(early, "2")),
        coin.run_added,
        tools(("submit_claims", wrong)),
        *coin.script(),
        structured(coin.DIAGNOSIS),
    )
    _, state = await run(asking(), with_model)
    told = said(server)
    assert state is RunState.done
    assert "early look" not in told.replace("print('early look'", "")
    assert "hand in `claims` first" in told
    assert "do not stand in p5" in told
    assert "'3.1' does not stand in its quote" in told
    assert "the paper has no paragraph 'p99'" in told
    assert "two claims are named 'z'" in told


async def test_values_that_are_typed_or_do_not_move_or_come_from_less_are_unchecked(
    with_model: Settings, server: ModelServer
) -> None:
    fit = "p = k / N\nclaim('p_heads', 0.65)\nclaim('p_heads-uncertainty', float(np.sqrt(sum([10, 12]) / 5803)))"
    code = {**coin.CODE, "reduced": [{"claim": "z", "why": "only the first series"}]}
    drawn = "np.random.default_rng(seed).choice(flips['heads'], N).mean()"
    seeds = f"for seed in range(5):\n    claim('z', {drawn})"
    random = {"claims": [coin.CLAIMS["claims"][0], {**coin.CLAIMS["claims"][1], "kind": "stochastic"}]}
    server.say(*coin.script(fit=fit, z=seeds, code=code, claims=random))
    folder, _ = await run(asking(), with_model)
    found = verdicts(project(read(folder.journal)))
    tried = {p["claim"]: p for p in project(read(folder.journal)).artefacts["perturbations"]["tried"]}
    assert len(tried["z"]["before"]) == len(tried["z"]["after"]) == 5
    assert found["z"].seeds == 5
    assert {v.status for v in found.values()} == {"unchecked"}
    assert "typed into the code" in found["p_heads"].reason
    assert "does not move when flips.csv is perturbed" in found["p_heads-uncertainty"].reason
    assert "only the first series" in found["z"].reason
    assert "diagnosis" not in project(read(folder.journal)).artefacts


async def test_a_failing_cell_is_shown_and_what_is_owed_is_said(with_model: Settings, server: ModelServer) -> None:
    server.say(
        *coin.script()[:2],
        tools(coin.cell(coin.PARAMETERS, tags=["parameters"]), coin.cell("1 / 0", "2")),
        coin.run_added,
        tools(("edit_cell", {"id": "unknown", "source": "x"})),
        tools(("submit_code", coin.CODE)),
        *[text("I stop.")] * 5,
    )
    folder, state = await run(asking(), with_model)
    assert state is RunState.failed
    told = said(server)
    assert "ZeroDivisionError" in told
    assert "there is no cell 'unknown'" in told
    assert "no cell calls claim('p_heads', …)" in told
    assert "No clean run was made" in folder.report.read_text()


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
