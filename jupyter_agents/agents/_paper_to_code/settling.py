"""After the flow: perturb, judge, diagnose what did not match, and end the notebook with its table of claims."""

from __future__ import annotations

from typing import Any

import msgspec

from ...records import Observation, Record, Verdict, changed, dump, json_schema, parse
from ...runtime.notebook.report import claims_table
from ...runtime.papers.outline import section_text
from ...tools import tool
from ...tools.claims import NoArguments, claims_of
from ...tools.notebook import make_cell
from .. import Bench
from .opening import the_paper
from .passages import passage, where

_CHARACTERS = 40_000
"""Of the paper's sections and of the notebook that the diagnosis reads."""


class Cause(Record):
    """What one mismatch most likely comes from."""

    claim: str
    cause: str
    """One or two sentences."""
    where: str = ""
    """The cell or the paragraph that shows it."""


class Diagnosis(Record):
    """Causes of the mismatches. Changes no verdict and no cell."""

    causes: tuple[Cause, ...] = ()
    by_model: bool = msgspec.field(default=True)


async def settle(bench: Bench) -> None:
    """What code does when the cells stand: perturbed runs, verdicts, one diagnosis, the table of claims."""
    if "clean_run" not in bench.state.artefacts:
        return
    await bench.act("perturb_claims", {})
    await bench.act("judge_claims", {})
    if bench.has_model and any(v.status == "mismatch" for v in verdicts(bench)):
        await bench.act("diagnose", {})
    await bench.act("lay_verdicts", {})


def verdicts(bench: Bench) -> tuple[Verdict, ...]:
    """The verdicts, empty until claims were judged."""
    return tuple(parse(bench.state.artefacts.get("verdicts") or [], list[Verdict]))


def diagnosis(bench: Bench) -> Diagnosis:
    """The diagnosis, empty where there was none."""
    return parse(bench.state.artefacts.get("diagnosis") or {}, Diagnosis)


@tool("submit")
async def diagnose(desk: Bench, arguments: NoArguments) -> Observation:
    """Let a reader who wrote none of the code say where each mismatch most likely comes from."""
    paper = await the_paper(desk)
    wrong = [v for v in verdicts(desk) if v.status == "mismatch"]
    ids = {v.claim for v in wrong}
    talk = desk.run.conversation("diagnostician", tools=())
    claims = [dump(c) for c in claims_of(desk) if c.id in ids]
    passages = [passage(paper, c["where"]) for c in claims]
    sections = dict.fromkeys(p.section for p in passages if p is not None)
    talk.tell("These claims did not come out as printed. Say for each where that most likely comes from.")
    said = {"claims": claims, "verdicts": [dump(v) for v in wrong]}
    talk.tell_untrusted(msgspec.json.format(msgspec.json.encode(said)).decode(), "claims and verdicts")
    code = "\n\n".join(f"[{c.id}] implements {c.provenance.get('implements')}\n{c.source}" for c in desk.state.cells)
    talk.tell_untrusted(code[:_CHARACTERS], "the notebook")
    words = "\n\n".join(section_text(paper, section) for section in sections)
    talk.tell_untrusted(words[:_CHARACTERS], f"{paper.id}, where the claims stand")
    answer: Any = (await talk.ask(json_schema(Diagnosis))).data
    found = parse(answer, Diagnosis)
    known = tuple(cause for cause in found.causes if cause.claim in ids)
    desk.emit("artefact", {"name": "diagnosis", "value": Diagnosis(causes=known)})
    return Observation(text=f"{len(known)} causes", data=len(known))


@tool("write")
async def lay_verdicts(desk: Bench, arguments: NoArguments) -> Observation:
    """End the notebook with the table of claims, each number linked to the cell that showed it."""
    paper = await the_paper(desk)
    claims = [changed(claim, where=where(paper, claim.where)) for claim in claims_of(desk)]
    table = claims_table(claims, verdicts(desk), run=desk.folder.name, notebook="")
    text = (
        f"## Claims and verdicts\n\nFrom one clean run in a fresh kernel and folder, judged outside of it.\n\n{table}"
    )
    desk.emit("cell", {"cell": make_cell(desk, text, kind="markdown", by="code that judges")})
    return Observation(text="the notebook ends with its claims")
