"""The literature review: a question answered from papers, each sentence with quotes that code has found.

The lead plans, finds papers and chooses; readers, one a paper, quote; the writer sees only what they quoted; a judge
sees only one sentence and its quotes. None of them can run code.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError, SandboxUnavailable
from ..tools.findings import search_store, show_preprint
from ..tools.gathering import citing_papers, list_evidence, record_reading
from ..tools.papers import (
    find_passages,
    list_papers,
    open_paper,
    quote,
    read_section,
    readable,
    references,
    search_arxiv,
)
from ..tools.python import RunCell, run_cell
from . import Agent, Artefact, Bench, Role
from ._review.artefacts import (
    Findings,
    Options,
    Plan,
    Selection,
    check_findings,
    check_plan,
    check_selection,
    options,
)
from ._review.judging import JudgeAnswer, judge_answer
from ._review.model_free import without_model
from ._review.notebook import LayNotebook, lay_notebook
from ._review.reading import read_papers, write_answer
from ._review.reporting import report

PROMPTS = Path(__file__).parent / "prompts"


async def prepare(bench: Bench) -> str:
    """Open the sources and say the task. Raises InputError where none of them can be read."""
    wanted = options(bench)
    if bench.request.sources:
        opened = await bench.act("list_papers", {})
        if opened.error:
            raise InputError(opened.text)
        if not readable(bench):
            problems = "; ".join(card["problem"] for card in bench.state.papers.values())
            raise InputError(f"none of the sources can be read: {problems}")
    years = f" Only papers from {wanted.since} on." if wanted.since else ""
    where = (
        "The person gave papers: `list_papers` shows them. Answer from these; look further only for what they lack."
        if bench.request.sources
        else "No papers were given: search arXiv."
    )
    return f"The question: {bench.request.text}\n\nRead at most {wanted.papers} papers.{years} {where}"


async def settle(bench: Bench) -> None:
    """Judge what was written, lay it out as a notebook, find the quotes again in the sandbox if there is one."""
    if "answer" not in bench.state.artefacts:
        return
    await bench.act("judge_answer", JudgeAnswer())
    laid = await bench.act("lay_notebook", LayNotebook())
    if not laid.error and laid.data["check"]:
        try:
            await bench.act("run_cell", RunCell(id=laid.data["check"]))
        except SandboxUnavailable as error:
            bench.note(f"the cell that checks the quotes was not run: {error.message}")


AGENT = Agent(
    name="review",
    about="Answer a question from papers, each sentence with quotes that are checked.",
    asks="QUESTION",
    options=Options,
    roles=(
        Role(
            "lead",
            PROMPTS / "review_lead.md",
            tools=(
                search_arxiv,
                list_papers,
                open_paper,
                read_section,
                find_passages,
                references,
                citing_papers,
                search_store,
                show_preprint,
                read_papers,
                list_evidence,
                write_answer,
            ),
        ),
        Role("reader", PROMPTS / "review_reader.md", tools=(read_section, find_passages, quote)),
        Role("writer", PROMPTS / "review_writer.md", effort="high"),
        Role("judge", PROMPTS / "review_judge.md", effort="low", max_tokens=4_000),
    ),
    artefacts=(
        Artefact("plan", "sub-questions, search queries, and the aspects to compare papers on", Plan, check_plan),
        Artefact(
            "selection",
            "the papers to read and those passed over, each with a reason; hand in again to add papers",
            Selection,
            check_selection,
        ),
        Artefact(
            "answer",
            "the answer sentence by sentence with evidence ids, papers compared, disagreements, what is missing",
            Findings,
            check_findings,
            by="writer",
        ),
    ),
    prepare=prepare,
    without_model=without_model,
    report=report,
    settle=settle,
    tools=(quote, record_reading, judge_answer, lay_notebook, run_cell),
)
