"""Figures, tables and algorithms that float: read when the paragraph around them is complete."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ....records import Span
from .. import Block, Figure, Table
from .counters import Label
from .programs import statements
from .walk import COMMANDS, ENVIRONMENTS, Float

if TYPE_CHECKING:
    from .walk import Walker

_FLOATS = (
    "table", "figure", "wrapfigure", "wraptable", "sidewaystable", "sidewaysfigure", "SCfigure", "algorithm",
    "margintable", "marginfigure", "teaserfigure",
)  # fmt: skip


Inside = Callable[["Walker", int, int], None]


def later_float(walker: Walker, kind: str, start: int, end: int, inside: Inside) -> None:
    """Read a float of a kind, once the paragraph around it is complete, by `inside`."""
    walker.later(lambda: _read_float(walker, kind, start, end, inside))


def _run(walker: Walker, start: int, end: int) -> None:
    walker.run(start, end)


def _float(walker: Walker, name: str, start: int, end: int) -> None:
    if walker.floats:
        walker.run(walker.source.after_optionals(start), end)
        return
    walker.later(lambda: _read_float(walker, name, start, end))


def _read_float(walker: Walker, name: str, start: int, end: int, inside: Inside = _run) -> None:
    kind = name.rstrip("*").removeprefix("sideways").removeprefix("wrap").removeprefix("SC")
    kind = kind if kind in ("table", "figure", "algorithm") else ("table" if "tab" in kind.lower() else "figure")
    floating = Float(kind)
    role, walker.role = walker.role, "algorithm" if kind == "algorithm" else "text"
    lists, walker.lists = walker.lists, []
    walker.close()
    walker.floats.append(floating)
    first = len(walker.parts.paragraphs)
    begins = walker.source.after_optionals(start)
    if name.startswith("wrap"):
        begins = walker.source.drop(begins, 2)
    index = {"table": len(walker.parts.tables), "figure": len(walker.parts.figures)}.get(kind, 0)
    if kind == "algorithm" and "\\begin{algorithmic}" not in walker.source.text[begins:end]:
        statements(walker, begins, end)
    else:
        inside(walker, begins, end)
    walker.close()
    if kind == "figure":
        _figure_text(walker, floating)
    walker.floats.pop()
    walker.role, walker.lists = role, lists
    span = walker.covered(first)
    if kind == "figure":
        _add_figure(walker, floating, span)
    elif kind == "table":
        _complete_tables(walker, floating, index, span)
    elif kind == "algorithm":
        _add_algorithm(walker, floating, span, walker.source.text[begins:end].strip())


def _figure_text(walker: Walker, floating: Float) -> None:
    for file in floating.files:
        found = walker.figure_text(file)
        if found.strip():
            walker.close()
            walker.writer.prefix(f"[Text in {file}] ")
            walker.writer.exact(found.strip())
            walker.close("figure_text")
            floating.text = "\n".join(part for part in (floating.text, found.strip()) if part)


def _caption_of(floating: Float) -> str:
    return " ".join(text for text, _ in floating.captions)


def _add_figure(walker: Walker, floating: Float, span: Span) -> None:
    if floating.tables and not floating.files and not floating.captions:
        return
    walker.parts.figures.append(
        Figure(
            id=f"fig{len(walker.parts.figures) + 1}",
            caption=_caption_of(floating),
            label=floating.label,
            number=floating.number,
            section=walker.section,
            files=tuple(dict.fromkeys(floating.files)),
            text=floating.text,
            span=span,
        )
    )


def _complete_tables(walker: Walker, floating: Float, index: int, span: Span) -> None:
    """Give the tables of one float its caption, label and number; a float without rows is kept and says so."""
    tables = walker.parts.tables
    about = ", ".join(floating.missing)
    if len(tables) == index and not floating.files:
        note = f"its rows are in {about}, which is not there" if about else "no rows were found in it"
        tables.append(Table(id=f"tab{index + 1}", span=span, section=walker.section, note=note))
        walker.parts.notes.append(f"table {floating.number or index + 1}: {note}")
    elif len(tables) == index:
        return _add_figure_table(walker, floating, span)
    whole = len(tables) == index + 1
    for place in range(index, len(tables)):
        table = tables[place]
        note = f"a part of it is in {about}, which is not there" if about and table.rows else table.note
        tables[place] = Table(
            id=table.id, caption=table.caption or _caption_of(floating), label=table.label or floating.label,
            number=table.number or floating.number, section=walker.section, rows=table.rows,
            span=span if whole else table.span, note=note,
        )  # fmt: skip
    return None


def _add_figure_table(walker: Walker, floating: Float, span: Span) -> None:
    walker.parts.tables.append(
        Table(
            id=f"tab{len(walker.parts.tables) + 1}",
            caption=_caption_of(floating),
            label=floating.label,
            number=floating.number,
            section=walker.section,
            span=span,
            note=f"it is an image: {', '.join(floating.files)}",
        )
    )


def _add_algorithm(walker: Walker, floating: Float, span: Span, latex: str) -> None:
    walker.parts.algorithms.append(
        Block(
            id=f"alg{len(walker.parts.algorithms) + 1}",
            kind="algorithm",
            title=_caption_of(floating),
            label=floating.label,
            section=walker.section,
            latex=latex,
            span=span,
        )
    )


def _head(floating: Float) -> str:
    """`Figure 2: ` before a caption, `(a) ` before that of a part."""
    if floating.in_part:
        floating.parts += 1
        return f"({chr(ord('a') + (floating.parts - 1) % 26)}) "
    return " ".join(part for part in (floating.kind.capitalize(), floating.number) if part) + ": "


def caption(walker: Walker, name: str, at: int, stop: int) -> int:
    """`\\caption[short]{long}`: a paragraph of its own; the first one numbers its float."""
    source = walker.source
    if name in ("captionof", "captionof*"):
        kind = source.group(at)
        at = kind[2] if kind else at
    found = source.group(source.after_optionals(at))
    if found is None:
        return at
    start, end, after = found
    if walker.cell:
        return after
    walker.close()
    floating = walker.floats[-1] if walker.floats else Float("figure")
    starred = source.text[at - 1] == "*"
    if not floating.number and not starred:
        floating.number = walker.counters.step(floating.kind)
        walker.here = Label(floating.kind, floating.number)
    walker.writer.prefix(_head(floating))
    paragraph = walker.as_role("caption", start, end)
    if paragraph is not None:
        span = paragraph.span
        floating.captions.append((walker.writer.text_from(span.start), span))
    return after


def _graphic(walker: Walker, name: str, at: int, stop: int) -> int:
    source = walker.source
    found = source.group(source.after_optionals(at + (source.text[at : at + 1] == "*")))
    if found is None:
        return at
    asked = walker.expand(source.text[found[0] : found[1]]).strip()
    file = walker.find_graphic(asked)
    if not file and asked:
        walker.parts.missing.append(asked)
    if file and walker.floats:
        walker.floats[-1].files.append(file)
    elif file and not walker.cell:
        walker.later(lambda: _loose_graphic(walker, file))
    return found[2]


def _loose_graphic(walker: Walker, file: str) -> None:
    """A picture outside of every float is a figure without number and caption."""
    floating = Float("figure", files=[file])
    walker.close()
    first = len(walker.parts.paragraphs)
    _figure_text(walker, floating)
    _add_figure(walker, floating, walker.covered(first))


def _part_of_float(walker: Walker, name: str, start: int, end: int) -> None:
    """A sub-figure: part of the figure around it."""
    begins = walker.source.drop(start, 1)
    if walker.floats:
        walker.floats[-1].in_part = True
        walker.run(begins, end)
        walker.floats[-1].in_part = False
    else:
        _read_float(walker, "figure" if "figure" in name else "table", begins, end)


def _part_command(walker: Walker, name: str, at: int, stop: int) -> int:
    """`\\subfloat[caption]{picture}` and its kin: read the caption, go on inside the braces."""
    source = walker.source
    found = source.optional(at)
    if found is None:
        return at
    begins = source.blanks(at) + 1
    following = source.optional(found[1])
    if following:
        begins, found = source.blanks(found[1]) + 1, following
    if walker.floats and found[0].strip() and not walker.cell:
        floating = walker.floats[-1]
        walker.close()
        floating.in_part = True
        walker.writer.prefix(_head(floating))
        floating.in_part = False
        paragraph = walker.as_role("caption", begins, begins + len(found[0]))
        if paragraph is not None:
            span = paragraph.span
            floating.captions.append((walker.writer.text_from(span.start), span))
    return found[1]


def register() -> None:
    """Fill the tables of commands and environments."""
    COMMANDS.update(dict.fromkeys(("caption", "captionof", "tablecaption", "subcaption", "figcaption"), caption))
    COMMANDS.update(dict.fromkeys(("includegraphics", "plotone", "includesvg", "epsfbox"), _graphic))
    COMMANDS.update(dict.fromkeys(("subfloat", "subfigure", "subtable"), _part_command))
    for name in _FLOATS:
        ENVIRONMENTS[name] = ENVIRONMENTS[f"{name}*"] = _float
    ENVIRONMENTS.update(dict.fromkeys(("subfigure", "subfigure*", "subtable", "subtable*"), _part_of_float))


register()
