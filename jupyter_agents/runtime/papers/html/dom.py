"""HTML from strangers as a tree: nothing loaded, nothing expanded, depth bounded; and what of it can be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ....errors import PaperRefused, PaperUnreadable
from ..decoding import LONGEST_LINE, longest_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement
else:
    HtmlElement = Any

DEEPEST: Final = 200
MOST: Final = 2_000_000
"""Elements; the longest papers on arXiv have about 300,000."""

_NEVER_TEXT: Final = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "nav",
        "iframe",
        "object",
        "embed",
        "svg",
        "canvas",
        "button",
        "form",
        "select",
        "input",
        "textarea",
        "audio",
        "video",
        "map",
        "dialog",
    ]
)
_HIDING_STYLE: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)|text-indent\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_HIDING_CLASSES: Final = frozenset(
    {"ltx_page_navbar", "ltx_TOC", "ltx_page_footer", "ltx_rule", "sr-only", "visually-hidden"}
)


def parse(content: bytes, name: str) -> HtmlElement:
    """The root element. Raises PaperUnreadable for what is no HTML, PaperRefused beyond the bounds."""
    import lxml.html
    from lxml import etree

    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PaperUnreadable(f"{name} holds NUL bytes, so it is no HTML; give another file", path=name)
    if len(content) > LONGEST_LINE and longest_line(content.decode("latin-1")) > LONGEST_LINE * 4:
        raise PaperRefused(f"{name} has a line of over {LONGEST_LINE * 4:,} characters; it was not read", path=name)
    parser = lxml.html.HTMLParser(no_network=True, huge_tree=False, encoding=_encoding(content), remove_comments=True)
    try:
        root = lxml.html.document_fromstring(content, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as exc:
        raise PaperUnreadable(f"{name} cannot be read as HTML: {exc}", path=name) from exc
    _check(root, name)
    return root


def _encoding(content: bytes) -> str | None:
    """UTF-8 where the bytes are that, else what the page itself declares: pages often declare nothing."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None if re.search(rb"charset\s*=", content[:4096], re.IGNORECASE) else "cp1252"
    return "utf-8"


def _check(root: HtmlElement, name: str) -> None:
    level = [root]
    depth = total = 0
    while level:
        depth, total = depth + 1, total + len(level)
        if depth > DEEPEST or total > MOST:
            raise PaperRefused(f"{name} nests or holds too many elements to be a paper; it was not read", path=name)
        level = [child for element in level for child in element]


def classes(element: HtmlElement) -> set[str]:
    """The class names of an element."""
    return set((element.get("class") or "").split())


def tag(element: HtmlElement) -> str:
    """The name of an element without namespace; empty for comments and instructions."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def hidden(element: HtmlElement) -> bool:
    """Whether a reader of the page would not see it: then it is never text of the paper."""
    return (
        tag(element) in _NEVER_TEXT
        or not tag(element)
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDING_CLASSES & classes(element))
        or bool(_HIDING_STYLE.search(element.get("style") or ""))
    )


def find(element: HtmlElement, *names: str) -> HtmlElement | None:
    """The first element below with one of these classes, in document order."""
    wanted = set(names)
    return next((e for e in element.iterdescendants() if wanted & classes(e)), None)


def find_all(element: HtmlElement, *names: str) -> list[HtmlElement]:
    """All visible elements below with one of these classes."""
    wanted = set(names)
    return [e for e in element.iterdescendants() if wanted & classes(e) and not hidden(e)]
