"""The LaTeX of a formula: MathML's annotation, its alternative text, or MathJax's script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .dom import classes, tag

if TYPE_CHECKING:
    from lxml.html import HtmlElement
else:
    HtmlElement = Any


def latex_of(element: HtmlElement) -> str | None:
    """LaTeX of a `math` element, a KaTeX or MathJax span or script; None for any other element."""
    name = tag(element)
    if name == "math":
        return _of_math(element)
    if name == "script" and (element.get("type") or "").startswith("math/tex"):
        return _clean(element.text or "")
    if {"katex", "mwe-math-element"} & classes(element):
        math = next((e for e in element.iterdescendants() if tag(e) == "math"), None)
        return _of_math(math) if math is not None else None
    return None


def is_display(element: HtmlElement) -> bool:
    """Whether a formula stands on a line of its own."""
    parent = element.getparent()
    return (
        element.get("display") == "block"
        or "mode=display" in (element.get("type") or "")
        or (parent is not None and "katex-display" in classes(parent))
    )


def _of_math(math: HtmlElement) -> str:
    for annotation in math.iterdescendants():
        if tag(annotation) == "annotation" and "tex" in (annotation.get("encoding") or "").lower():
            return _clean(annotation.text or "")
    if alternative := math.get("alttext"):
        return _clean(alternative)
    return " ".join("".join(_presented(math)).split())


def _presented(math: HtmlElement) -> list[str]:
    """The signs of a formula that came without LaTeX, annotations left out."""
    pieces: list[str] = [math.text or ""]
    for child in math:
        if tag(child) not in {"annotation", "annotation-xml"}:
            pieces += _presented(child)
        pieces.append(child.tail or "")
    return pieces


def _clean(latex: str) -> str:
    """LaTeXML breaks long lines by `%` and a line end, which authors did not write."""
    return latex.replace("%\n", "").strip()
