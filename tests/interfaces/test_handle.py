"""The handle that `%agent` gives back, read from a run's files."""

from __future__ import annotations

from jupyter_agents.interfaces.handle import RunHandle
from jupyter_agents.interfaces.views import MIME
from jupyter_agents.records import Claim, Evidence, RunState, Span, Usage, Verdict, dump

from .conftest import WriteRun

EVIDENCE = Evidence(
    id="ev-1", paper="local:a", version="v1", paragraph="p1", where="1", quote="four", span=Span(start=0, end=4)
)
ENDING = {
    "title": "On shelves",
    "summary": "Four.",
    "result": {"n": 4},
    "files": ["references.bib"],
    "claims": [dump(Claim(id="k1", value="4")), dump(Claim(id="k2", value="5"))],
    "verdicts": [dump(Verdict(claim="k1", status="reproduced"))],
}


def test_everything_of_an_ended_run_is_at_hand(write_run: WriteRun) -> None:
    usage = Usage(input_tokens=10, usd=0.5)
    folder = write_run(
        [
            ("state", {"state": "running", "reason": ""}),
            ("evidence", dump(EVIDENCE)),
            ("result", {"what": "model", "usage": dump(usage), "model": "m", "hash": "", "value": None}),
            ("report", ENDING),
            ("state", {"state": "done", "reason": ""}),
        ]
    )
    folder.report.write_text("# On shelves\n")
    folder.notebook.write_text("{}")
    run = RunHandle(folder)
    assert (run.id, run.folder, run.state) == (folder.id, folder.path, RunState.done)
    assert run.result == {"n": 4}
    assert run.report == "# On shelves\n"
    assert run.notebook == folder.notebook
    assert run.evidence == (EVIDENCE,)
    assert [(c.claim.id, c.verdict.status if c.verdict else None) for c in run.claims] == [
        ("k1", "reproduced"),
        ("k2", None),
    ]
    assert run.cost == usage
    assert run.files == {"references.bib": folder.artifacts / "references.bib"}
    assert "On shelves" in repr(run)
    assert set(run._repr_mimebundle_()) == {MIME, "text/markdown", "text/plain"}


def test_a_run_that_has_not_ended_has_no_result_yet(write_run: WriteRun) -> None:
    run = RunHandle(write_run([]))
    assert (run.state, run.result, run.report, run.notebook) == (RunState.queued, None, "", None)
    assert (run.evidence, run.claims, run.files, run.cost) == ((), (), {}, Usage())
    assert "What's on the shelves?" in repr(run)
