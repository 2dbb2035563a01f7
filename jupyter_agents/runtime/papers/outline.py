"""A paper for a reader who sees little at a time: an outline first, then sections by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from . import Equation, Figure, Paper, Paragraph, Section, Table

_SHOWN_ROLES = {"caption": "caption", "footnote": "footnote", "item": "item", "abstract": "abstract"}


def outline(paper: Paper, *, limit: int = 12_000) -> str:
    """Title, notes and every section with its id and what it holds; at most `limit` characters and a mark."""
    lines = [f"{paper.title} ({paper.id} {paper.version}, read from {paper.kind})"]
    if paper.authors:
        shown = ", ".join(paper.authors[:12]) + (
            f" and {len(paper.authors) - 12} more" if len(paper.authors) > 12 else ""
        )
        lines.append(f"Authors: {shown}")
    lines += [f"Note: {note}" for note in paper.notes]
    if paper.missing:
        lines.append(f"Missing files: {', '.join(paper.missing)}")
    counts = _counts(paper)
    lines += [_section_line(s, counts) for s in paper.sections if s.id != "s0" or counts.get("s0")]
    lines.append(f"References: {len(paper.references)}, cited {len(paper.cited_keys)}")
    return _cut(lines, limit)


def section_text(paper: Paper, section_id: str, *, start: str = "", limit: int = 20_000) -> str:
    """One section: each paragraph after its id in brackets, tables as Markdown, displays as LaTeX.

    start: id of the paragraph, table or display to begin with. Where more than `limit` characters are left, the
    text ends with a mark that names the part to go on with. Raises KeyError for an unknown section or start.
    """
    section = paper.section(section_id)
    parts = list(_parts(paper, section_id))
    if start:
        at = next((i for i, (id, _) in enumerate(parts) if id == start), None)
        if at is None:
            raise KeyError(f"no part {start!r} in section {section_id}")
        parts = parts[at:]
    head = f"## {section.number} {section.title}".replace("##  ", "## ").rstrip() + f" [{section_id}]"
    lines, used = [head], len(head)
    for count, (id, text) in enumerate(parts):
        room = limit - used
        if len(text) > room and count:
            lines.append(
                f"[… section {section_id} continues: ask for it from {id}; {len(parts) - count} parts are left]"
            )
            break
        if len(text) > room:
            text = text[: max(room, 200)] + f" [… {id} is cut here: {len(text) - max(room, 200):,} characters more]"
        lines.append(text)
        used += len(text) + 2
    below = [s for s in paper.sections if s.parent == section_id]
    if below:
        lines.append("Subsections: " + "; ".join(f"{s.id} {s.title}" for s in below))
    return "\n\n".join(lines)


def table_text(table: Table) -> str:
    """A table as Markdown; a spanning cell's text stands in each place it covers."""
    grid = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in table.grid()]
    if not grid:
        return f"[{table.id}] (a table without readable rows{': ' + table.note if table.note else ''})"
    rows = ["| " + " | ".join(row) + " |" for row in grid]
    rows.insert(1, "|" + "---|" * len(grid[0]))
    note = f" ({table.note})" if table.note else ""
    return f"[{table.id}]{note}\n" + "\n".join(rows)


def _counts(paper: Paper) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for paragraph in paper.paragraphs:
        if paragraph.role != "table":
            counts.setdefault(paragraph.section, Counter())["paragraph"] += 1
    kinds: tuple[tuple[str, tuple[Equation | Table | Figure, ...]], ...] = (
        ("equation", paper.equations),
        ("table", paper.tables),
        ("figure", paper.figures),
    )
    for name, things in kinds:
        for thing in things:
            counts.setdefault(thing.section, Counter())[name] += 1
    return counts


def _section_line(section: Section, counts: dict[str, Counter[str]]) -> str:
    held = ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in counts.get(section.id, Counter()).items())
    title = f"{section.number} {section.title}".strip() or "(before the first heading)"
    page = f", page {section.page}" if section.page else ""
    return f"{'  ' * max(section.level, 0)}[{section.id}] {title}{page}: {held or 'only subsections'}"


def _cut(lines: list[str], limit: int) -> str:
    used = 0
    for count, line in enumerate(lines):
        used += len(line) + 1
        if used > limit and count:
            return "\n".join(lines[:count]) + f"\n[… {len(lines) - count} more lines of the outline]"
    return "\n".join(lines)


def _parts(paper: Paper, section: str) -> Iterator[tuple[str, str]]:
    """Ids and texts of a section in reading order; a display inside a paragraph is shown there only."""
    here = [p for p in paper.paragraphs if p.section == section]
    spans = [p.span for p in here if p.role != "table"]
    placed: list[tuple[int, int, str, str]] = [
        (p.span.start, 0, p.id, _paragraph(paper, p)) for p in here if p.role != "table"
    ]
    placed += [(t.span.start, 1, t.id, table_text(t)) for t in paper.tables if t.section == section]
    placed += [
        (e.span.start, 1, e.id, f"[{e.id}] {e.latex}")
        for e in paper.equations
        if e.section == section and not any(s.start <= e.span.start and e.span.end <= s.end for s in spans)
    ]
    placed += [
        (f.span.start, 1, f.id, f"[{f.id}] figure files: {', '.join(f.files)}")
        for f in paper.figures
        if f.section == section and f.files
    ]
    for _, _, id, text in sorted(placed):
        yield id, text


def _paragraph(paper: Paper, paragraph: Paragraph) -> str:
    role = f"({_SHOWN_ROLES[paragraph.role]}) " if paragraph.role in _SHOWN_ROLES else ""
    return f"[{paragraph.id}] {role}{paper.quote(paragraph.span)}"
