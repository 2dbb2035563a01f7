"""Papers: from an arXiv id, LaTeX, HTML, PDF or Markdown to one `Paper` that can be quoted.

Each reader is a file of this folder that turns one kind of source into a `Paper`:
`latex/`, `html/`, `pdf/`, `markdown.py`; `arxiv.py` searches and fetches, `archive.py` unpacks what
strangers packed, `load.py` finds out what a source is and calls the right one.

Every span of every part points into `Paper.text`, the one stored text of the paper.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ...records import Record, Span

Kind = Literal["latex", "html", "pdf", "markdown"]
Role = Literal["text", "abstract", "item", "caption", "footnote", "theorem", "algorithm", "figure_text", "table"]
"""What a paragraph is; `table`: the rows of a table, a line each, cells parted by ` | `."""


class Paragraph(Record):
    """A paragraph, item, caption or footnote: the unit that evidence points at."""

    id: str
    """`p1`, `p2` … in reading order; captions and footnotes too."""
    section: str
    """Id of the section it stands in."""
    span: Span
    role: Role = "text"
    page: int | None = None
    """From PDFs, counted from 1."""
    cites: tuple[str, ...] = ()
    """Keys of the references cited in it, in order, each once."""


class Section(Record):
    """A heading and what stands under it; nesting by `level` and `parent`."""

    id: str
    """`s0` is what stands before the first heading."""
    title: str
    level: int
    """0 part or chapter, 1 section, 2 subsection …"""
    parent: str | None = None
    number: str = ""
    page: int | None = None
    span: Span | None = None
    """Where the heading stands in the text, where it stands there."""


class Equation(Record):
    """A display: one equation, align, gather, multline, eqnarray or displaymath block."""

    id: str
    latex: str
    """Exactly as the authors wrote it, environment included."""
    span: Span
    """The text holds `expanded` where there is one, else `latex`."""
    expanded: str = ""
    """With the authors' macros expanded; empty if nothing changed."""
    environment: str = ""
    label: str = ""
    section: str = ""


class Cell(Record):
    """One cell of a table."""

    text: str
    latex: str = ""
    rows: int = 1
    columns: int = 1
    header: bool = False


class Table(Record):
    """A table as cells; a spanning cell stands once, at its upper left, and is resolved by `grid`."""

    id: str
    span: Span
    caption: str = ""
    label: str = ""
    number: str = ""
    section: str = ""
    rows: tuple[tuple[Cell, ...], ...] = ()
    page: int | None = None
    note: str = ""
    """What is missing or doubtful about it, for instance that its rows are in a file that is not there."""

    def grid(self) -> list[list[str]]:
        """Texts as a full rectangle: a spanning cell's text stands in each place it covers."""
        taken: dict[tuple[int, int], str] = {}
        width = 0
        for i, row in enumerate(self.rows):
            j = 0
            for cell in row:
                while (i, j) in taken:
                    j += 1
                for di in range(cell.rows):
                    for dj in range(cell.columns):
                        taken[i + di, j + dj] = cell.text
                j += cell.columns
            width = max([width, *(c + 1 for r, c in taken if r == i)])
        height = max((r + 1 for r, _ in taken), default=0)
        return [[taken.get((i, j), "") for j in range(width)] for i in range(height)]


class Figure(Record):
    """A figure: its caption, its files, and what can be read in them."""

    id: str
    span: Span
    caption: str = ""
    label: str = ""
    number: str = ""
    section: str = ""
    files: tuple[str, ...] = ()
    """Relative to the paper's folder; only files that are there."""
    text: str = ""
    """The text layer of its PDF files, where they have one; stands in `Paper.text` too."""


class Block(Record):
    """An algorithm, theorem environment or footnote."""

    id: str
    kind: str
    """`algorithm`, `theorem`, `lemma`, `proof`, `footnote` …, as the authors name it."""
    span: Span
    title: str = ""
    label: str = ""
    section: str = ""
    latex: str = ""


class Reference(Record):
    """An entry of the bibliography."""

    key: str
    text: str
    """As a reader would see it."""
    title: str = ""
    authors: tuple[str, ...] = ()
    year: str = ""
    doi: str = ""
    arxiv: str = ""
    url: str = ""


class Citation(Record):
    """One place where references are cited."""

    keys: tuple[str, ...]
    span: Span


class InlineMath(Record):
    """A formula inside a paragraph."""

    latex: str
    """As the authors wrote it, on one line."""
    span: Span
    """The text holds `expanded` where there is one, else `latex`; the dollars stand around it."""
    expanded: str = ""
    """With the authors' macros expanded; empty if nothing changed."""


class Number(Record):
    """A number with its printed precision."""

    text: str
    """As printed, its ± and unit sign left out, for instance `93.1`."""
    span: Span
    uncertainty: str = ""
    """The ± printed beside it, if any."""
    unit: str = ""
    """`%` or what directly follows it and is a unit."""


class Paper(Record):
    """One paper, however it came."""

    id: str
    """`arXiv:1008.4686`, else `local:NAME`."""
    version: str
    """`v2` from arXiv, else `sha256:` and 12 hexadecimal digits of the source."""
    kind: Kind
    title: str
    text: str
    authors: tuple[str, ...] = ()
    abstract: str = ""
    sections: tuple[Section, ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()
    equations: tuple[Equation, ...] = ()
    inline_math: tuple[InlineMath, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    algorithms: tuple[Block, ...] = ()
    theorems: tuple[Block, ...] = ()
    footnotes: tuple[Block, ...] = ()
    references: tuple[Reference, ...] = ()
    citations: tuple[Citation, ...] = ()
    numbers: tuple[Number, ...] = ()
    missing: tuple[str, ...] = ()
    """Files the source asks for that are not there; nothing is made up for them."""
    notes: tuple[str, ...] = ()
    """What a reader should know, for instance `from PDF, equations not reliable`."""
    folder: str = ""
    """Where its files lie on this machine, for data and figures; empty where there are none."""
    files: tuple[str, ...] = ()
    """Files in that folder beside the sources that were read: data, figures, code."""
    year: str = ""
    doi: str = ""
    url: str = ""
    metadata: dict[str, str] = msgspec.field(default_factory=dict)

    def quote(self, span: Span) -> str:
        """The stored characters of a span."""
        return self.text[span.start : span.end]

    def paragraph(self, id: str) -> Paragraph:
        """The paragraph with this id. Raises KeyError."""
        for paragraph in self.paragraphs:
            if paragraph.id == id:
                return paragraph
        raise KeyError(f"no paragraph {id!r} in this paper")

    def section(self, id: str) -> Section:
        """The section with this id. Raises KeyError."""
        for section in self.sections:
            if section.id == id:
                return section
        raise KeyError(f"no section {id!r} in this paper")

    def path(self, section: str) -> str:
        """Titles from the outermost heading down, joined by ` › `."""
        titles: list[str] = []
        at: str | None = section
        while at is not None:
            here = self.section(at)
            titles.append(here.title)
            at = here.parent
        return " › ".join(t for t in reversed(titles) if t)

    @property
    def cited_keys(self) -> tuple[str, ...]:
        """Every key cited anywhere, once, in order of first citation."""
        return tuple(dict.fromkeys(key for citation in self.citations for key in citation.keys))
