"""What a review gives back: Markdown, BibTeX, the evidence as data, and the words of its preprint."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ArxivError, PaperError
from ...records import Json, Sentence, dump, dumps
from ...runtime.papers.cite import bibtex
from ...tools.papers import opened, readable
from .. import Bench, Report
from .artefacts import Findings, artefact
from .words import (
    NOTHING,
    answer_text,
    comparison_text,
    disagreements_text,
    evidence_text,
    judged,
    missing_text,
    papers_text,
    plan_text,
)

SUMMARY = 1500
"""Characters of a preprint's abstract."""


async def report(bench: Bench) -> Report:
    """The review as far as it came."""
    findings: Findings | None = artefact(bench, "answer", Findings)
    sections = {
        "Answer": answer_text(bench),
        "Papers compared": comparison_text(bench),
        "Disagreements": disagreements_text(bench),
        "What is missing": missing_text(bench),
        "Are the quotes real?": quotes_text(bench),
        "Evidence": evidence_text(bench),
        "Papers": papers_text(bench),
        "How it was done": plan_text(bench),
    }
    return Report(
        title=bench.request.text,
        summary=_summary(bench, findings),
        body="\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items()),
        result=_result(bench, findings),
        files={
            "references.bib": await _bibliography(bench),
            "evidence.json": dumps(list(bench.state.evidence.values())),
        },
        keywords=("literature review",),
        publish=findings is not None and findings.enough,
    )


def quotes_text(bench: Bench) -> str:
    """What the cell that checks the quotes printed, or why there is nothing to say."""
    evidence = bench.state.evidence
    if not evidence:
        return "There are no quotes."
    found = f"Each of the {len(evidence)} quotes was found in its paper when it was kept."
    checks = [cell for cell in bench.state.cells if cell.kind == "code"]
    results = [cell.result for cell in checks if cell.result is not None]
    if not results:
        return f"{found} The notebook's cell that looks them up again was **not run**: no sandbox could be set up."
    printed = "".join(str(o.get("text", "")) for r in results for o in r.outputs if o.get("output_type") == "stream")
    said = printed.strip() if results[-1].ok else f"failed with {results[-1].error_name}"
    return f"{found} Looked up again in the sandbox: {said}."


async def _bibliography(bench: Bench) -> str:
    """BibTeX of every paper that was cited or chosen."""
    cited = {e.paper for e in bench.state.evidence.values()}
    entries = []
    for id in readable(bench):
        if id in cited:
            try:
                entries.append(bibtex(await opened(bench, id)))
            except (PaperError, ArxivError) as error:
                entries.append(f"% {id} could not be opened again: {error.message}".replace("\n", " "))
    return "\n\n".join(entries) + "\n"


def _summary(bench: Bench, findings: Findings | None) -> str:
    if findings is None:
        return NOTHING
    if not findings.enough:
        return f"Not enough evidence: {' '.join(findings.missing)}"[:SUMMARY]
    said = _answer(bench, findings)
    if not bench.has_model:
        return f"Quotes chosen by code, without a model: {' '.join(f'“{s.text}”' for s in said)}"[:SUMMARY]
    sentences = [s.text if s.support == "supported" else f"{s.text} ({s.support})" for s in said]
    return " ".join(sentences)[:SUMMARY]


def _answer(bench: Bench, findings: Findings) -> Sequence[Sentence]:
    return judged(bench, findings)[: len(findings.sentences)]


def _result(bench: Bench, findings: Findings | None) -> Json:
    """The review as JSON values."""
    said = judged(bench, findings) if findings else ()
    return {
        "enough": findings.enough if findings else False,
        "sentences": [dump(s) for s in (said[: len(findings.sentences)] if findings else ())],
        "judged": [dump(s) for s in said],
        "comparison": dump(findings.comparison) if findings else [],
        "disagreements": dump(findings.disagreements) if findings else [],
        "missing": list(findings.missing) if findings else [],
        "papers": list(bench.state.papers.values()),
        "plan": bench.state.artefacts.get("plan"),
        "selection": bench.state.artefacts.get("selection"),
    }
