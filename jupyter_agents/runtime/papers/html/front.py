"""Title, authors and dates of a page: from what it shows, else from what its head declares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .dom import classes, find_all, tag

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from .inline import Inline
else:
    HtmlElement = Inline = Any


def title_of(root: HtmlElement) -> str:
    """What the head calls the page."""
    element = next(root.iter("title"), None)
    return " ".join((element.text or "").split()) if element is not None else ""


def authors_of(body: HtmlElement, inline: Inline) -> tuple[str, ...]:
    """Names shown as authors; one LaTeXML name may hold several, parted by line breaks, commas or `and`."""
    names: list[str] = []
    for person in find_all(body, "ltx_personname"):
        for line in _lines(person, inline):
            names += [n for n in re.split(r"\s*(?:,|;|&|\band\b)\s+", line) if _is_name(n)]
    return tuple(dict.fromkeys(n.strip(" ,;") for n in names))


def metadata_of(root: HtmlElement) -> dict[str, str]:
    """`citation_…` and author entries of the head; several of a name are lines of one value."""
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        name, content = (element.get("name") or "").lower(), " ".join((element.get("content") or "").split())
        if content and (name.startswith("citation_") or name == "author"):
            found.setdefault("citation_author" if name == "author" else name, []).append(content)
    return {name: "\n".join(values) for name, values in found.items()}


def _lines(person: HtmlElement, inline: Inline) -> list[str]:
    """The lines of a name element; marks, notes and addresses are no names."""
    lines = [person.text or ""]
    for child in person:
        if tag(child) == "br":
            lines.append("")
        elif tag(child) != "sup" and not {"ltx_note", "ltx_text_typewriter", "ltx_ERROR"} & classes(child):
            lines[-1] += inline.text(child) if tag(child) != "math" else " "
        lines[-1] += child.tail or ""
    return [" ".join(line.split()) for line in lines]


def _is_name(text: str) -> bool:
    """Two to six words that begin with letters: no address, institute or mark."""
    words = text.split()
    return (
        2 <= len(words) <= 6
        and not re.search(r"[@\d]|\b(?:University|Institute|Department|Laboratory|School|Inc|Center|Centre)\b", text)
        and words[0][0].isupper()
    )
