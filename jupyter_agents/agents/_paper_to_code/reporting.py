"""The report: claims with verdicts first, then what was built, assumed, left out, and how it was checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ...checking.perturbation import Perturbation
from ...records import Claim, Verdict, changed, dump, parse
from ...runtime.notebook.markdown import block_quote, code, escape, table
from ...runtime.notebook.report import claims_table, cost_line
from ...runtime.papers import Paper
from ...runtime.papers.parameters import parameters_in
from ...tools.claims import claims_of, code_of, verdicts_of
from .. import Bench, Report
from .opening import options, the_paper
from .passages import where
from .plan import Plan
from .repository import repository
from .settling import diagnosis, verdicts

A_MODEL = (
    "A model would read the paper, plan what has to be built, write and run the code for each claim, and so turn "
    "`unchecked` into a verdict. Everything above stays the frame in which its numbers are judged."
)


async def report(bench: Bench) -> Report:
    """What the run has, also where stages failed."""
    paper = await the_paper(bench)
    claims = tuple(changed(c, where=where(paper, c.where)) for c in claims_of(bench))
    judged = verdicts(bench) or (verdicts_of(bench) if bench.state.artefacts.get("clean_run") else ())
    clean = bench.state.artefacts.get("clean_run")
    summary = _summary(paper, claims, judged, clean, bench.has_model)
    parts = [
        summary,
        f"## Claims\n\n{claims_table(claims, judged, run=bench.folder.name)}",
        *_diagnosis(bench),
        *_built(bench),
        *_unclear(bench),
        *_checked(bench, clean),
        *_settings(paper),
        *(["## What a model would add\n\n" + A_MODEL] if not bench.has_model else []),
        f"## Cost\n\n{cost_line(bench.run.spent, model=bench.request.model or '')}",
    ]
    files = repository(bench.state.cells, paper) if options(bench).output == "repository" else {}
    return Report(
        title=f"Code for: {paper.title or paper.id}",
        summary=summary,
        body="\n\n".join(parts),
        result=_result(bench, claims, judged, clean),
        files=files,
        claims=claims,
        verdicts=judged,
        keywords=("paper-to-code", paper.id),
        publish=clean is not None,
    )


def _summary(paper: Paper, claims: Sequence[Claim], judged: Sequence[Verdict], clean: Any, has_model: bool) -> str:
    counts = Counter(v.status for v in judged)
    said = ", ".join(f"{counts[s]} {s}" for s in ("reproduced", "mismatch", "failed", "unchecked") if counts[s])
    ran = "No clean run was made"
    if clean:
        ran = f"The notebook ran clean from top to bottom ({clean['cells']} code cells)"
        ran = ran if clean["ok"] else f"The clean run stopped at cell {clean['failed']}: {clean['error']}"
    what = "a notebook for" if has_model else "a runnable skeleton of"
    number = f"{len(claims)} claims with a number: {said or 'none judged'}" if claims else "no claim with a number"
    return f"This is {what} {escape(paper.title or paper.id)} ({escape(paper.id)}). {ran}; {number}."


def _diagnosis(bench: Bench) -> list[str]:
    causes = diagnosis(bench).causes
    if not causes:
        return []
    rows = [[code(c.claim), escape(c.cause), escape(c.where)] for c in causes]
    head = "Said by a model that saw the verdicts and wrote none of the code; it changed neither."
    return [f"## Where the mismatches may come from\n\n{head}\n\n{table(['claim', 'cause', 'where'], rows)}"]


def _built(bench: Bench) -> list[str]:
    handed = bench.state.artefacts.get("plan")
    plan = parse(handed, Plan) if handed else None
    done = code_of(bench)
    if plan is None:
        return ["## What was built\n\nNo plan was handed in."]
    rows = [[code(c.name), escape(c.about), escape(", ".join(c.implements))] for c in plan.components]
    parts = ["## What was built", escape(done.summary or plan.goal)]
    parts += [table(["part", "what it does", "implements"], rows)] if rows else []
    data = [[code(d.name), "yes" if d.available else "no", escape(d.source)] for d in plan.data]
    parts += [table(["data", "at hand", "from"], data)] if data else []
    parts += ["Left out:\n\n" + "\n".join(f"- {escape(each)}" for each in plan.left_out)] if plan.left_out else []
    return ["\n\n".join(parts)]


def _unclear(bench: Bench) -> list[str]:
    handed = bench.state.artefacts.get("plan")
    plan = parse(handed, Plan) if handed else Plan(goal="")
    by = "assumed" if bench.has_model else ""
    rows = [[escape(u.question), escape(u.assumption), by, escape(u.paragraph)] for u in plan.unclear]
    asked = bench.state.artefacts.get("unclear") or []
    rows += [[escape(e["question"]), escape(e["answer"]), escape(e["by"]), ""] for e in asked]
    rows += [["in the code", escape(each), "assumed", ""] for each in code_of(bench).assumptions]
    if not rows:
        return []
    return [f"## What the paper leaves unclear\n\n{table(['question', 'answer', 'by', 'paragraph'], rows)}"]


def _checked(bench: Bench, clean: Any) -> list[str]:
    given = bench.state.artefacts.get("perturbations") or {"tried": [], "notes": []}
    tried = parse(given["tried"], list[Perturbation])
    lines = ["## How it was checked"]
    lines.append(
        "One clean run in a fresh kernel and folder; values judged outside the sandbox." if clean else "Nothing ran."
    )
    says = {True: "moved", False: "**did not move**", None: "not shown"}
    rows = [[code(p.claim), escape(", ".join(p.names)), says[p.moved]] for p in tried]
    lines += [table(["claim", "changed", "its value"], rows)] if rows else []
    lines += ["\n".join(f"- {escape(note)}" for note in given["notes"])] if given["notes"] else []
    return ["\n\n".join(lines)]


def _settings(paper: Paper) -> list[str]:
    found = parameters_in(paper)
    if not found:
        return []
    parts = [f"{code(f'{p.name} = {p.value}')} ({escape(p.paragraph)})\n\n{block_quote(p.quote)}" for p in found[:40]]
    return ["## Settings that the paper states\n\n" + "\n\n".join(parts)]


def _result(bench: Bench, claims: Sequence[Claim], judged: Sequence[Verdict], clean: Any) -> Any:
    return {
        "claims": [dump(c) for c in claims],
        "verdicts": [dump(v) for v in judged],
        "clean_run": clean,
        "unclear": bench.state.artefacts.get("unclear") or [],
        "diagnosis": dump(diagnosis(bench)),
    }
