"""A paper's tables and data files as code that reads them: data as printed, kinds of columns kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ...runtime.papers import Table
from ...runtime.papers.parameters import identifier

MOST_ROWS = 400
"""Of a table that is written into a cell; longer ones are cut, and the cell says so."""
_NUMBER = re.compile(r"[-−–]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?")
_SEPARATORS = (
    (r",", ""),
    (r"\t", ', sep="\\t"'),
    (r"\s*&\s*", r', sep=r"\s*&\s*", engine="python"'),
    (r"\s*;\s*", ', sep=";"'),
    (r"\s*\|\s*", ', sep="|"'),
    (r"\s+", r', sep=r"\s+"'),
)
"""How fields are parted, and what `read_csv` is told of it."""
_EMPTY = frozenset({"", "-", "–", "—", "--", "---", "n/a", "N/A", "nan"})


def table_source(table: Table) -> str:
    """Code that makes a DataFrame of a table's cells; empty for a table without rows.

    A column in which every cell is a plain number becomes numbers with the digits as printed, others stay texts.
    """
    grid = table.grid()
    if not grid or not grid[0]:
        return ""
    heads = _head_rows(table, grid)
    body = grid[heads : heads + MOST_ROWS]
    columns = [" ".join(dict.fromkeys(row[j] for row in grid[:heads] if row[j])) for j in range(len(grid[0]))]
    numeric = [
        all(_plain(row[j]) or row[j].strip() in _EMPTY for row in body) and any(_plain(row[j]) for row in body)
        for j in range(len(grid[0]))
    ]
    rows = [
        "    [" + ", ".join(_literal(cell, n) for cell, n in zip(row, numeric, strict=True)) + "]," for row in body
    ]
    name = identifier(f"table_{table.number or table.id}")
    cut = [f"# {len(grid) - heads - MOST_ROWS} more rows are left out"] if len(grid) - heads > MOST_ROWS else []
    given = f", columns={_unique(columns)!r}" if heads else ""
    return "\n".join(
        [f"{name} = pd.DataFrame(", "    [", *(f"    {row}" for row in rows), f"    ]{given},", ")", *cut, name]
    )


def data_source(folder: Path, name: str) -> str:
    """Code that reads a data file of the work folder, after a look at it in `folder`; empty for what is no table."""
    path = folder / name
    variable = identifier(Path(name).stem)
    suffix = path.suffix.lower()
    if suffix == ".json":
        return (
            f"import json\n\n{variable} = json.loads((work / {name!r}).read_text())\ntype({variable}), len({variable})"
        )
    if suffix == ".npy":
        return f"{variable} = np.load(work / {name!r}, allow_pickle=False)\n{variable}.shape"
    if suffix not in (".csv", ".tsv", ".dat", ".txt", ".data"):
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = [line.rstrip("\n") for line, _ in zip(file, range(50), strict=False)]
    how = _how(lines)
    return f"{variable} = pd.read_csv(work / {name!r}{how})\n{variable}.head()" if how is not None else ""


def _how(lines: Sequence[str]) -> str | None:
    """Arguments for `read_csv` after a look at the first lines; None where they are no table.

    The separator is the first that gives every line the same number of fields and numbers in the last one.
    """
    rows = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    parted = next((argument for mark, argument in _SEPARATORS if _parts(rows, mark)), None)
    if parted is None:
        return None
    commented = any(line.lstrip().startswith("#") for line in lines)
    parts = [parted, ', comment="#"' if commented else ""]
    parts += [", header=None"] if any(map(_plain, re.split(r"[\s,;|&]+", rows[0]))) else []
    return "".join(parts)


def _parts(rows: Sequence[str], mark: str) -> bool:
    fields = [re.split(mark, row) for row in rows]
    same = len({len(f) for f in fields}) == 1 and all(len(f) > 1 for f in fields)
    return same and any(map(_plain, fields[-1]))


def _head_rows(table: Table, grid: Sequence[Sequence[str]]) -> int:
    marked = 0
    for row in table.rows:
        if not row or not all(cell.header for cell in row):
            break
        marked += 1
    if marked and marked < len(grid):
        return marked
    for i, line in enumerate(grid[:4]):
        if any(_plain(cell) for cell in line):
            return i
    return 0


def _plain(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell.strip().strip("$").strip()))


def _literal(cell: str, numeric: bool) -> str:
    if not numeric:
        return repr(cell)
    if cell.strip() in _EMPTY:
        return "None"
    text = re.sub("[−–]", "-", cell.strip().strip("$").strip())
    return re.sub(r"^(-?)0+(?=\d)", r"\1", text)


def _unique(columns: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for number, column in enumerate(columns):
        base = column or f"column {number + 1}"
        seen[base] = seen.get(base, 0) + 1
        names.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return names
