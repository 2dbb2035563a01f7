"""A paper's own results with a number, found by form: candidates for claims where no model reads.

Looked for in three places: the text layer of figures (a value with its ±), tables that report results (rows and
columns of others' methods left out), and sentences that say what was found. A setting, a count of data, a cited
number is no result; in doubt a number is left out, for a missed claim is seen by who reads the paper and a false one
misleads. Each claim carries the line or sentence it stands in, verbatim.
"""

from __future__ import annotations

from ....records import Claim
from .. import Paper
from .candidate import Candidate
from .figures import from_figures
from .statements import from_sentences
from .tables import from_tables


def find_claims(paper: Paper) -> tuple[Claim, ...]:
    """The paper's own results with a number, in reading order, as `c1`, `c2` …; a ± stays with its value.

    Each number is taken once, from the first of figure text, tables and sentences that reports it.
    """
    return tuple(claim for claim, _ in claims_with_places(paper))


def claims_with_places(paper: Paper) -> tuple[tuple[Claim, str], ...]:
    """The same, each with the id of the paragraph it stands in."""
    found: dict[int, Candidate] = {}
    for candidate in (*from_figures(paper), *from_tables(paper), *from_sentences(paper)):
        found.setdefault(candidate.span.start, candidate)
    ordered = [found[start] for start in sorted(found)]
    return tuple((_claim(paper, each, number), each.paragraph) for number, each in enumerate(ordered, 1))


def _claim(paper: Paper, found: Candidate, number: int) -> Claim:
    return Claim(
        id=f"c{number}",
        value=found.value,
        metric=found.metric,
        unit=found.unit,
        dataset=found.dataset,
        where=place(paper, found.paragraph),
        quote=found.quote,
        kind="stochastic" if found.random else "deterministic",
        uncertainty=found.uncertainty,
        n_paper=found.runs,
    )


def place(paper: Paper, paragraph: str) -> str:
    """Where a paragraph stands, for a reader: `Exercise 1 › p31`, with the page where there is one."""
    try:
        here = paper.paragraph(paragraph)
    except KeyError:
        return paragraph
    page = f", page {here.page}" if here.page else ""
    title = paper.path(here.section)
    return f"{title} › {here.id}{page}" if title else f"{here.id}{page}"
