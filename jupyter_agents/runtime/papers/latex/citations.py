"""Citations, labels and references to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .walk import COMMANDS

if TYPE_CHECKING:
    from .walk import Walker

_CITES = [
    "cite",
    "citep",
    "citet",
    "citealp",
    "citealt",
    "citeauthor",
    "citeyear",
    "citeyearpar",
    "citenum",
    "parencite",
    "textcite",
    "autocite",
    "footcite",
    "smartcite",
    "supercite",
    "fullcite",
    "footfullcite",
    "citeA",
    "shortcite",
    "onlinecite",
    "Cite",
    "Citet",
    "Citep",
    "Citealt",
    "Citealp",
    "Citeauthor",
    "Parencite",
    "Textcite",
    "Autocite",
    "Smartcite",
    "cites",
    "parencites",
    "textcites",
    "autocites",
    "footcites",
    "supercites",
    "newcite",
    "citeN",
    "citeNP",
    "shortciteN",
    "citeasnoun",
    "possessivecite",
    "citetalias",
    "citepalias",
    "citefullauthor",
    "posscite",
    "citeyearNP",
    "footcitetext",
    "notecite",
    "citedate",
    "citetitle",
    "citeurl",
]
_MANY = frozenset({"cites", "parencites", "textcites", "autocites", "footcites", "supercites"})


def _citation(walker: Walker, name: str, at: int, stop: int) -> int:
    source = walker.source
    many = name.rstrip("*") in _MANY
    shown: list[str] = []
    all_keys: list[str] = []
    after = at
    while True:
        notes: list[str] = []
        place = after
        while found := source.optional(place):
            notes.append(found[0])
            place = found[1]
        group = source.group(place)
        if group is None or (shown and not many):
            break
        keys = [
            key.strip() for key in re.split(r"[,\s]*,[,\s]*", source.text[group[0] : group[1]].strip()) if key.strip()
        ]
        if not keys:
            return group[2]
        before, behind = (notes[0], notes[1]) if len(notes) > 1 else ("", notes[0] if notes else "")
        piece = " ".join(part for part in (_plain(before), ", ".join(keys)) if part)
        shown.append(", ".join(part for part in (piece, _plain(behind)) if part))
        all_keys += keys
        after = group[2]
        if not many or not (source.optional(after) or source.group(after)):
            break
    if all_keys:
        walker.cite(tuple(all_keys), f"[{'; '.join(shown)}]")
    return after


def _plain(latex: str) -> str:
    """A citation's note: short, so its commands are merely taken off."""
    text = re.sub(r"\\[a-zA-Z]+\s*|[{}$]", "", latex.replace("~", " ").replace("\\,", " ").replace("--", "–"))
    return " ".join(text.split())


def _label(walker: Walker, name: str, at: int, stop: int) -> int:
    found = walker.source.group(at)
    if found is None:
        return at
    walker.set_label(walker.source.text[found[0] : found[1]])
    return found[2]


def _reference(walker: Walker, name: str, at: int, stop: int) -> int:
    found = walker.source.group(at)
    if found is None:
        return at
    keys = [key.strip() for key in walker.source.text[found[0] : found[1]].split(",")]
    shown = " and ".join(_referred(walker, name.rstrip("*"), key) for key in keys if key)
    walker.parts.references.append(walker.writer.exact(shown))
    return found[2]


def _referred(walker: Walker, name: str, key: str) -> str:
    label = walker.known.get(key)
    if label is None or not label.number or name == "pageref":
        return f"[{key}]"
    if name == "eqref" or (name in ("cref", "Cref", "autoref") and label.kind == "equation"):
        return f"({label.number})" if name == "eqref" else f"Eq. ({label.number})"
    return f"{label.kind.capitalize()} {label.number}" if name in ("cref", "Cref", "autoref") else label.number


def register() -> None:
    """Fill the table of commands."""
    COMMANDS.update(dict.fromkeys(_CITES, _citation))
    COMMANDS.update(
        dict.fromkeys(("ref", "eqref", "autoref", "cref", "Cref", "pageref", "vref", "subref"), _reference)
    )
    COMMANDS["label"] = _label


register()
