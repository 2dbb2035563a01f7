"""Papers as they were read, for people and programs: `papers …`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..records import Claim, Record, Request, dump, parse
from ..runtime.papers import Paper
from ..runtime.papers.outline import outline
from ..runtime.papers.results import find_claims
from ..session.library import library_for
from ..settings import Settings
from .views import printable, shorten


class PaperShown(Paper):
    """What `papers show` prints: a whole paper, and what it cites."""

    cited: tuple[str, ...] = ()
    """Keys of the references that are cited anywhere, in order of first citation."""


class PaperClaims(Record):
    """What `papers claims` prints: a paper's own results with a number, found by form alone."""

    paper: str
    version: str
    claims: tuple[Claim, ...]


def open_paper(settings: Settings, source: str) -> PaperShown:
    """The paper of an arXiv id or address, a file or a folder. Raises PaperError, ArxivError."""
    library = library_for(Request(agent="", text="", folder=str(Path.cwd())), settings)
    paper = asyncio.run(library.open(source))
    return parse({**dump(paper), "cited": paper.cited_keys}, PaperShown)


def paper_text(paper: Paper) -> str:
    """A paper's outline, its equations, tables, figures and references counted, for a terminal."""
    counts = {
        "paragraphs": len(paper.paragraphs),
        "equations": len(paper.equations),
        "tables": len(paper.tables),
        "figures": len(paper.figures),
        "algorithms": len(paper.algorithms),
        "numbers": len(paper.numbers),
    }
    found = ", ".join(f"{n} {name}" for name, n in counts.items() if n)
    return printable(f"{outline(paper)}\nParts: {found or 'none'}")


def claims_of(paper: Paper) -> PaperClaims:
    """A paper's claims as code finds them; a model may find more, and `%agent code` checks them."""
    return PaperClaims(paper=paper.id, version=paper.version, claims=find_claims(paper))


def claims_text(found: PaperClaims) -> str:
    """Claims for a terminal, each with the words of the paper that make it."""
    if not found.claims:
        return f"{found.paper}: no result with a number was found by form; reading may find some"
    blocks = []
    for claim in found.claims:
        value = " ± ".join(part for part in (claim.value, claim.uncertainty.lstrip("± ")) if part)
        head = " ".join(part for part in (claim.id, claim.metric, value, claim.unit) if part)
        blocks.append(f"{head} · {claim.where}\n    {shorten(' '.join(claim.quote.split()), 200)}")
    return printable("\n".join(blocks))
