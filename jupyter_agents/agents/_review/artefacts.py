"""What a literature review must produce, and the checks it must pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import Meta

from ...records import Json, Record, Sentence, parse
from .. import Bench

MOST = 12
"""Sub-questions, queries and aspects of one plan."""


class Options(Record):
    """What only a review understands."""

    papers: Annotated[int, Meta(ge=1, le=100)] = 12
    """Papers to read at most."""
    since: Annotated[int | None, Meta(extra={"metavar": "YEAR"})] = None
    """Only papers from this year on."""


class Plan(Record):
    """How the question will be answered."""

    questions: Annotated[tuple[str, ...], Meta(description="Sub-questions whose answers make up the answer")]
    queries: Annotated[tuple[str, ...], Meta(description="What to search for, in words")]
    aspects: Annotated[
        tuple[str, ...], Meta(description="What papers will be compared on: columns of a table, a few words each")
    ]


class Choice(Record):
    """One paper and why it is read, or is not."""

    paper: str
    reason: str


class Selection(Record):
    """Which papers are read."""

    read: tuple[Choice, ...]
    passed_over: tuple[Choice, ...] = ()


class Statement(Record):
    """One sentence and the evidence it rests on."""

    text: str
    evidence: Annotated[tuple[str, ...], Meta(description="Ids of the evidence that says so")] = ()


class Entry(Record):
    """What one paper says on one aspect."""

    aspect: Annotated[str, Meta(description="One of the plan's aspects, exactly as written there")]
    text: Annotated[str, Meta(description="A few words, numbers exactly as quoted")]
    evidence: tuple[str, ...] = ()


class Row(Record):
    """One paper in the table."""

    paper: str
    entries: tuple[Entry, ...]


class Findings(Record):
    """The answer."""

    enough: Annotated[bool, Meta(description="False where the evidence does not answer the question")]
    sentences: Annotated[tuple[Statement, ...], Meta(description="The answer, a sentence each, every one cited")] = ()
    comparison: Annotated[tuple[Row, ...], Meta(description="Papers compared; leave out what evidence lacks")] = ()
    disagreements: Annotated[tuple[Statement, ...], Meta(description="Where papers contradict each other")] = ()
    missing: Annotated[tuple[str, ...], Meta(description="What the evidence leaves open")] = ()


class Judged(Record):
    """What a separate judgement said of each statement, in the order of `statements`."""

    sentences: tuple[Sentence, ...]


def options(bench: Bench) -> Options:
    """The options of this review."""
    return parse(bench.request.options, Options)


def year_of(card: Json) -> int | None:
    """The year a paper's card names; None where nobody knows."""
    found = re.search(r"\d{4}", str(card.get("year") or ""))
    return int(found[0]) if found else None


def too_old(bench: Bench, id: str) -> bool:
    """Whether a paper is known to be from before the years that were asked for."""
    since, year = options(bench).since, year_of(bench.state.papers.get(id, {}))
    return since is not None and year is not None and year < since


def artefact(bench: Bench, name: str, kind: type[Any]) -> Any:
    """An artefact as its record; None while there is none."""
    value = bench.state.artefacts.get(name)
    return None if value is None else parse(value, kind)


def statements(findings: Findings) -> Iterator[Statement]:
    """All that an answer states: sentences, then the table's entries, then disagreements."""
    yield from findings.sentences
    for row in findings.comparison:
        for entry in row.entries:
            yield Statement(text=f"{entry.aspect}: {entry.text}", evidence=entry.evidence)
    yield from findings.disagreements


async def check_plan(bench: Bench, plan: Plan) -> tuple[str, ...]:
    """A plan asks, says what to search for and what to compare, each a bounded number of times."""
    problems = []
    for name in ("questions", "queries", "aspects"):
        items: tuple[str, ...] = getattr(plan, name)
        if not items or len(items) > MOST or any(not item.strip() for item in items):
            problems.append(f"{name}: give 1 to {MOST}, none of them blank")
        if len(set(items)) < len(items):
            problems.append(f"{name}: some are there twice")
    return tuple(problems)


async def check_selection(bench: Bench, selection: Selection) -> tuple[str, ...]:
    """Chosen papers are at hand and readable, no more than asked for, each with a reason."""
    most = options(bench).papers
    problems = [] if len(selection.read) <= most else [f"read: at most {most} papers, these are {len(selection.read)}"]
    for choice in selection.read:
        card = bench.state.papers.get(choice.paper)
        if card is None:
            problems.append(f"{choice.paper} is not open: open it first, then choose it by the id it is given")
        elif card.get("problem"):
            problems.append(f"{choice.paper} cannot be read ({card['problem']}); pass it over")
        elif too_old(bench, choice.paper):
            problems.append(f"{choice.paper} is from before {options(bench).since}; pass it over")
        if not choice.reason.strip():
            problems.append(f"{choice.paper}: say why it is read")
    ids = [choice.paper for choice in (*selection.read, *selection.passed_over)]
    problems += [f"{id} is listed twice" for id in dict.fromkeys(ids) if ids.count(id) > 1]
    return tuple(problems)


async def check_findings(bench: Bench, findings: Findings) -> tuple[str, ...]:
    """Every cited id is evidence, a row cites its own paper, aspects are the plan's; too little evidence is said.

    Whether evidence supports a sentence is not for this check: that is judged afterwards, and shown.
    """
    plan: Plan | None = artefact(bench, "plan", Plan)
    evidence = bench.state.evidence
    problems = [
        f"{id} is no evidence; the ids are those you were shown"
        for id in dict.fromkeys(id for s in statements(findings) for id in s.evidence)
        if id not in evidence
    ]
    if findings.enough and not findings.sentences:
        problems.append("sentences: there are none; write the answer, or say `enough: false` and what is missing")
    if not findings.enough and not findings.missing:
        problems.append("missing: say what the evidence lacks")
    problems += [f"a blank statement: {s}" for s in statements(findings) if not s.text.strip()]
    for row in findings.comparison:
        if row.paper not in bench.state.papers:
            problems.append(f"comparison: {row.paper} is no paper at hand")
        for entry in row.entries:
            if plan is not None and entry.aspect not in plan.aspects:
                problems.append(f"comparison: {entry.aspect!r} is none of the aspects {', '.join(plan.aspects)}")
            foreign = [id for id in entry.evidence if id in evidence and evidence[id].paper != row.paper]
            problems += [f"comparison: {id} is from another paper than {row.paper}" for id in foreign]
    return tuple(problems)
