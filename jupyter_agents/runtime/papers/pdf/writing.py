"""Blocks written into a draft: lines joined to running text, hyphens mended, citations found."""

from __future__ import annotations

import re
from typing import Final

from .. import Role
from ..draft import Draft
from ..headings import ABSTRACT, REFERENCES
from .blocks import Block
from .layout import Line
from .references import Citer, entries
from .tables import NOTE

_LONGEST_ABSTRACT: Final = 3_000
"""Characters; what goes on beyond them, or on the next page, is the text of a letter without headings."""
_HYPHEN: Final = re.compile(r"(\w+)(?:\ufffe|-)$")


def write(blocks: list[Block], draft: Draft) -> None:
    """Writes all blocks; references first, since citations point forward."""
    words = {w.lower() for b in blocks for line in b.lines for w in re.findall(r"[\w-]+", line.text)}
    listed = [line for block in blocks if block.kind == "reference" for line in block.lines]
    draft.references += entries(listed, words)
    citer = Citer(draft.references)
    role: Role = "text"
    began = 0
    for block in blocks:
        if block.kind == "reference":
            continue
        if block.kind == "heading":
            draft.heading(joined_text(block.title, words), block.level, number=block.number, page=block.page)
            began = block.page
            role = "abstract" if ABSTRACT.fullmatch(block.title) else "text"
            if REFERENCES.fullmatch(block.title):
                role = "text"
        else:
            if role == "abstract" and (block.page > began or len(draft.abstract()) > _LONGEST_ABSTRACT):
                role = "text"
                draft.leave_section()
            _one(block, draft, citer, role, words)
    if listed and not draft.references:
        draft.paragraph(joined(listed, words))


def _one(block: Block, draft: Draft, citer: Citer, role: Role, words: set[str]) -> None:
    flow = citer.flow(joined(block.lines, words))
    if block.kind == "table":
        note = NOTE if block.rows else "its cells could not be told from the page"
        draft.table(block.rows, caption=flow, number=block.number, page=block.page, note=note)
    elif block.kind == "figure":
        draft.figure(flow, number=block.number, page=block.page)
    elif block.kind == "footnote":
        draft.footnote(flow, page=block.page)
    else:
        draft.paragraph(flow, "item" if block.kind == "item" and role == "text" else role, page=block.page)


def joined(lines: tuple[Line, ...] | list[Line], words: set[str]) -> str:
    """Running text of lines."""
    parts: list[str] = []
    for line in lines:
        if parts:
            parts[-1] = _before(parts[-1], line.text, words)
        parts.append(line.text)
    return "".join(parts).replace("\ufffe", "-")


def joined_text(text: str, words: set[str]) -> str:
    """A heading whose lines were put together with spaces."""
    mended = re.sub(r"(\w+)\ufffe\s*(\w+)", lambda m: _before(m[1] + "\ufffe", m[2], words) + m[2], text)
    return mended.replace("\ufffe", "-")


def _before(last: str, line: str, words: set[str]) -> str:
    """A line made ready for the next: a hyphen at its end goes, unless the paper elsewhere writes the word with it."""
    match = _HYPHEN.search(last[-60:])
    if match is None:
        return last + " "
    first, second = match[1], (re.match(r"\w+", line) or [""])[0]
    whole, hyphened = f"{first}{second}".lower(), f"{first}-{second}".lower()
    keeps = not second or not second[0].islower() or first.isdigit() or (hyphened in words and whole not in words)
    return last[:-1] + ("-" if keeps else "")
