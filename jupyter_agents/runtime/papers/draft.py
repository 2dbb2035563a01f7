"""A paper while a reader writes it down: parts in reading order, each with its place in the one stored text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ...errors import PaperRefused, PaperUnreadable
from ...records import Span
from . import (
    Block,
    Cell,
    Citation,
    Equation,
    Figure,
    InlineMath,
    Kind,
    Paper,
    Paragraph,
    Reference,
    Role,
    Section,
    Table,
)
from .quantities import find

TEXT_LIMIT: Final = 20_000_000
"""Characters of stored text; a thousand pages hold about four million."""


class Flow:
    """Running text of one paragraph: white space as one space, with the places of formulas and citations."""

    def __init__(self, text: str = "") -> None:
        self._parts: list[str] = []
        self._length = 0
        self._space = False
        self.formulas: list[tuple[int, int, str]] = []
        self.citations: list[tuple[int, int, tuple[str, ...]]] = []
        if text:
            self.add(text)

    @property
    def text(self) -> str:
        """All that was added."""
        return "".join(self._parts)

    @property
    def last(self) -> str:
        """The last character, or nothing where white space or nothing was added last."""
        return "" if self._space or not self._parts else self._parts[-1][-1:]

    def __bool__(self) -> bool:
        return self._length > 0

    def add(self, text: str) -> None:
        """Words as they stand."""
        words = text.split()
        if not words:
            self._space = self._space or bool(text)
            return
        if text[0].isspace():
            self._space = True
        self._put(" ".join(words))
        self._space = text[-1].isspace()

    def formula(self, latex: str) -> None:
        """An inline formula; it stands between dollars in the text, its span covers them."""
        shown = f"${latex}$"
        start = self._put(shown)
        self.formulas.append((start, start + len(shown), latex))

    def cite(self, text: str, keys: tuple[str, ...]) -> None:
        """Words that cite references."""
        if not text.strip():
            return
        if text[0].isspace():
            self._space = True
        shown = " ".join(text.split())
        start = self._put(shown)
        self._space = text[-1].isspace()
        self.citations.append((start, start + len(shown), keys))

    def _put(self, text: str) -> int:
        if self._space and self._length:
            self._parts.append(" ")
            self._length += 1
        self._space = False
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        return start


class Draft:
    """Collects the parts of a paper; `finish` makes the record.

    Raises PaperRefused as soon as the stored text grows past TEXT_LIMIT.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self._parts: list[str] = []
        self._length = 0
        self.sections: list[Section] = [Section(id="s0", title="", level=1)]
        self.paragraphs: list[Paragraph] = []
        self.equations: list[Equation] = []
        self.inline_math: list[InlineMath] = []
        self.tables: list[Table] = []
        self.figures: list[Figure] = []
        self.algorithms: list[Block] = []
        self.theorems: list[Block] = []
        self.footnotes: list[Block] = []
        self.references: list[Reference] = []
        self.citations: list[Citation] = []
        self.missing: list[str] = []
        self.notes: list[str] = []
        self._role: Role | None = None
        self.section = "s0"
        """Id of the section that is being written."""

    def leave_section(self) -> None:
        """What follows stands under no heading, as the text of a letter does after its abstract."""
        self.section = "s0"

    def heading(self, title: str, level: int, *, number: str = "", page: int | None = None) -> None:
        """Begins a section; its parent is the nearest one before it of a lower level."""
        parent = next((s.id for s in reversed(self.sections[1:]) if s.level < level), None)
        id = f"s{len(self.sections)}"
        span = self._put(f"{number} {title}".strip())
        self.section = id
        self.sections.append(
            Section(id=id, title=title, level=level, parent=parent, number=number, page=page, span=span)
        )

    def paragraph(self, flow: Flow | str, role: Role = "text", *, page: int | None = None) -> Paragraph | None:
        """Adds a paragraph; nothing where the flow is empty."""
        flow = Flow(flow) if isinstance(flow, str) else flow
        if not flow:
            return None
        span = self._put(flow.text)
        for start, end, latex in flow.formulas:
            place = Span(start=span.start + start, end=span.start + end)
            self.inline_math.append(InlineMath(latex=latex, span=place))
        for start, end, keys in flow.citations:
            self.citations.append(Citation(keys=keys, span=Span(start=span.start + start, end=span.start + end)))
        paragraph = Paragraph(
            id=f"p{len(self.paragraphs) + 1}",
            section=self.section,
            span=span,
            role=self._role if self._role and role in {"text", "item"} else role,
            page=page,
            cites=tuple(dict.fromkeys(key for _, _, keys in flow.citations for key in keys)),
        )
        self.paragraphs.append(paragraph)
        return paragraph

    def equation(self, latex: str, *, environment: str = "equation", label: str = "") -> None:
        """Adds a display."""
        if not latex.strip():
            return
        self.equations.append(
            Equation(
                id=f"eq{len(self.equations) + 1}",
                latex=latex,
                span=self._put(latex),
                environment=environment,
                label=label,
                section=self.section,
            )
        )

    def table(
        self,
        rows: tuple[tuple[Cell, ...], ...],
        *,
        caption: Flow | None = None,
        number: str = "",
        label: str = "",
        page: int | None = None,
        note: str = "",
    ) -> None:
        """Adds a table; its rows stand in the text as lines of cells, after its caption."""
        if caption:
            self.paragraph(caption, "caption", page=page)
        lines = [" | ".join(" ".join(cell.text.split()) for cell in row) for row in rows]
        span = self._rows("\n".join(lines), page)
        self.tables.append(
            Table(
                id=f"t{len(self.tables) + 1}",
                span=span,
                caption=caption.text if caption else "",
                number=number,
                label=label,
                section=self.section,
                rows=rows,
                page=page,
                note=note,
            )
        )

    def _rows(self, text: str, page: int | None) -> Span:
        """The rows of a table as a paragraph that evidence can point at."""
        if not text.strip():
            return Span(start=self._length, end=self._length)
        span = self._put(text)
        self.paragraphs.append(
            Paragraph(id=f"p{len(self.paragraphs) + 1}", section=self.section, span=span, role="table", page=page)
        )
        return span

    def figure(
        self,
        caption: Flow | None,
        *,
        number: str = "",
        label: str = "",
        files: tuple[str, ...] = (),
        page: int | None = None,
    ) -> None:
        """Adds a figure; its span is its caption's."""
        written = self.paragraph(caption, "caption", page=page) if caption else None
        self.figures.append(
            Figure(
                id=f"f{len(self.figures) + 1}",
                span=written.span if written else Span(start=self._length, end=self._length),
                caption=caption.text if caption else "",
                number=number,
                label=label,
                section=self.section,
                files=files,
            )
        )

    def footnote(self, flow: Flow, *, label: str = "", page: int | None = None) -> None:
        """Adds a footnote after the paragraph it belongs to."""
        if written := self.paragraph(flow, "footnote", page=page):
            self.footnotes.append(
                Block(
                    id=f"fn{len(self.footnotes) + 1}",
                    kind="footnote",
                    span=written.span,
                    label=label,
                    section=self.section,
                )
            )

    @contextmanager
    def block(self, kind: str, *, title: str = "", label: str = "") -> Iterator[None]:
        """What is written inside is a theorem, proof or algorithm."""
        role: Role = "algorithm" if kind == "algorithm" else "theorem"
        into = self.algorithms if kind == "algorithm" else self.theorems
        section, outer, first = self.section, self._role, self._length
        self._role = role
        try:
            yield
        finally:
            self._role = outer
        start = first + 2 if first else 0
        if self._length > start:
            into.append(
                Block(
                    id=f"{'alg' if role == 'algorithm' else 'th'}{len(into) + 1}",
                    kind=kind,
                    span=Span(start=start, end=self._length),
                    title=title,
                    label=label,
                    section=section,
                )
            )

    def finish(
        self,
        *,
        id: str,
        version: str,
        title: str,
        authors: tuple[str, ...] = (),
        abstract: str = "",
        year: str = "",
        metadata: dict[str, str] | None = None,
    ) -> Paper:
        """The record. Raises PaperUnreadable where there is no text at all."""
        text = "".join(self._parts)
        if not re.search(r"\w", text):
            raise PaperUnreadable(f"{id} holds no readable text; give its LaTeX source or another file", paper=id)
        return Paper(
            id=id,
            version=version,
            kind=self.kind,
            title=" ".join(title.split()),
            text=text,
            authors=authors,
            abstract=abstract,
            sections=tuple(self.sections),
            paragraphs=tuple(self.paragraphs),
            equations=tuple(self.equations),
            inline_math=tuple(self.inline_math),
            tables=tuple(self.tables),
            figures=tuple(self.figures),
            algorithms=tuple(self.algorithms),
            theorems=tuple(self.theorems),
            footnotes=tuple(self.footnotes),
            references=tuple(self.references),
            citations=tuple(self.citations),
            missing=tuple(dict.fromkeys(self.missing)),
            notes=tuple(dict.fromkeys(self.notes)),
            numbers=find(text, within=[p.span for p in self.paragraphs], without=[c.span for c in self.citations]),
            year=year,
            metadata=metadata or {},
        )

    def abstract(self) -> str:
        """The paragraphs written as abstract so far."""
        whole = "".join(self._parts)
        return "\n\n".join(whole[p.span.start : p.span.end] for p in self.paragraphs if p.role == "abstract")

    def _put(self, text: str) -> Span:
        gap = "\n\n" if self._length else ""
        start = self._length + len(gap)
        self._length = start + len(text)
        if self._length > TEXT_LIMIT:
            raise PaperRefused(f"the paper's text is longer than {TEXT_LIMIT:,} characters; it was not read")
        self._parts += [gap, text]
        return Span(start=start, end=self._length)
