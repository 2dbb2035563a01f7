"""AASTeX's deluxetable: head, data and comments stand in commands of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .columns import joints
from .floats import later_float
from .tables import split, write
from .walk import COMMANDS, ENVIRONMENTS

if TYPE_CHECKING:
    from .walk import Walker

_HEAD = re.compile(r"\\tablehead\b")
_CAPTION = re.compile(r"\\(?:tablecaption|caption)\b")
_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_START = re.compile(r"\\startdata\b")
_END = re.compile(r"\\(?:enddata|tablecomments|tablenotetext|tablerefs|label)\b")
_COMMENTS = re.compile(r"\\(?:tablecomments|tablenotetext|tablerefs)\b")


def _deluxetable(walker: Walker, name: str, start: int, end: int) -> None:
    later_float(walker, "table", start, end, _inside)


def _inside(walker: Walker, start: int, end: int) -> None:
    source = walker.source
    found = source.group(source.after_optionals(start))
    specification = source.text[found[0] : found[1]] if found else ""
    _caption(walker, start, end)
    head = _HEAD.search(source.text, start, end)
    group = source.group(head.end()) if head else None
    rows = split(source, group[0], group[1]) if group else []
    heads = len(rows)
    begin = _START.search(source.text, start, end)
    if begin:
        stop = _END.search(source.text, begin.end(), end)
        rows += split(source, begin.end(), stop.start() if stop else end)
    told = [row for row in rows if any(source.text[c.start : c.end].strip() for c in row.cells)]
    if told:
        write(walker, told, joints(specification), heads)
    for comment in _COMMENTS.finditer(source.text, start, end):
        at = source.group(comment.end())
        if at and "notetext" in comment[0]:
            at = source.group(at[2])
        if at:
            walker.as_role("text", at[0], at[1])


def _caption(walker: Walker, start: int, end: int) -> None:
    """The caption, or a number where there is none, then the label, which may stand anywhere."""
    match = _CAPTION.search(walker.source.text, start, end)
    if match:
        COMMANDS["caption"](walker, "caption", match.end(), end)
    label = _LABEL.search(walker.source.text, start, end)
    if label:
        walker.set_label(label[1])


def register() -> None:
    """Fill the table of environments."""
    ENVIRONMENTS.update(dict.fromkeys(("deluxetable", "deluxetable*"), _deluxetable))


register()
