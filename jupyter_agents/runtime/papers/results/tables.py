"""Results that stand in tables: the paper's own rows and columns of tables that report something measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ....checking.numbers import numbers_in
from ....records import Span, changed
from .. import Paper, Paragraph, Table
from .candidate import Candidate
from .names import own_names, runs

_MEASURE = re.compile(
    r"(?i)\b(?:accurac\w*|f1|f-?score|precision|prec\.?|recall|errors?|scores?|performance|results?|evaluation|bleu|"
    r"rouge|auc|auroc|rmse|mae|mse|r2|loss|perplexity|reward|speed-?up|runtime|time|latency|throughput|statistics?|"
    r"yields?|correlation|likelihood|chi2|estimates?|estimated|fitted|measured|uncertaint\w+|success|coverage|"
    r"ablation|test|validation|map|iou|mean|median|frequency|bias)\b"
)
_SETTING = re.compile(
    r"(?i)hyper-?\s?parameter|\bsettings?\b|configuration|notation|\bsymbols?\b|filters?\b|training data|"
    r"training corp\w+|comparison of .{0,40}(?:corpora|datasets|data sets)|other (?:corpora|datasets)|"
    r"\b(?:input|observed|raw) data\b|\bdata (?:points|used)\b|distribution of|examples? of|sampled papers"
)
_OWN = re.compile(r"(?i)\b(?:ours?|proposed|this (?:work|paper|study)|we)\b")
_OTHERS = re.compile(
    r"(?i)\b(?:baselines?|off-?the-?shelf|previous|prior work|reported|et al|state[- ]of[- ]the[- ]art|sota|"
    r"random guess\w*|majority|published|literature|target|true value|truth|chance)\b|\[[A-Za-z]+[^\]]*\d{4}[^\]]*\]"
)
_NO_RESULT = re.compile(
    r"(?i)^(?:#|no\.?|id|rank|n|size|seeds?|year|epochs?|steps?|layers?|params?|parameters|references?|ref\.?|"
    r"dataset size|number of (?:runs|seeds|parameters|layers)|batch size|learning rate|k|dim\w*|level|x|y|t)$"
)
_SCALE = re.compile(r"\s?(?:[MkKBG](?![A-Za-z])|million|billion)")
_NUMERIC = re.compile(r"[-−–+]?[<>~≈]?\s*\d")


def from_tables(paper: Paper) -> Iterator[Candidate]:
    """Numbers of result tables in own columns, else own rows, else everywhere but in others' rows and columns."""
    own = own_names(paper)
    for table in paper.tables:
        grid = table.grid()
        paragraph = _paragraph(paper, table)
        if paragraph is None or not _reports(table, grid):
            continue
        lines = _lines(paper, paragraph, grid)
        heads = _heads(grid)
        count, random = runs(table.caption)
        for i, j in _cells(grid, heads, own):
            line = lines[i]
            if line is None:
                continue
            at = _place(paper, grid[i], j, line)
            column = " ".join(dict.fromkeys(grid[h][j] for h in range(heads) if grid[h][j].strip()))
            labels = " ".join(dict.fromkeys(c for c in grid[i][:j] if c.strip() and not _NUMERIC.match(c)))
            about = Candidate(
                value="",
                span=line,
                quote=paper.quote(line),
                paragraph=paragraph.id,
                metric=f"{labels}: {column}".strip(": ")[:160],
            )
            for found in _values(grid[i][j], at, about):
                error = bool(found.uncertainty)
                yield changed(found, runs=count if error else None, random=random and error)


def _reports(table: Table, grid: Sequence[Sequence[str]]) -> bool:
    """Whether a table reports something measured rather than data, settings or examples."""
    if len(grid) < 2 or table.note.startswith("its rows"):
        return False
    labels = " ".join([*grid[0], *(grid[1] if len(grid) > 1 else []), *(row[0] for row in grid)])
    if _SETTING.search(f"{table.caption} {' '.join(grid[0])}"):
        return False
    return bool(_MEASURE.search(table.caption) or _MEASURE.search(labels)) or _counts(grid)


def _counts(grid: Sequence[Sequence[str]]) -> bool:
    """Whether a table only counts things of named kinds: texts at the left, else counts with their scale (`12.8M`)."""
    body = [row for row in grid if any(_NUMERIC.match(cell) for cell in row[1:])]
    named = all(row[0].strip() and not _NUMERIC.match(row[0]) for row in body)
    cells = [cell.strip() for row in body for cell in row[1:] if cell.strip()]
    scaled = sum(bool(re.fullmatch(r"\d[\d.,]*\s?(?:[MkKB]|million|billion)", cell)) for cell in cells)
    return len(body) > 2 and named and scaled == len(cells)


def _paragraph(paper: Paper, table: Table) -> Paragraph | None:
    inside = [p for p in paper.paragraphs if p.role == "table"]
    for paragraph in inside:
        if paragraph.span.start < table.span.end and table.span.start < paragraph.span.end:
            return paragraph
    return None


def _lines(paper: Paper, paragraph: Paragraph, grid: Sequence[Sequence[str]]) -> list[Span | None]:
    """The line of the stored text for each row of the grid; None where rows and lines cannot be matched."""
    spans, at = [], paragraph.span.start
    for line in paper.quote(paragraph.span).split("\n"):
        spans.append(Span(start=at, end=at + len(line)))
        at += len(line) + 1
    if len(spans) == len(grid):
        return list(spans)
    found: list[Span | None] = []
    for row in grid:
        words = [cell for cell in row if cell.strip()]
        found.append(next((s for s in spans if words and all(w in paper.quote(s) for w in words)), None))
    return found


def _heads(grid: Sequence[Sequence[str]]) -> int:
    """How many rows at the top hold no value."""
    for i, row in enumerate(grid):
        if any(_NUMERIC.match(cell.strip("$ ")) for cell in row[1:]):
            return i
    return len(grid)


def _cells(grid: Sequence[Sequence[str]], heads: int, own: Sequence[str]) -> Iterator[tuple[int, int]]:
    columns = {j: " ".join(grid[h][j] for h in range(heads)) for j in range(len(grid[0]))}
    rows = {i: " ".join(c for c in grid[i] if not _NUMERIC.match(c)) for i in range(heads, len(grid))}
    labelled = [j for j in columns if j and not _NO_RESULT.match(columns[j].strip())]
    measured = [j for j in labelled if _MEASURE.search(columns[j])]
    labelled = measured or labelled
    mine = [j for j in labelled if _is_own(columns[j], own)]
    others = [j for j in labelled if not _is_own(columns[j], own) and _OTHERS.search(columns[j])]
    chosen = mine if mine and len(mine) < len(labelled) else [j for j in labelled if j not in others]
    own_rows = [i for i in rows if _is_own(rows[i], own)] if not mine else []
    kept = own_rows if own_rows and len(own_rows) < len(rows) else [i for i in rows if not _OTHERS.search(rows[i])]
    if mine:  # the columns say whose numbers they are; a citation in the row names a data set
        kept = list(rows)
    yield from ((i, j) for i in kept for j in chosen)


def _is_own(label: str, own: Sequence[str]) -> bool:
    return bool(_OWN.search(label)) or any(re.search(rf"\b{re.escape(name)}\b", label) for name in own)


def _place(paper: Paper, row: Sequence[str], column: int, line: Span) -> int:
    """Where a cell begins in the stored text; equal cells of a row are told apart by their order. -1: not found."""
    at = line.start
    for cell in row[: column + 1]:
        found = paper.text.find(cell, at, line.end)
        if found < 0:
            return -1
        at = found + len(cell)
    return at - len(row[column])


def _values(cell: str, at: int, about: Candidate) -> Iterator[Candidate]:
    """The numbers of one cell as printed, each with ±, unit and its place in the stored text."""
    if at < 0 or not _NUMERIC.match(cell.strip("$ ")):
        return
    for printed, span in numbers_in(cell):
        text = re.sub(r"[\s$]*(?:±|\\pm|\+/-).*$", "", printed.text).rstrip("$ ")
        bare = re.sub(r"\s*\\?%$", "", text)
        scale = _SCALE.match(cell[span.start + len(printed.text) :])
        yield changed(
            about,
            value=bare,
            span=Span(start=at + span.start, end=at + span.start + len(bare)),
            unit=printed.unit or (scale[0].strip() if scale else ""),
            uncertainty=printed.uncertainty.text if printed.uncertainty else "",
        )
