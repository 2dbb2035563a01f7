"""Cells of an HTML table, spans as the page declares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from .. import Cell
from .dom import classes, hidden, tag

if TYPE_CHECKING:
    from lxml.html import HtmlElement
else:
    HtmlElement = Any

MOST_SPANNED: Final = 1000
"""What browsers allow a cell to span."""
MOST_PLACES: Final = 500_000
"""A table whose cells say that they cover more is read without spans: filling them in would fill memory."""


def rows_of(table: HtmlElement, text: Callable[[HtmlElement], str]) -> tuple[tuple[Cell, ...], ...]:
    """Rows of cells; `text` reads a cell. Tables inside cells belong to their cell."""
    rows = (tuple(_cell(c, text) for c in _cells(row)) for row in _rows(table))
    kept = tuple(row for row in rows if any(cell.text for cell in row))
    places = sum(cell.rows * cell.columns for row in kept for cell in row)
    if places <= MOST_PLACES:
        return kept
    return tuple(tuple(Cell(text=cell.text, header=cell.header) for cell in row) for row in kept)


def _rows(table: HtmlElement) -> Iterator[HtmlElement]:
    for child in table:
        if hidden(child):
            continue
        if tag(child) == "tr" or "ltx_tr" in classes(child):
            yield child
        elif tag(child) in {"thead", "tbody", "tfoot"} or {"ltx_thead", "ltx_tbody", "ltx_tfoot"} & classes(child):
            yield from _rows(child)


def _cells(row: HtmlElement) -> Iterator[HtmlElement]:
    for child in row:
        if not hidden(child) and (tag(child) in {"td", "th"} or "ltx_td" in classes(child)):
            yield child


def _cell(element: HtmlElement, text: Callable[[HtmlElement], str]) -> Cell:
    return Cell(
        text=text(element),
        rows=_span(element.get("rowspan")),
        columns=_span(element.get("colspan")),
        header=tag(element) == "th" or "ltx_th" in classes(element),
    )


def _span(value: str | None) -> int:
    digits = (value or "").strip()
    return min(max(int(digits), 1), MOST_SPANNED) if digits.isdecimal() and len(digits) < 9 else 1
