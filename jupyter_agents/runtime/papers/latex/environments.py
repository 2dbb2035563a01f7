"""What environments mean: theorems, lists, abstracts, drawings, and those that are merely entered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ....records import Span
from .. import Block
from .counters import Label
from .lexing import DISPLAYS
from .walk import COMMANDS, ENVIRONMENTS

if TYPE_CHECKING:
    from .walk import Walker

_ARGUMENTS = {
    "minipage": 1, "multicols": 1, "wrapfigure": 2, "wraptable": 2, "adjustbox": 1, "adjustwidth": 2, "spacing": 1,
    "list": 2, "subfigure": 1, "subtable": 1, "CJK": 2, "CJK*": 2, "otherlanguage": 1, "tcolorbox": 0, "mdframed": 0,
    "enumerate": 0, "itemize": 0, "description": 0, "landscape": 0, "scriptsize": 0, "textblock": 1, "changemargin": 2,
    "IEEEbiography": 1, "appendices": 0, "savenotes": 0, "threeparttable": 0, "measuredfigure": 0, "tablenotes": 0,
    "turn": 1, "rotate": 1, "columns": 0, "column": 1, "boxedminipage": 1, "varwidth": 1, "scope": 0,
}  # fmt: skip
"""Transparent environments: what stands in them is read, their own arguments are not."""
_LISTS = frozenset(
    [
        "itemize",
        "enumerate",
        "description",
        "compactitem",
        "compactenum",
        "asparaenum",
        "inparaenum",
        "asparaitem",
        "list",
        "trivlist",
        "tablenotes",
        "compactdesc",
        "enumerate*",
        "itemize*",
        "inlinelist",
        "IEEEenumerate",
        "IEEEitemize",
    ]
)
_NUMBERED = frozenset(["enumerate", "compactenum", "asparaenum", "inparaenum", "enumerate*", "IEEEenumerate"])


def begin(walker: Walker, command: str, at: int, stop: int) -> int:
    """`\\begin{x}`: hand a known environment its inside; walk into one that is transparent or unknown."""
    source = walker.source
    opened = source.text.rfind("\\begin", 0, at)
    found = source.group(at)
    if found is None:
        return at
    name = source.text[found[0] : found[1]].strip()
    end, after = source.ends.get(opened, (stop, stop))
    end, after = min(end, stop), min(after, stop)
    if name in DISPLAYS:
        told = len(source.text[opened:after].rstrip())
        walker.display(opened, opened + told, name)
        return after
    handler = ENVIRONMENTS.get(name)
    if handler is None and name in walker.theorems:
        handler = _theorem
    if handler is not None:
        handler(walker, name, found[2], end)
        return after
    return _enter(walker, name, found[2])


def _enter(walker: Walker, name: str, at: int) -> int:
    if name in _LISTS:
        walker.paragraph()
        walker.lists.append((name, 0))
    elif name == "appendices":
        walker.counters.begin_appendix()
    elif name not in ("document", "small", "footnotesize", "scriptsize", "subequations"):
        walker.paragraph()
    at = walker.source.after_optionals(at) if walker.source.text[at : at + 1] == "[" else at
    return walker.source.drop(at, _ARGUMENTS.get(name, 0))


def leave(walker: Walker, command: str, at: int, stop: int) -> int:
    """`\\end{x}` of a transparent environment."""
    found = walker.source.group(at)
    if found is None:
        return at
    name = walker.source.text[found[0] : found[1]].strip()
    if name not in ("document", "small", "footnotesize", "scriptsize", "subequations"):
        walker.paragraph()
    if walker.lists and walker.lists[-1][0] == name:
        walker.lists.pop()
        if not walker.lists and walker.role == "item":
            walker.role = "text"
    return found[2]


def _item(walker: Walker, name: str, at: int, stop: int) -> int:
    walker.paragraph()
    source = walker.source
    found = source.optional(at)
    kind, count = walker.lists[-1] if walker.lists else ("itemize", 0)
    mark = "- "
    if found is not None:
        inner = source.blanks(at) + 1
        mark = f"{walker.plain(inner, inner + len(found[0]))} "
    elif kind in _NUMBERED:
        walker.lists[-1] = (kind, count + 1)
        walker.here = Label("item", str(count + 1))
        mark = f"{count + 1}. "
    if walker.cell:
        walker.writer.write(f" {mark}")
        return found[1] if found else source.blanks(at)
    walker.writer.prefix("  " * min(max(0, len(walker.lists) - 1), 6) + mark)
    if walker.role == "text":
        walker.role = "item"
    return found[1] if found else source.blanks(at)


def _theorem(walker: Walker, name: str, start: int, end: int) -> None:
    if walker.cell:
        walker.run(walker.source.after_optionals(start), end)
        return
    walker.paragraph()
    kind = walker.theorems.get(name)
    number = walker.counters.step(kind.counter) if kind and kind.counter else ""
    found = walker.source.optional(start)
    title, begins = "", start
    if found is not None:
        begins = walker.source.blanks(start) + 1
        title = walker.plain(begins, begins + len(found[0]))
        begins = found[1]
    shown = kind.title if kind else name.capitalize()
    head = " ".join(part for part in (shown, number, f"({title})" if title else "") if part)
    before, walker.here = walker.here, Label(name, number) if number else walker.here
    walker.writer.prefix(f"{head}. ")
    first = len(walker.parts.paragraphs)
    label = re.search(r"\\label\s*\{([^{}]*)\}", walker.source.text[begins:end])
    index = len(walker.parts.theorems)
    walker.parts.theorems.append(Block(id=f"th{index + 1}", kind=name, span=Span(start=0, end=0)))
    walker.as_role("theorem", begins, end)
    walker.paragraph()
    walker.here = before
    walker.parts.theorems[index] = Block(
        id=f"th{index + 1}",
        kind=name,
        title=title,
        label=label[1].strip() if label else "",
        section=walker.section,
        latex=walker.source.text[start:end].strip(),
        span=walker.covered(first),
    )


def _drop(walker: Walker, name: str, start: int, end: int) -> None:
    """Drawings and what is not printed."""


def _abstract(walker: Walker, name: str, start: int, end: int) -> None:
    walker.paragraph()
    walker.as_role("abstract", walker.source.after_optionals(start), end)
    walker.paragraph()


def abstract_command(walker: Walker, name: str, at: int, stop: int) -> int:
    """`\\abstract{…}`, as some classes want it."""
    found = walker.source.group(at)
    if found is None:
        return at
    _abstract(walker, name, found[0], found[1])
    return found[2]


def _inline_environment(walker: Walker, name: str, start: int, end: int) -> None:
    walker.inline(walker.source.text[start:end])


_UNREAD = [
    "tikzpicture",
    "tikzcd",
    "pgfpicture",
    "pspicture",
    "picture",
    "axis",
    "CCSXML",
    "keywords",
    "IEEEkeywords",
    "keyword",
    "thebibliography",
    "CJKfilt",
    "forest",
    "xy",
    "IEEEbiography",
    "IEEEbiographynophoto",
    "xymatrix",
    "references",
]


def register() -> None:
    """Fill the tables; later entries win."""
    COMMANDS.update(begin=begin, end=leave, item=_item, abstract=abstract_command)
    ENVIRONMENTS.update(dict.fromkeys(_UNREAD, _drop))
    ENVIRONMENTS.update(dict.fromkeys(("abstract", "abstract*", "onecolabstract", "sciabstract"), _abstract))
    ENVIRONMENTS["proof"] = _theorem
    ENVIRONMENTS["math"] = _inline_environment


register()
