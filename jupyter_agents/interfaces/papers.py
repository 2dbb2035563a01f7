"""Papers as they were read, for people and programs: `papers …`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..records import Request, dump, parse
from ..runtime.papers import Paper
from ..runtime.papers.outline import outline
from ..session.library import library_for
from ..settings import Settings
from .views import printable


class PaperShown(Paper):
    """What `papers show` prints: a whole paper, and what it cites."""

    cited: tuple[str, ...] = ()
    """Keys of the references that are cited anywhere, in order of first citation."""


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
