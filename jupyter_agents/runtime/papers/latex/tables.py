"""Tables as cells: rows and columns split outside braces and formulas, spanning cells resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ....records import Span
from .. import Cell, Table
from .columns import joints
from .grid import Grid
from .walk import COMMANDS, ENVIRONMENTS

if TYPE_CHECKING:
    from .walk import Source, Walker

MAX_CELLS = 200_000
MAX_SPAN = 500
_ARGUMENTS = {
    "tabular": 1, "tabular*": 2, "tabularx": 2, "tabulary": 2, "xltabular": 2, "longtable": 1, "supertabular": 1,
    "xtabular": 1, "mpxtabular": 1, "array": 1, "NiceTabular": 1, "NiceTabular*": 2, "NiceTabularX": 2, "tblr": 1,
    "longtblr": 1, "talltblr": 1, "longtable*": 1, "tabularew": 1, "tabu": 1, "longtabu": 1,
    }  # fmt: skip
_STEP = re.compile(r"\\begin\b|\\\\|\\(?:tabularnewline|cr|nl)\b|\\[a-zA-Z]+|\\.|[{}&]|\$\$?", re.S)
_NEWLINE = re.compile(r"\\\\\*?(?:\s*\[\s*[-+\d.\\][^\]]*\])?|\\(?:tabularnewline|cr|nl)\b")
_RULE = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|Xhline|specialrule|endhead|endfirsthead|tableline|colrule|tabucline)\b"
)
_HEAD_RULE = re.compile(r"\\(?:midrule|endhead|endfirsthead|tableline|colrule)\b")
_ROW_COMMANDS = re.compile(
    r"\s*(?:\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|tableline|colrule|doublerule"
    r"|botrule|pagebreak|nopagebreak|hiderowcolors|showrowcolors|centering|small|footnotesize|raggedright|firsthline"
    r"|lasthline|hdashline|startdata|enddata)\b(?:\s*\[[^\]]*\])?"
    r"|\\(?:cline|cmidrule|cdashline|addlinespace|Xhline|morecmidrules|rowcolor|noalign|arrayrulecolor|rule|tabucline"
    r"|Xcline|hhline|vspace|specialrule|caption|label|tablehead|tablecaption|tabletypesize|tablewidth|tablecolumns|tablenum)\b\*?"
    r"(?:\s*\[[^\]]*\])?(?:\s*\([^)]*\))?(?=\s*\{|\s|\\))"
)


@dataclass
class _Place:
    """One cell of the source: its row, where it stands and what it spans."""

    start: int
    end: int
    rows: int = 1
    columns: int = 1
    joined: tuple[str, int, int] | None = None
    """A mark and the place of a second cell that belong to the same number."""


@dataclass
class _Row:
    cells: list[_Place] = field(default_factory=list)
    rules: str = ""
    """The commands before its first cell."""


def split(source: Source, start: int, end: int) -> list[_Row]:
    """Rows of cells; `&` and `\\\\` count outside braces, inner environments and formulas only."""
    rows, row, at, begins = [], _Row(), start, start
    count = 0
    formula = ""
    while match := _STEP.search(source.text, at, end):
        step, at = match[0], match.end()
        if step == "{":
            at = min(source.pairs.get(match.start(), match.start()) + 1, end)
        elif step == "\\begin":
            at = min(max(source.ends.get(match.start(), (at, at))[1], at), end)
        elif step == "\\verb":
            close = source.text.find(source.text[at : at + 1], at + 1, end)
            at = close + 1 if close > 0 else at
        elif step in ("$", "$$"):
            formula = "" if formula == step else (formula or step)
        elif step in ("&",) or _NEWLINE.match(step):
            count += 1
            if count > MAX_CELLS:
                break
            row.cells.append(_Place(begins, match.start()))
            formula = ""
            if step != "&":
                newline = _NEWLINE.match(source.text, match.start())
                at = min(newline.end() if newline else at, end)
                rows.append(row)
                row = _Row()
            begins = at
    row.cells.append(_Place(begins, end))
    rows.append(row)
    for each in rows:
        _take_rules(source, each)
    return rows


def _take_rules(source: Source, row: _Row) -> None:
    """Move the rules and row commands before the first cell out of it."""
    first = row.cells[0]
    at = first.start
    while (match := _ROW_COMMANDS.match(source.text, at, first.end)) and match.end() > at:
        at = match.end()
        while (found := source.group(at)) and found[2] <= first.end and source.text[at : found[0]].strip() == "{":
            if not re.match(r"\\(?:hline|toprule|midrule|bottomrule|small|centering|footnotesize)", match[0].strip()):
                at = found[2]
            else:
                break
    row.rules = source.text[first.start : at]
    first.start = at


def _resolve(source: Source, place: _Place) -> None:
    """Read \\multicolumn and \\multirow (also one in the other) into spans; the place becomes their content."""
    for _ in range(3):
        while place.start < place.end and source.text[place.start].isspace():
            place.start += 1
        match = re.compile(r"\\multi(column|row)\b\*?|\\SetCell\b").match(source.text, place.start, place.end)
        if match is None:
            inner = source.pairs.get(place.start)
            closed = inner is not None and not source.text[inner + 1 : place.end].strip()
            if closed and "\\multi" in source.text[place.start : place.start + 12] and inner is not None:
                place.start, place.end = place.start + 1, inner
                continue
            return
        at = source.after_optionals(match.end())
        number = source.argument(at)
        if number is None:
            return
        count = _count(source.text[number[0] : number[1]])
        after = source.after_optionals(number[2])
        width = source.argument(after)
        if width is None:
            return
        content = source.argument(source.after_optionals(width[2]))
        if content is None:
            return
        if match[1] == "column":
            place.columns = max(1, count)
        else:
            place.rows = count
        place.start, place.end = content[0], content[1]


def _count(text: str) -> int:
    match = re.match(r"\s*(-?\d{1,4})\s*\Z", text)
    return max(-MAX_SPAN, min(MAX_SPAN, int(match[1]))) if match else 1


def _headers(rows: list[_Row]) -> int:
    """How many rows are the head: those above the first \\midrule, else above the second rule."""
    seen = 0
    for index, row in enumerate(rows):
        if index and _HEAD_RULE.search(row.rules):
            return index
        seen += 1 if _RULE.search(row.rules) else 0
        if seen == 2 and index and "\\midrule" not in "".join(r.rules for r in rows[index:]):
            return index
    return 0


def tabular(walker: Walker, name: str, start: int, end: int) -> None:
    """Read one tabular: its cells into the text, row by row, and into a `Table`."""
    source = walker.source
    at = source.after_optionals(start)
    specification = ""
    for _ in range(_ARGUMENTS[name]):
        at = source.after_optionals(at)
        found = source.group(at)
        specification = source.text[found[0] : found[1]] if found else ""
        at = found[2] if found else at
    if walker.cell:
        walker.run(at, end)
        return
    _captions_inside(walker, at, end)
    rows = split(source, at, end)
    rows, heads = _without_repeats(rows)
    rows = [row for row in rows if _says_something(source, row)]
    if not _is_table(source, rows):
        walker.run(at, end)
        return
    write(walker, rows, joints(specification), heads)


def _without_repeats(rows: list[_Row]) -> tuple[list[_Row], int | None]:
    """A longtable's rows without the heads and feet it repeats on each page; and how many rows are its head."""
    at = {mark: next((i for i, row in enumerate(rows) if re.search(rf"\\{mark}\b", row.rules)), None)
          for mark in ("endfirsthead", "endhead", "endfoot", "endlastfoot")}  # fmt: skip
    first, head = at["endfirsthead"], at["endhead"]
    begin = max((place for place in at.values() if place is not None), default=None)
    if begin is None:
        return rows, None
    heads = first if first is not None else head
    told = [row for row in rows[:heads] if any(row.cells)] if heads is not None else []
    return told + rows[begin:], len(told)


def array(walker: Walker, start: int, end: int) -> bool:
    """Read an `array` that serves as a table; its cells are formulas. False where the formula is anything else."""
    source = walker.source
    begin = source.text.find("\\begin{array}", start, end)
    alone = begin >= 0 and not source.text[start:begin].strip()
    if not alone or not source.text[start:end].rstrip().endswith("\\end{array}"):
        return False
    specification = source.group(source.after_optionals(begin + len("\\begin{array}")))
    if specification is None:
        return False
    rows = split(source, specification[2], min(source.ends.get(begin, (end, end))[0], end))
    rows = [row for row in rows if _says_something(source, row)]
    if not _is_table(source, rows):
        return False
    write(walker, rows, {}, formulas=True)
    return True


def _captions_inside(walker: Walker, start: int, end: int) -> None:
    """A longtable carries its caption in its first row."""
    match = re.compile(r"\\(?:table)?caption\b\*?").search(walker.source.text, start, end)
    if match is None:
        return
    from .floats import caption
    from .walk import Float

    own = not walker.floats
    if own:
        walker.paragraph()
        walker.floats.append(Float("table"))
    caption(walker, "caption", match.end(), end)
    label = re.compile(r"\\label\s*\{([^{}]*)\}").search(walker.source.text, match.end(), end)
    if label:
        walker.set_label(label[1])
    if own:
        floating = walker.floats.pop()
        walker.pending_caption = (
            floating.captions[0][0] if floating.captions else "",
            floating.label,
            floating.number,
        )


def _says_something(source: Source, row: _Row) -> bool:
    text = "".join(source.text[c.start : c.end] for c in row.cells)
    return bool(
        re.sub(r"\\(?:label|vspace|caption)\s*\{[^{}]*\}|\\[a-z]*(?:rule|line|head|foot)\b|[\s{}&]", "", text)
    ) or (len(row.cells) > 1)


def _is_table(source: Source, rows: list[_Row]) -> bool:
    """Whether it is more than a frame around pictures or lines of text."""
    texts = [source.text[c.start : c.end] for row in rows for c in row.cells]
    told = [t for t in texts if t.strip()]
    pictures = [t for t in told if re.search(r"\\(?:includegraphics|input|begin\s*\{tikz)", t)]
    columns = max((len(row.cells) for row in rows), default=0)
    return bool(told) and len(pictures) * 2 < len(told) and columns > 1


def write(
    walker: Walker, rows: list[_Row], marks: dict[int, str], heads: int | None = None, *, formulas: bool = False
) -> None:
    """Write rows into the text and record them as a table.

    marks: what joins columns, by the left one. heads: how many rows are the head, where that is known.
    formulas: the cells are mathematics, as in an array.
    """
    if not walker.floats:
        walker.paragraph()
    walker.close()
    heads = _headers(rows) if heads is None else heads
    writer, grid = walker.writer, Grid()
    walker.cell = True
    first = None
    for index, row in enumerate(rows):
        grid.begin_row()
        for place in row.cells:
            _resolve(walker.source, place)
        for number, place in enumerate(_joined(walker.source, row.cells, marks)):
            begins = writer.mark() if number == 0 else writer.separate_cell()
            first = begins if first is None else first
            if formulas:
                walker.inline(walker.source.text[place.start : place.end])
            else:
                walker.run(place.start, place.end)
            writer.trim()
            if place.joined is not None:
                writer.exact(place.joined[0])
                walker.run(place.joined[1], place.joined[2])
                writer.trim()
            text = writer.text_from(begins)
            latex = walker.source.text[place.start : place.joined[2] if place.joined else place.end].strip()
            cell = Cell(text=text, latex="" if latex == text else latex, rows=place.rows, columns=place.columns,
                        header=index < heads)  # fmt: skip
            grid.add(cell)
        writer.line()
    walker.cell = False
    paragraph = walker.close("table")
    span = paragraph.span if paragraph else Span(start=writer.length, end=writer.length)
    caption, label, number_ = walker.pending_caption
    walker.pending_caption = ("", "", "")
    walker.parts.tables.append(
        Table(id=f"tab{len(walker.parts.tables) + 1}", caption=caption, label=label, number=number_,
              section=walker.section, rows=grid.rows(), span=span)
    )  # fmt: skip
    if walker.floats:
        walker.floats[-1].tables += 1
    else:
        walker.paragraph()


def _joined(source: Source, cells: list[_Place], marks: dict[int, str]) -> list[_Place]:
    """Cells with those that print one number made one."""
    if not marks:
        return cells
    out: list[_Place] = []
    column = 0
    for place in cells:
        before = column - 1
        column += place.columns
        inner = sum(1 for mark in marks if column - place.columns <= mark < column - 1)
        place.columns -= inner
        if place.columns + inner == 1 and before in marks and out and out[-1].columns == 1 and not out[-1].joined:
            left, right = out[-1], source.text[place.start : place.end].strip()
            if right and source.text[left.start : left.end].strip():
                left.joined = (marks[before], place.start, place.end)
            elif right:
                out[-1] = place
            continue
        out.append(place)
    return out


def _multi(walker: Walker, name: str, at: int, stop: int) -> int:
    """A \\multirow or \\multicolumn met outside the splitting, in a nested table: only its content counts."""
    source = walker.source
    at = source.drop(at, 2)
    return source.after_optionals(at)


def register() -> None:
    """Fill the tables of commands and environments."""
    ENVIRONMENTS.update(dict.fromkeys(_ARGUMENTS, tabular))
    COMMANDS.update(multicolumn=_multi, multirow=_multi)


register()
