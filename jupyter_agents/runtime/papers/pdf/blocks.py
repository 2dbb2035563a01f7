"""Headings, paragraphs, captions, tables and footnotes out of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

from ....records import Record
from .. import Cell
from ..headings import KNOWN, REFERENCES, depth, numbered
from .layout import Line, reworded
from .tables import CAPTION, caption_end, cells, rows_near

BlockKind = Literal["heading", "text", "item", "footnote", "figure", "table", "reference"]

_ITEM: Final = re.compile(r"(?:[•◦▪‣∙·●■∗*–—]|\((?:\d{1,2}|[a-z]|[ivx]+)\)|\d{1,2}\))\s+\S")
_RUN_IN: Final = re.compile(r"(?P<head>Abstract|ABSTRACT)\s*(?:[.:—–-]+)\s*(?P<rest>\S.*)")
_NOTE_MARK: Final = re.compile(r"(?:\d{1,2}\s?(?=[A-Z\"“(]|https?:|www\.)|\d{1,2}(?=[a-z])|[*∗†‡§¶]\s?(?=\w))")


class Block(Record):
    """One thing of the paper before it is written down."""

    kind: BlockKind
    lines: tuple[Line, ...]
    title: str = ""
    number: str = ""
    level: int = 1
    rows: tuple[tuple[Cell, ...], ...] = ()
    rest: str = ""
    """Of a run-in heading: what follows it on its line."""

    @property
    def page(self) -> int:
        """Where it begins."""
        return self.lines[0].page


def blocks_of(lines: list[Line]) -> list[Block]:
    """Everything in reading order; captions, tables and footnotes wait for the end of the paragraph they part."""
    floats = _floats(lines)
    notes = _footnotes(lines, floats)
    blocks: list[Block] = []
    waiting: list[Block] = []
    run: list[Line] = []
    listing = False

    def close() -> None:
        if run:
            kind: BlockKind = "reference" if listing else ("item" if _ITEM.match(run[0].text) else "text")
            blocks.append(Block(kind=kind, lines=tuple(run)))
            run.clear()
        blocks.extend(waiting)
        waiting.clear()

    skip = -1
    unheaded = _unheaded_references(lines)
    for i, line in enumerate(lines):
        if i == unheaded:
            close()
            listing = True
        if i in floats or i in notes:
            block = floats.get(i) if i in floats else notes[i]
            if block is not None:
                (waiting if run else blocks).append(block)
            continue
        if i <= skip:
            continue
        heading = None if listing and re.search(r"\d", numbered(line.text)[1]) else _heading(lines, i, floats)
        if heading is not None:
            close()
            blocks.append(heading)
            skip = i + len(heading.lines) - 1
            listing = bool(REFERENCES.fullmatch(heading.title))
            if heading.rest:
                run.append(reworded(line, heading.rest))
        elif listing or (run and not _begins(line, run[-1], bool(_ITEM.match(run[0].text)))):
            run.append(line)
        else:
            close()
            run.append(line)
    close()
    return blocks


def _unheaded_references(lines: list[Line]) -> int | None:
    """Where a list of references begins that has no heading, as in letters: `[1]` with `[2]` and `[3]` after it."""
    if _listed(lines):
        return None
    first = next((i for i in range(len(lines) - 1, -1, -1) if lines[i].text.startswith("[1]")), None)
    if first is None:
        return None
    after = [line.text for line in lines[first + 1 :]]
    return first if all(any(t.startswith(f"[{n}]") for t in after) for n in (2, 3)) else None


def _floats(lines: list[Line]) -> dict[int, Block | None]:
    """Tables and figures by the index of their first line; None for their other lines."""
    found: dict[int, Block | None] = {}
    seen: set[tuple[str, str]] = set()
    for i, line in enumerate(lines):
        match = CAPTION.match(line.text)
        if i in found or match is None or (i and not _apart(lines[i - 1], line)):
            continue
        end = caption_end(lines, i)
        caption = tuple(lines[i:end])
        rows: list[int] = []
        if match["kind"].lower().startswith("tab"):
            rows = rows_near(lines, i, end, found)
            read = cells([lines[r] for r in rows])
            block = Block(kind="table", lines=caption, number=match["number"], rows=read)
        else:
            block = Block(kind="figure", lines=caption, number=match["number"])
        name = (match["kind"][:3].lower(), match["number"])
        if name in seen and not rows:
            continue  # a sentence of the text that begins with "Table 4."
        seen.add(name)
        found |= dict.fromkeys([*rows, *range(i, end)])
        found[min([i, *rows])] = block
    return found


def _apart(before: Line, line: Line) -> bool:
    """Whether a line that begins like a caption begins one, rather than going on with a sentence."""
    if before.page != line.page or before.column != line.column:
        return True
    return before.y0 - line.y0 > 1.35 * line.size or before.filled < 0.8 or abs(before.size - line.size) > 0.4


def _footnotes(lines: list[Line], floats: dict[int, Block | None]) -> dict[int, Block | None]:
    """Small lines at the foot of a column, by their index; None for lines that go on with the one before."""
    found: dict[int, Block | None] = {}
    listed = _listed(lines)
    unheaded = _unheaded_references(lines)
    if unheaded is not None:
        listed = dict.fromkeys(range(unheaded, len(lines)))
    lowest = _lowest(lines)
    for start, end in _columns(lines):
        first = end
        while first > start and first - 1 not in floats and first - 1 not in listed and _small(lines[first - 1]):
            first -= 1
        if first > start:
            first = next((i for i in range(first, end) if _NOTE_MARK.match(lines[i].text)), end)
        if first == end or (first == start and lines[start].y1 > lowest.get(lines[start].page, 0.0)):
            continue
        entry: list[int] = []
        for i in range(first, end):
            if entry and _NOTE_MARK.match(lines[i].text):
                found[entry[0]] = Block(kind="footnote", lines=tuple(lines[k] for k in entry))
                entry = []
            found[i] = None
            entry.append(i)
        found[entry[0]] = Block(kind="footnote", lines=tuple(lines[k] for k in entry))
    return found


def _small(line: Line) -> bool:
    return line.size <= 0.93 * line.body


def _lowest(lines: list[Line]) -> dict[int, float]:
    """Lower edge of the running text of each page."""
    found: dict[int, float] = {}
    for line in lines:
        if not _small(line):
            found[line.page] = min(line.y0, found.get(line.page, line.y0))
    return found


def _listed(lines: list[Line]) -> dict[int, None]:
    """Indices of the lines below the heading of the references, which are often small."""
    headings = [i for i, line in enumerate(lines) if REFERENCES.fullmatch(numbered(line.text)[1]) and _looks(line)]
    return dict.fromkeys(range(headings[-1], len(lines))) if headings else {}


def _columns(lines: list[Line]) -> Iterator[tuple[int, int]]:
    """Ranges of lines that stand in one column of one page without a break."""
    start = 0
    for i in range(1, len(lines) + 1):
        if i == len(lines) or (lines[i].page, lines[i].column) != (lines[start].page, lines[start].column):
            yield start, i
            start = i


def _heading(lines: list[Line], i: int, floats: dict[int, Block | None]) -> Block | None:
    """The heading that begins at a line, with the lines it goes on over."""
    line = lines[i]
    if (match := _RUN_IN.match(line.text)) and line.page <= 2:
        return Block(kind="heading", lines=(line,), title="Abstract", rest=match["rest"])
    if len(line.text) > 130 or not _looks(line):
        return None
    taken = [line]
    for following in lines[i + 1 : i + 3]:
        if i + len(taken) in floats or not _goes_on(taken[-1], following):
            break
        taken.append(following)
    whole = " ".join(t.text for t in taken).replace("\ufffe ", "")
    number, title = numbered(whole)
    return Block(
        kind="heading",
        lines=tuple(taken),
        title=title.rstrip(" ."),
        number=number,
        level=depth(number) if number else 1,
    )


def _looks(line: Line) -> bool:
    number, title = numbered(line.text)
    larger = line.size > 1.08 * line.body
    if not title[:1].isupper() or title.endswith((",", ";", "\ufffe")) or len(title) < 3 or line.filled > 0.98:
        return False
    if KNOWN.fullmatch(title.rstrip(".")):
        return line.bold or larger or line.centred or title.isupper()
    if len(line.segments) > 1 and not number:
        return False
    if number:
        return (line.bold or larger or (line.centred and not line.italic)) and len(re.findall(r"[^\W\d]", title)) > 2
    return line.bold and larger and len(title.split()) < 15


def _goes_on(last: Line, line: Line) -> bool:
    same = line.page == last.page and line.column == last.column and abs(line.size - last.size) < 0.3
    close = 0 < last.y0 - line.y0 < 1.5 * last.size
    return same and close and last.bold == line.bold and last.bold and last.filled > 0.6 and not numbered(line.text)[0]


def _begins(line: Line, last: Line, item: bool) -> bool:
    """Whether a line begins a new paragraph. item: whether the one before is a list item, which hangs."""
    if _ITEM.match(line.text):
        return True
    short = last.right - last.x1 > max(0.12 * (last.right - last.left), 2 * last.size)
    ended = last.text.rstrip('”")]').endswith((".", ":", "?", "!"))
    if line.page != last.page or line.column != last.column:
        return line.indent > 0.8 or (short and ended)
    pitch = last.y0 - line.y0
    wide = pitch > max(1.75, 1.35 * line.leading) * max(line.size, last.size)
    stepped = line.indent > 0.8 and last.indent < 0.5 and not line.centred and not item
    return wide or stepped or (short and ended) or abs(line.size - last.size) > 0.15 * line.body
