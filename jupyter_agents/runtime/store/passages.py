"""A preprint as passages of about three sentences, each with its title and section: what search finds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...records import Preprint, Record

SENTENCES = 3
LONGEST = 1_200
"""Characters; about the 256 tokens that the embedder reads. A longer sentence is cut at white space."""

_ABBREVIATION = re.compile(r"(?:\b(?:al|cf|e\.g|eq|eqs|etc|fig|figs|i\.e|no|ref|refs|sec|tab|vs)|\b[A-Z])\.$", re.I)
_BOUNDARY = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')\]]))\s+(?=[^\sa-z])")

_BLANK = ("softbreak", "hardbreak", "html_inline")


class Passage(Record):
    """A few sentences of a preprint."""

    title: str
    section: str
    """Headings from the outermost down, joined by ` › `; `Abstract` for the abstract."""
    text: str


def context(title: str, section: str, text: str) -> str:
    """What is embedded of a passage: its text under title and section, so that short ones keep their subject."""
    return f"{title}. {section}\n{text}" if section else f"{title}\n{text}"


def passages(preprint: Preprint) -> list[Passage]:
    """The abstract, the paragraphs of the Markdown body and the keywords, in reading order.

    Code blocks and raw HTML are left out: they are in the notebook, and drown the words people search for.
    A preprint with nothing but a title gives one passage, so that everything submitted can be found.
    """
    title = " ".join(preprint.title.split())
    found = [Passage(title=title, section="Abstract", text=text) for text in _groups(preprint.abstract)]
    for section, paragraph in _paragraphs(preprint.body):
        found += [Passage(title=title, section=section, text=text) for text in _groups(paragraph)]
    if preprint.keywords:
        found.append(Passage(title=title, section="Keywords", text=", ".join(preprint.keywords)[:LONGEST]))
    return found or [Passage(title=title, section="", text=title)]


def sentences(text: str) -> list[str]:
    """Sentences of a paragraph; `et al.`, `Fig.` and initials do not end one."""
    found: list[str] = []
    for part in _BOUNDARY.split(" ".join(text.split())):
        if found and len(found[-1]) < LONGEST and _ABBREVIATION.search(found[-1][-8:]):
            found[-1] += " " + part
        elif part:
            found.append(part)
    return found


def _groups(text: str) -> Iterator[str]:
    """About three sentences each, never longer than LONGEST; a last lone sentence joins the group before it."""
    parts = [piece for sentence in sentences(text) for piece in _cut(sentence)]
    size = SENTENCES + 1 if len(parts) % SENTENCES == 1 and len(parts) <= SENTENCES + 1 else SENTENCES
    group: list[str] = []
    for part in parts:
        if group and (len(group) == size or sum(map(len, group)) + len(part) > LONGEST):
            yield " ".join(group)
            group = []
        group.append(part)
    if group:
        yield " ".join(group)


def _cut(sentence: str) -> Iterator[str]:
    start = 0
    while len(sentence) - start > LONGEST:
        at = sentence.rfind(" ", start + LONGEST // 2, start + LONGEST)
        end = at if at > 0 else start + LONGEST
        yield sentence[start:end].strip()
        start = end
    if rest := sentence[start:].strip():
        yield rest


def _paragraphs(markdown: str) -> Iterator[tuple[str, str]]:
    """Section path and plain text of each paragraph, list item and table row of a Markdown text."""
    from markdown_it import MarkdownIt

    headings: list[tuple[int, str]] = []
    heading = 0
    row: list[str] | None = None
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "heading_open":
            heading = int(token.tag[1:])
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield _path(headings), " | ".join(row)
            row = None
        elif token.type == "inline":
            text = "".join(" " if c.type in _BLANK else c.content for c in token.children or ())
            if heading:
                headings = [h for h in headings if h[0] < heading] + [(heading, text.strip())]
                heading = 0
            elif row is not None:
                row.append(text.strip())
            else:
                yield _path(headings), text


def _path(headings: list[tuple[int, str]]) -> str:
    return " › ".join(text for _, text in headings if text)
