"""Lines of a PDF in reading order: columns found, running heads and page numbers left out."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import median
from typing import Final

from ....errors import PaperRefused
from ....records import Record, changed
from .pages import Extracted, Page, Piece

TIME_S: Final = 60.0
MOST_IN_ROW: Final = 400
"""Pieces of one line; the check for overlaps is quadratic in them."""


class Segment(Record):
    """Words of a line without a wide gap between them."""

    text: str
    x0: float
    x1: float


class Line(Record):
    """One line of one column."""

    text: str
    page: int
    """From 1."""
    column: int
    """-1 across all columns, 0 left or only, 1 right."""
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    italic: bool
    segments: tuple[Segment, ...]
    left: float = 0.0
    """Edges of its column's text."""
    right: float = 0.0
    body: float = 10.0
    """Size of the paper's running text."""
    leading: float = 1.2
    """Its usual distance from line to line, in that size."""

    @property
    def indent(self) -> float:
        """How far it starts inside its column, in its own size."""
        return (self.x0 - self.left) / max(self.size, 1.0)

    @property
    def filled(self) -> float:
        """Share of its column's width that it takes."""
        return (self.x1 - self.x0) / max(self.right - self.left, 1.0)

    @property
    def centred(self) -> bool:
        """Whether it stands in the middle of its column, clear of both edges."""
        space = (self.x0 - self.left, self.right - self.x1)
        return min(space) > 1.5 * self.size and abs(space[0] - space[1]) < max(6.0, 0.08 * (self.right - self.left))


def lines_of(extracted: Extracted) -> list[Line]:
    """Every line of the paper in reading order."""
    gutters = [_gutter(page) for page in extracted.pages]
    known = [g for g in gutters if g is not None]
    usual = median(known) if len(known) * 2 >= sum(1 for p in extracted.pages if p.pieces) else None
    pages = []
    deadline = time.monotonic() + TIME_S
    for number, (page, gutter) in enumerate(zip(extracted.pages, gutters, strict=True), 1):
        if time.monotonic() > deadline:
            raise PaperRefused(f"its {len(extracted.pages)} pages took over {TIME_S:g} s to lay out; split the PDF")
        at = gutter
        if at is None and usual is not None and _crossing(page, usual) < 0.6:
            at = usual
        pages.append(_page_lines(page, number, at))
    pages = _without_running(pages, [p.height for p in extracted.pages])
    return _measured([_ordered(lines) for lines in pages])


def _gutter(page: Page) -> float | None:
    """Where two columns part, or None: almost no words cross it and both sides hold a good share."""
    total = sum(len(p.text) for p in page.pieces)
    if total < 200:
        return None
    places = [page.width * share / 200 for share in range(70, 131)]
    crossings = [(_crossing(page, x), abs(x - page.width / 2), x) for x in places]
    least = min(c for c, _, _ in crossings)
    clear = [x for c, _, x in crossings if c <= least + 0.01]
    x = _widest_middle(clear, page.width / 200)
    left = sum(len(p.text) for p in page.pieces if p.x1 <= x) / total
    right = sum(len(p.text) for p in page.pieces if p.x0 >= x) / total
    return x if least < 0.45 and left > 0.12 and right > 0.12 and _sides_are_text(page, x) else None


def _widest_middle(places: list[float], step: float) -> float:
    """The middle of the longest run of neighbouring places."""
    runs: list[list[float]] = [[places[0]]]
    for a, b in pairwise(places):
        if b - a < 1.5 * step:
            runs[-1].append(b)
        else:
            runs.append([b])
    longest = max(runs, key=len)
    return longest[len(longest) // 2]


def _sides_are_text(page: Page, x: float) -> bool:
    """Whether lines fill both sides like text: a table's cells leave gaps too, but are short."""
    sides = ([p for p in page.pieces if p.x1 <= x], [p for p in page.pieces if p.x0 >= x])
    widths = [sorted(p.x1 - p.x0 for p in side)[-max(1, len(side) // 4) :][0] for side in sides if side]
    return len(widths) == 2 and min(widths) > 0.2 * page.width


def _crossing(page: Page, x: float) -> float:
    total = sum(len(p.text) for p in page.pieces) or 1
    return sum(len(p.text) for p in page.pieces if p.x0 < x - 1 and p.x1 > x + 1) / total


def _page_lines(page: Page, number: int, gutter: float | None) -> list[Line]:
    columns: dict[int, list[Piece]] = defaultdict(list)
    for piece in page.pieces:
        if gutter is None or piece.x1 <= gutter + 1:
            columns[0].append(piece)
        elif piece.x0 >= gutter - 1:
            columns[1].append(piece)
        else:
            columns[-1].append(piece)
    return [_line(row, number, column) for column, pieces in columns.items() for row in _rows(pieces)]


def _rows(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces that stand on one line; raised and lowered small ones belong to the line they overlap."""
    rows: list[tuple[float, float, list[Piece]]] = []
    near: dict[int, list[int]] = defaultdict(list)
    for piece in sorted(pieces, key=lambda p: (-p.size, -p.y1)):
        at = next((i for i in near[_band(piece)] if _shares(piece, rows[i])), None)
        if at is None:
            middle, half = (piece.y0 + piece.y1) / 2, max(piece.y1 - piece.y0, 0.6 * piece.size) / 2
            rows.append((middle - half, middle + half, [piece]))
            at = len(rows) - 1
        else:
            low, high, row = rows[at]
            row.append(piece)
            if piece.size > 0.9 * row[0].size:
                rows[at] = (min(low, piece.y0), max(high, piece.y1), row)
        for band in range(int(rows[at][0] // _BAND), int(rows[at][1] // _BAND) + 1):
            if at not in near[band]:
                near[band].append(at)
    return [sorted(row, key=lambda p: p.x0) for _, _, row in rows]


_BAND: Final = 12.0
"""Height in points of the strips by which rows near a piece are found."""


def _band(piece: Piece) -> int:
    return int((piece.y0 + piece.y1) / 2 // _BAND)


def _shares(piece: Piece, row: tuple[float, float, list[Piece]]) -> bool:
    low, high, pieces = row
    overlap = min(high, piece.y1) - max(low, piece.y0)
    return overlap > 0.45 * min(high - low, max(piece.y1 - piece.y0, 0.1)) and _fits(piece, pieces)


def _fits(piece: Piece, row: list[Piece]) -> bool:
    """Two lines that touch do not share a row: their words would lie over each other."""
    if len(row) > MOST_IN_ROW:
        return False
    covered = sum(max(0.0, min(p.x1, piece.x1) - max(p.x0, piece.x0)) for p in row)
    return covered < 0.5 * max(piece.x1 - piece.x0, 0.1) or piece.size < 0.85 * row[0].size


def _line(row: list[Piece], page: int, column: int) -> Line:
    size = max(row, key=lambda p: (len(p.text), p.size)).size
    segments: list[list[Piece]] = [[row[0]]]
    for before, piece in pairwise(row):
        if piece.x0 - before.x1 > 1.1 * size:
            segments.append([piece])
        else:
            segments[-1].append(piece)
    made = tuple(Segment(text=_joined(s), x0=s[0].x0, x1=max(p.x1 for p in s)) for s in segments)
    letters = sum(len(p.text) for p in row) or 1
    return Line(
        text=" ".join(s.text for s in made),
        page=page,
        column=column,
        x0=row[0].x0,
        y0=min(p.y0 for p in row),
        x1=max(p.x1 for p in row),
        y1=max(p.y1 for p in row),
        size=size,
        bold=sum(len(p.text) for p in row if p.bold) > 0.6 * letters,
        italic=sum(len(p.text) for p in row if p.italic) > 0.6 * letters,
        segments=made,
    )


def _joined(pieces: list[Piece]) -> str:
    text = pieces[0].text
    for before, piece in pairwise(pieces):
        text += (" " if piece.x0 - before.x1 > 0.18 * max(before.size, piece.size) else "") + piece.text
    return " ".join(text.split())


def _ordered(lines: list[Line]) -> list[Line]:
    """Lines across the page part it into bands; in each band the left column goes before the right."""
    across = sorted((line for line in lines if line.column == -1), key=lambda line: -line.y1)
    ordered: list[Line] = []
    rest = sorted((line for line in lines if line.column != -1), key=lambda line: (line.column, -line.y1))
    for bar in across:
        above = [line for line in rest if line.y0 > bar.y0]
        ordered += [*above, bar]
        rest = [line for line in rest if line.y0 <= bar.y0]
    return ordered + rest


def _without_running(pages: list[list[Line]], heights: list[float]) -> list[list[Line]]:
    """Pages without lines that come again at the same edge, and without lone page numbers there."""
    seen: Counter[tuple[str, bool]] = Counter()
    for lines, height in zip(pages, heights, strict=True):
        seen.update({(_shape(line), line.y0 > height / 2) for line in _edge(lines, height)})
    often = max(2, len(pages) // 5)
    kept = []
    for lines, height in zip(pages, heights, strict=True):
        running = {
            id(line)
            for line in _edge(lines, height)
            if seen[_shape(line), line.y0 > height / 2] >= often
            or re.fullmatch(r"[-–—\s]*(\d{1,4}|[ivxl]+)[-–—\s]*", line.text)
        }
        kept.append([line for line in lines if id(line) not in running])
    return kept


def _edge(lines: list[Line], height: float) -> list[Line]:
    """The uppermost and lowest lines, where they stand near the edge of the page."""
    by_height = sorted(lines, key=lambda line: -line.y0)
    outer = [line for line in by_height[:4] if line.y0 > 0.85 * height]
    return outer + [line for line in by_height[-5:] if line.y1 < 0.13 * height]


def _shape(line: Line) -> str:
    return re.sub(r"\d+|\s+", "#", line.text.strip())


def _measured(pages: list[list[Line]]) -> list[Line]:
    """Lines with the edges of their columns and the size of the running text."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    leading = _leading(pages, body)
    everywhere = _edges([line for lines in pages for line in lines], body)
    measured: list[Line] = []
    for lines in pages:
        here = _edges(lines, body)
        for line in lines:
            left, right = here.get(line.column) or everywhere.get(line.column) or (line.x0, line.x1)
            measured.append(_with_edges(line, left, right, body, leading))
    return measured


def _leading(pages: list[list[Line]], body: float) -> float:
    """The most usual distance between two lines of running text, in its size; double for drafts."""
    pitches: Counter[float] = Counter()
    for lines in pages:
        for last, line in pairwise(lines):
            pitch = (last.y0 - line.y0) / max(body, 1.0)
            if last.column == line.column and abs(line.size - body) < 0.6 and 0.8 < pitch < 4:
                pitches[round(pitch, 1)] += 1
    return pitches.most_common(1)[0][0] if pitches else 1.2


def _with_edges(line: Line, left: float, right: float, body: float, leading: float) -> Line:
    return changed(line, left=min(left, line.x0), right=max(right, line.x1), body=body, leading=leading)


def reworded(line: Line, text: str) -> Line:
    """The same line with other words, for what follows a heading that stands on its line."""
    return changed(line, text=text)


def _edges(lines: list[Line], body: float) -> dict[int, tuple[float, float]]:
    """Left and right edge of each column that has enough running text to tell."""
    edges: dict[int, tuple[float, float]] = {}
    for column in (0, 1):
        text = [line for line in lines if line.column == column and abs(line.size - body) < 0.6]
        if len(text) >= 5:
            starts = Counter(round(line.x0) for line in text)
            left = (
                min(x for x, n in starts.items() if n >= max(2, 0.15 * len(text)))
                if max(starts.values()) > 1
                else None
            )
            ends = sorted(line.x1 for line in text)
            edges[column] = (left or min(line.x0 for line in text), ends[int(0.9 * (len(ends) - 1))])
    if 0 in edges and 1 in edges:
        edges[-1] = (edges[0][0], edges[1][1])
    return edges
