"""Where the cells of a table stand, with those that span several places."""

from __future__ import annotations

from .. import Cell


class Grid:
    """Cells by row and column; drops the empty places that a spanning cell covers."""

    def __init__(self) -> None:
        self._rows: list[list[tuple[int, Cell]]] = []
        self._covered: set[tuple[int, int]] = set()
        self._column = 0

    def begin_row(self) -> None:
        """Go on to the next row."""
        self._rows.append([])
        self._column = 0

    def add(self, cell: Cell) -> None:
        """The next cell of the row; `rows` below zero spans upwards, as `\\multirow{-2}` does."""
        row, column = len(self._rows) - 1, self._column
        self._column += cell.columns
        covered = (row, column) in self._covered
        if covered and not cell.text:
            return
        if cell.rows < 0:
            row, cell = self._upwards(row, column, cell)
        if covered:
            self._shorten(row, column)
        for below in range(row + 1, row + cell.rows):
            self._covered.update((below, column + c) for c in range(cell.columns))
        self._rows[row].append((column, cell))

    def _upwards(self, row: int, column: int, cell: Cell) -> tuple[int, Cell]:
        """`\\multirow{-2}` stands in its last row: move it to the first, over the empty places there."""
        top = row
        while top > 0 and row - top + 1 < -cell.rows and not self._told(top - 1, column):
            top -= 1
        height = row - top + 1
        for each in range(top, row):
            self._rows[each] = [(c, old) for c, old in self._rows[each] if c != column or old.text]
        self._covered.update((row, column + c) for c in range(cell.columns))
        return top, _resized(cell, height)

    def _told(self, row: int, column: int) -> bool:
        """Whether a cell with text stands there."""
        return any(c <= column < c + cell.columns and cell.text for c, cell in self._rows[row])

    def _shorten(self, row: int, column: int) -> None:
        """A cell with text ends the span of the one above it."""
        for above in range(row - 1, -1, -1):
            for place, (c, cell) in enumerate(self._rows[above]):
                if c <= column < c + cell.columns and above + cell.rows > row:
                    self._rows[above][place] = (c, _resized(cell, row - above))
                    return

    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """All rows; a spanning cell stands once, at its upper left."""
        height = len(self._rows)
        return tuple(
            tuple(_resized(cell, min(cell.rows, height - i)) for _, cell in sorted(row, key=lambda pair: pair[0]))
            for i, row in enumerate(self._rows)
        )


def _resized(cell: Cell, rows: int) -> Cell:
    if cell.rows == rows:
        return cell
    return Cell(text=cell.text, latex=cell.latex, rows=max(1, rows), columns=cell.columns, header=cell.header)
