"""A paper as HTML: arXiv's (LaTeXML's `ltx_` classes, MathML) exactly, any other page sanely.

`dom.py` parses and says what is hidden, `maths.py` finds the LaTeX of a formula, `tables.py` the cells of a table,
`inline.py` running text, `reader.py` walks the blocks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .. import Paper
from ..decoding import bounded

LIMIT: Final = 24 * 2**20


def read(path: Path, *, id: str, version: str) -> Paper:
    """An HTML file as a paper. Raises PaperUnreadable, PaperRefused."""
    from .dom import parse
    from .reader import Reader

    content = bounded(path, LIMIT)
    return Reader(path.parent).read(parse(content, path.name), id=id, version=version, name=path.stem)
