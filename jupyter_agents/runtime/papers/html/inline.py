"""Running text of HTML: words, formulas, citations; footnotes are put aside for after the paragraph."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ..draft import Flow
from .dom import classes, hidden, tag
from .maths import latex_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement
else:
    HtmlElement = Any

_SPACED: Final = frozenset(
    [
        "br",
        "p",
        "div",
        "li",
        "td",
        "th",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "dd",
        "dt",
        "figcaption",
        "section",
    ]
)


class Inline:
    """Reads the inside of elements into flows.

    key_of: the reference that an address like `#bib.bib1` stands for, or None.
    """

    def __init__(self, key_of: Callable[[str], str | None]) -> None:
        self.key_of = key_of
        self.footnotes: list[tuple[str, Flow]] = []
        self.errors: list[str] = []

    def flow(self, element: HtmlElement) -> Flow:
        """All that can be seen inside an element."""
        flow = Flow()
        self.inside(element, flow)
        return flow

    def text(self, element: HtmlElement) -> str:
        """The words of an element, formulas as LaTeX between dollars."""
        return self.flow(element).text

    def inside(self, element: HtmlElement, flow: Flow) -> None:
        """Adds what stands inside an element."""
        flow.add(element.text or "")
        for child in element:
            self.one(child, flow)
            flow.add(child.tail or "")

    def one(self, element: HtmlElement, flow: Flow) -> None:
        """Adds one element, without what follows it."""
        if (latex := latex_of(element)) is not None:
            if latex:
                flow.formula(latex)
            return
        if hidden(element):
            return
        names, name = classes(element), tag(element)
        if "ltx_note" in names:
            self._note(element)
        elif "ltx_ERROR" in names:
            self.errors.append(" ".join("".join(element.itertext()).split()))
        elif name == "cite" or "ltx_cite" in names:
            self._cite(element, flow)
        elif name == "a" and (key := self.key_of(element.get("href") or "")):
            flow.cite("".join(element.itertext()), (key,))
        elif name in {"sup", "sub"}:
            self._raised(element, flow, "^" if name == "sup" else "_")
        else:
            if name in _SPACED:
                flow.add(" ")
            self.inside(element, flow)
            if name in _SPACED:
                flow.add(" ")

    def _cite(self, element: HtmlElement, flow: Flow) -> None:
        """A whole citation, brackets and all, with every key that it links to."""
        links = [a.get("href") or "" for a in element.iter("a")]
        keys = tuple(dict.fromkeys(k for k in map(self.key_of, links) if k))
        if not keys:
            self.inside(element, flow)
            return
        flow.cite(self.text(element), keys)

    def _raised(self, element: HtmlElement, flow: Flow, sign: str) -> None:
        """An exponent keeps its sign, so that 10^-3 is not read as 10-3; a mark such as * or a does not."""
        inner = self.flow(element)
        if any(self.key_of(a.get("href") or "") for a in element.iter("a")):
            self.inside(element, flow)
        elif re.fullmatch(r"[+\-−–]?[\w.]{1,6}", inner.text) and flow.last.isalnum():
            flow.add(sign + inner.text)
        else:
            flow.add(inner.text)

    def _note(self, element: HtmlElement) -> None:
        """A LaTeXML note: its mark is repeated inside its content, where it is no text."""
        content = next((e for e in element.iterdescendants() if "ltx_note_content" in classes(e)), element)
        flow = Flow()
        flow.add(content.text or "")
        label = ""
        for child in content:
            if {"ltx_note_mark", "ltx_tag", "ltx_tag_note", "ltx_note_type"} & classes(child):
                label = label or " ".join("".join(child.itertext()).split())
            else:
                self.one(child, flow)
            flow.add(child.tail or "")
        if flow:
            self.footnotes.append((label, flow))
