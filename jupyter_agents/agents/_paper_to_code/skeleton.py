"""The notebook that code alone can make of a paper: its structure, settings, data, formulas and what is to be checked.

Nothing in it is understood and nothing is made up: every cell says from which passage it comes, what only the paper's
authors or a model could fill in is left `None`, and it runs from top to bottom as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from ...records import Claim, Record
from ...runtime.notebook.markdown import block_quote, escape
from ...runtime.papers import Block, Equation, Paper, Section, Table
from ...runtime.papers.parameters import Parameter, Unstated, parameters_in, unstated_in
from ...runtime.papers.sentences import sentences
from .passages import where
from .table_cells import data_source, table_source

SETUP = """\
from pathlib import Path

import numpy as np
import pandas as pd

work = Path("work") if Path("work").is_dir() else Path(".")  # where the paper's own data files lie

if "claim" not in globals():  # outside a run of jupyter_agents values are only printed

    def claim(id, value):
        print(f"{id} = {value!r}")

    metric = claim
"""
_UNSAFE = re.compile(r"\\(?:href|url|html\w*|class|cssId|style|require|unicode)\b|\$\$|</|\n\s*\n|`")


LEAD = 280
"""Characters of a section's first sentence that are shown."""


class Draft(Record):
    """One cell of the skeleton."""

    source: str
    kind: Literal["code", "markdown"] = "markdown"
    tags: tuple[str, ...] = ()
    implements: tuple[str, ...] = ()


def skeleton(paper: Paper, claims: Sequence[Claim], data: Path, files: Sequence[str]) -> tuple[Draft, ...]:
    """All cells, in the order of the paper; a claim's check stands in the section that makes the claim.

    files: names of the data files in the folder `data`.
    """
    return (
        head(paper),
        Draft(source="## Parameters\n\nWhat the paper states, as printed; the comment says where."),
        Draft(source=parameters_source(parameters_in(paper), unstated_in(paper)), kind="code", tags=("parameters",)),
        Draft(source=SETUP, kind="code", tags=("setup",)),
        *_data(data, files),
        *(draft for section in paper.sections for draft in _section(paper, section, claims)),
    )


def head(paper: Paper) -> Draft:
    """Title, authors, where the paper was read from, and what is missing of it."""
    lines = [f"# {escape(paper.title or paper.id)}"]
    if paper.authors:
        lines.append(f"*{escape(', '.join(paper.authors[:12]))}{' and others' if len(paper.authors) > 12 else ''}*")
    lines.append(f"Code for {escape(paper.id)} {escape(paper.version)}, read from {paper.kind}.")
    lines += [f"- {escape(note)}" for note in paper.notes]
    if paper.missing:
        names = ", ".join(escape(name) for name in paper.missing)
        lines.append(f"- Missing from its source, and nothing was made up for it: {names}.")
    return Draft(source="\n\n".join(lines[:3]) + ("\n\n" + "\n".join(lines[3:]) if lines[3:] else ""))


def parameters_source(found: Sequence[Parameter], missing: Sequence[Unstated]) -> str:
    """The `parameters` cell: one assignment a line, where it stands in a comment, unstated ones as comments only."""
    lines = [f"{p.name} = {p.value}  # {p.paragraph}: {comment(p.quote)}" for p in found]
    lines += [f"# {u.name}: named in {u.paragraph} without a value: {comment(u.quote)}" for u in missing]
    return "\n".join(lines or ["# the paper states no setting that could be found by form"])


def comment(text: str, limit: int = 100) -> str:
    """Words of the paper as the rest of one comment line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else f"{line[:limit].rstrip()}…"


def _data(folder: Path, files: Sequence[str]) -> Iterator[Draft]:
    readable = [(name, source) for name in files if (source := data_source(folder, name))]
    if readable:
        yield Draft(source="## Data\n\nFiles that came with the paper's source.")
    for _, source in readable:
        yield Draft(source=source, kind="code", tags=("data",))


def _section(paper: Paper, section: Section, claims: Sequence[Claim]) -> Iterator[Draft]:
    """A heading with how the section begins, then its displays, algorithms, tables and claims."""
    if section.id != "s0":
        yield _heading(paper, section)
    parts: list[Equation | Table | Block] = [
        *(e for e in paper.equations if e.section == section.id),
        *(t for t in paper.tables if t.section == section.id),
        *(a for a in paper.algorithms if a.section == section.id),
    ]
    for part in sorted(parts, key=lambda p: p.span.start):
        if isinstance(part, Equation):
            yield Draft(source=_display(paper, part), implements=(f"{paper.id}#{_paragraph(paper, part) or part.id}",))
        elif isinstance(part, Table):
            yield from _table(paper, part)
        else:
            yield from _algorithm(paper, part)
    here = {paragraph.id for paragraph in paper.paragraphs if paragraph.section == section.id}
    yield from _checks(paper, [claim for claim in claims if claim.where in here])


def _heading(paper: Paper, section: Section) -> Draft:
    """The section's title, its first sentence, and the paragraphs that it holds."""
    title = f"{section.number} {section.title}".strip()
    marks = "#" * min(section.level + 1, 5) if section.level else "##"
    texts = [p for p in paper.paragraphs if p.section == section.id and p.role in ("text", "item", "theorem")]
    if not texts:
        return Draft(source=f"{marks} {escape(title)}")
    words = re.split(r"\\begin\{|\$\$|\\\[", paper.quote(texts[0].span))[0]  # displays have cells of their own
    first = sentences(words)[0].text if sentences(words) else words
    shown = first if len(first) <= LEAD else f"{first[:LEAD].rsplit(' ', 1)[0]} …"
    ids = texts[0].id if len(texts) == 1 else f"{texts[0].id} to {texts[-1].id}"
    links = tuple(f"{paper.id}#{paragraph.id}" for paragraph in texts)
    return Draft(source=f"{marks} {escape(title)}\n\n{block_quote(shown)}\n\n*{ids}*", implements=links)


def _display(paper: Paper, equation: Equation) -> str:
    """A display with the words that lead to it; LaTeX that a notebook could not show, or should not, as text."""
    latex = (equation.expanded or equation.latex).strip()
    place = _paragraph(paper, equation)
    label = f" ({escape(equation.label)})" if equation.label else ""
    said = f"*{equation.id}{label}, {place}*" if place else f"*{equation.id}{label}*"
    if _UNSAFE.search(latex.removeprefix("$$").removesuffix("$$")):
        fence = "`" * (max((len(run) for run in re.findall(r"`+", latex)), default=2) + 1)
        return f"{said}\n\n{max(fence, '```')}latex\n{latex}\n{max(fence, '```')}"
    bare = re.sub(r"^\\\[(.*)\\\]$", r"$$\1$$", latex, flags=re.DOTALL)
    return f"{said}\n\n{bare}"


def _paragraph(paper: Paper, part: Equation | Block | Table) -> str:
    inside = [p.id for p in paper.paragraphs if p.span.start <= part.span.start < p.span.end]
    return inside[0] if inside else ""


def _table(paper: Paper, table: Table) -> Iterator[Draft]:
    name = f"Table {table.number}" if table.number else table.id
    note = f"\n\n*{escape(table.note)}*" if table.note else ""
    yield Draft(source=f"**{escape(name)}.** {escape(table.caption)}{note}".rstrip())
    if source := table_source(table):
        link = _paragraph(paper, table) or table.id
        yield Draft(source=source, kind="code", tags=("data",), implements=(f"{paper.id}#{link}",))


def _algorithm(paper: Paper, block: Block) -> Iterator[Draft]:
    """The steps as a quotation, and a function that waits for its body."""
    title = block.title or block.kind.capitalize()
    text = paper.quote(block.span)
    yield Draft(
        source=f"**{escape(title)}** ({block.id})\n\n{block_quote(text)}", implements=(f"{paper.id}#{block.id}",)
    )
    name = re.sub(r"\W+", "_", block.id).strip("_")
    steps = "\n".join(f"    # {comment(line)}" for line in text.splitlines() if line.strip())
    doc = comment(title).replace("\\", "").replace('"', "'")
    lines = [f"def {name}(*inputs):", f'    """{doc} ({block.id}): to be written; its steps stand below."""', steps]
    source = "\n".join([*lines, "    return None"])
    yield Draft(source=source, kind="code", implements=(f"{paper.id}#{block.id}",))


def _checks(paper: Paper, claims: Sequence[Claim]) -> Iterator[Draft]:
    """For each passage that makes claims: its words, and a cell that shows the values once they are computed."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.where, []).append(claim)
    for place, group in groups.items():
        quotes = dict.fromkeys(claim.quote for claim in group)
        shown = "\n>\n".join(block_quote(quote) for quote in quotes)
        yield Draft(
            source=f"**To check: {escape(where(paper, place))}**\n\n{shown}", implements=(f"{paper.id}#{place}",)
        )
        lines = [
            f"    {c.id!r}: None,  # {comment(f'{c.value} {c.unit}'.strip())} {comment(c.metric, 60)}".rstrip()
            for c in group
        ]
        body = "\n".join(
            [
                "checks = {",
                *lines,
                "}",
                "for id, value in checks.items():",
                "    if value is not None:",
                "        claim(id, value)",
            ]
        )
        yield Draft(source=body, kind="code", tags=("check",), implements=(f"{paper.id}#{place}",))
