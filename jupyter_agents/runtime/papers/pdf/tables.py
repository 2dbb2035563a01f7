"""Tables of a PDF: rows by a caption, cells told from their places, always said to be so."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from .. import Cell
from .layout import Line, Segment

NOTE: Final = "cells told from their places in a PDF; compare with the page"
CAPTION: Final = re.compile(
    r"(?P<kind>Table|Tab\.|Figure|Fig\.|Algorithm)\s*(?P<number>[A-Z]?\d+(?:\.\d+)*|[IVX]+)\s*(?:[:.|—–-]|$)", re.I
)


def caption_end(lines: list[Line], start: int) -> int:
    """Index after the last line of the caption that begins at `start`."""
    end = start + 1
    while end < len(lines) and end - start < 12:
        last, line = lines[end - 1], lines[end]
        same = line.page == last.page and line.column == last.column and abs(line.size - last.size) < 0.6
        pitch = last.y0 - line.y0
        if (
            not same
            or not 0 < pitch < max(1.45, 1.15 * last.leading) * last.size
            or len(line.segments) > 1
            or CAPTION.match(line.text)
        ):
            break
        if last.filled < 0.75 and last.text.endswith("."):
            break
        end += 1
    return end


def rows_near(lines: list[Line], start: int, end: int, taken: Container[int]) -> list[int]:
    """Indices of the lines that form the table of a caption at [start, end): above it, else below it."""
    if lines[start].column == -1:
        return _across(lines, lines[start], lines[end - 1], taken)
    above = _walk(lines, range(start - 1, -1, -1), lines[start], taken)
    below = _walk(lines, range(end, len(lines)), lines[end - 1], taken)
    strong_above, strong_below = _strong(lines, above), _strong(lines, below)
    if max(strong_above, strong_below) < 2:
        return []
    return sorted(above if strong_above >= strong_below else below)


def _across(lines: list[Line], first: Line, last: Line, taken: Container[int]) -> list[int]:
    """Rows of a table over all columns: the lines of one height together, away from its caption."""
    here = [i for i, line in enumerate(lines) if line.page == first.page and i not in taken]
    above = sorted((i for i in here if lines[i].y0 > first.y1), key=lambda i: lines[i].y0)
    below = sorted((i for i in here if lines[i].y1 < last.y0), key=lambda i: -lines[i].y0)
    sides = [_rows_of(lines, above, first), _rows_of(lines, below, last)]
    best = max(sides, key=len)
    return sorted(i for row in best for i in row) if len(best) > 1 else []


def _rows_of(lines: list[Line], order: list[int], beside: Line) -> list[list[int]]:
    """Lines grouped by height up to the first group that is running text or stands far off."""
    rows: list[list[int]] = []
    at = beside.y0
    for i in order:
        line = lines[i]
        if rows and abs(lines[rows[-1][0]].y0 - line.y0) < 0.45 * line.size:
            rows[-1].append(i)
            continue
        if abs(at - line.y0) > 3.2 * max(line.size, beside.size) or CAPTION.match(line.text):
            break
        rows.append([i])
        at = line.y0
    kept: list[list[int]] = []
    for row in rows:
        pieces = sum(len(lines[i].segments) for i in row)
        if pieces < 2 or any(lines[i].filled > 0.8 and len(lines[i].segments) == 1 for i in row):
            if len(kept) + 1 < len(rows) and pieces == 1 and lines[row[0]].filled < 0.5:
                kept.append(row)
                continue
            break
        kept.append(row)
    while kept and sum(len(lines[i].segments) for i in kept[-1]) < 2:
        kept.pop()
    return kept


def _strong(lines: list[Line], found: list[int]) -> int:
    return sum(1 for i in found if len(lines[i].segments) > 1)


def _walk(lines: list[Line], indices: range, beside: Line, taken: Container[int]) -> list[int]:
    """Lines that look like rows, one after the other away from the caption."""
    found: list[int] = []
    last = beside
    weak = 0
    for i in indices:
        line = lines[i]
        far = abs(line.y0 - last.y0) > 3.2 * max(line.size, last.size)
        if i in taken or line.page != beside.page or far or not _same_side(line, beside) or CAPTION.match(line.text):
            break
        if len(line.segments) == 1:
            weak += 1
            if line.filled > 0.8 or weak > 2 or (line.text.endswith((".", "\ufffe")) and line.filled > 0.5):
                break
        else:
            if _is_text(line):
                break
            weak = 0
        found.append(i)
        last = line
    while found and len(lines[found[-1]].segments) == 1:
        found.pop()
    return found


def _same_side(line: Line, caption: Line) -> bool:
    return caption.column == -1 or line.column == caption.column


def _is_text(line: Line) -> bool:
    """A line of running text that a formula or a wide space has torn: one long piece and one gap."""
    longest = max(len(s.text) for s in line.segments)
    return longest > 45 and line.filled > 0.85 and len(line.segments) < 4


def cells(rows: list[Line]) -> tuple[tuple[Cell, ...], ...]:
    """Cells of rows; a column is where pieces of several rows stand one below the other."""
    merged = _merged(rows)
    most = max((len(row) for row in merged), default=0)
    columns = _columns([segment for row in merged for segment in row if len(row) > max(1.0, 0.6 * most)])
    if not columns:
        return ()
    return tuple(_row(row, columns) for row in merged)


def _merged(rows: list[Line]) -> list[list[Segment]]:
    """Rows from top to bottom; pieces of one height are one row even when columns parted them."""
    found: list[tuple[float, list[Segment]]] = []
    for row in sorted(rows, key=lambda r: -r.y0):
        if found and abs(found[-1][0] - row.y0) < 0.45 * row.size:
            found[-1][1].extend(row.segments)
        else:
            found.append((row.y0, list(row.segments)))
    return [sorted(segments, key=lambda s: s.x0) for _, segments in found]


def _columns(segments: list[Segment]) -> list[tuple[float, float]]:
    """Ranges of x that pieces share; a piece over two ranges that others keep apart spans them."""
    columns: list[tuple[float, float]] = []
    for segment in sorted(segments, key=lambda s: s.x1 - s.x0):
        touching = [c for c in columns if c[0] < segment.x1 and segment.x0 < c[1]]
        if len(touching) > 1:
            continue
        if touching:
            columns.remove(touching[0])
            segment = Segment(text="", x0=min(segment.x0, touching[0][0]), x1=max(segment.x1, touching[0][1]))
        columns.append((segment.x0, segment.x1))
    return sorted(columns)


def _covered(segment: Segment, columns: list[tuple[float, float]]) -> list[int]:
    """Columns that a piece stands in; one between two columns heads both."""
    covers = [i for i, (x0, x1) in enumerate(columns) if x0 < segment.x1 and segment.x0 < x1]
    if covers:
        return covers
    right = next((i for i, (x0, _) in enumerate(columns) if x0 >= segment.x1), len(columns))
    return [i for i in (right - 1, right) if 0 <= i < len(columns)]


def _row(segments: list[Segment], columns: list[tuple[float, float]]) -> tuple[Cell, ...]:
    row: list[Cell] = []
    at = 0
    for segment in segments:
        covers = _covered(segment, columns)
        if not covers or covers[0] < at:
            if row:
                last = row.pop()
                row.append(Cell(text=f"{last.text} {segment.text}".strip(), columns=last.columns))
            continue
        row += [Cell(text="")] * (covers[0] - at)
        row.append(Cell(text=segment.text.replace("\ufffe", "-"), columns=len(covers)))
        at = covers[-1] + 1
    return (*row, *([Cell(text="")] * (len(columns) - at)))
