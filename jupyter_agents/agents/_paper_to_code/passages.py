"""Parts of a paper by the ids under which they are shown: paragraphs, and tables and figures by their own."""

from __future__ import annotations

from ...runtime.papers import Figure, Paper, Paragraph, Table
from ...runtime.papers.results import place


def passage(paper: Paper, id: str) -> Paragraph | None:
    """The paragraph with this id; for a table its rows, for a figure its text or else its caption; None for others."""
    known = {paragraph.id: paragraph for paragraph in paper.paragraphs}
    if id in known:
        return known[id]
    parts: list[Table | Figure] = [*paper.tables, *paper.figures]
    part = next((p for p in parts if p.id == id), None)
    if part is None:
        return None
    inside = [p for p in paper.paragraphs if p.span.start < part.span.end and part.span.start < p.span.end]
    rows = [p for p in inside if p.role == "table"]
    if isinstance(part, Table) and not rows:
        rows = [p for p in paper.paragraphs if p.role == "table" and p.section == part.section]
    texts = [p for p in inside if p.role == "figure_text"]
    return next(iter([*rows, *texts, *inside]), None)


def where(paper: Paper, id: str) -> str:
    """Where a part stands, for a reader: `Exercise 1 › p31`, `Results › tab1`."""
    here = passage(paper, id)
    if here is None:
        return id
    return place(paper, here.id).replace(f"› {here.id}", f"› {id}")
