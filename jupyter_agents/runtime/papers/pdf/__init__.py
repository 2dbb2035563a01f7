"""A paper as PDF: words in reading order, sections, tables as far as honest; never its equations.

`extract.py` takes words and places out in a process with hard limits, `pages.py` calls it, `layout.py` finds lines,
columns and running heads, `tables.py` cells, `blocks.py` headings and paragraphs, `front.py` title and authors,
`references.py` entries and citations.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .. import Paper
from ..draft import Draft

NOTE: Final = "from PDF, equations not reliable"


def read(path: Path, *, id: str, version: str) -> Paper:
    """A PDF as a paper. Raises PaperUnreadable (encrypted, scanned, broken) and PaperRefused (too large)."""
    from .blocks import blocks_of
    from .front import front_of
    from .layout import lines_of
    from .pages import extract
    from .writing import write

    extracted = extract(path)
    lines = lines_of(extracted)
    front, rest = front_of(lines, extracted)
    draft = Draft("pdf")
    draft.notes.append(NOTE)
    draft.notes += extracted.notes
    write(blocks_of(rest), draft)
    return draft.finish(
        id=id,
        version=version,
        title=front.title or path.stem,
        authors=front.authors,
        abstract=draft.abstract(),
        year=front.year,
    )
