"""Papers written for the tests, and what must hold of every paper that was read."""

from __future__ import annotations

from pathlib import Path

from jupyter_agents.records import Span
from jupyter_agents.runtime.papers import Paper, latex

OWN = Path(__file__).resolve().parents[2] / "data" / "papers"


def own(name: str) -> Paper:
    """One of our own small papers."""
    return latex.read(OWN / name, id=f"local:{name}", version="")


def write(folder: Path, **files: str) -> Path:
    """Files of a paper; `a__b` is the file b.tex in the folder a, a name without suffix gets .tex."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.tex"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def body(folder: Path, text: str, preamble: str = "") -> Paper:
    """A one-file paper with this body."""
    source = f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{text}\n\\end{{document}}\n"
    write(folder, main=source)
    return latex.read(folder, id="local:x", version="v1")


def check_spans(paper: Paper) -> None:
    """Every span is exactly its part, lies in the text, and every paragraph has a section."""
    sections = {section.id for section in paper.sections}
    for paragraph in paper.paragraphs:
        text = paper.quote(paragraph.span)
        assert text
        assert text == text.strip(" \n") or paragraph.role == "table"
        assert paragraph.section in sections
    for equation in paper.equations:
        assert paper.quote(equation.span) == (equation.expanded or equation.latex)
    for formula in paper.inline_math:
        assert paper.quote(formula.span) == (formula.expanded or formula.latex)
        assert paper.text[formula.span.start - 1] == "$" == paper.text[formula.span.end]
    for citation in paper.citations:
        assert all(key in paper.quote(citation.span) for key in citation.keys)
    for number in paper.numbers:
        assert paper.quote(number.span) == number.text
    for section in paper.sections:
        if section.span is not None:
            assert section.title in paper.quote(section.span)
        if section.parent is not None:
            assert paper.section(section.parent).level < section.level
    for block in (*paper.theorems, *paper.algorithms, *paper.footnotes):
        inside(block.span, paper)
    for floating in (*(t.span for t in paper.tables), *(f.span for f in paper.figures)):
        inside(floating, paper)
    for figure in paper.figures:
        assert not figure.text or figure.text.splitlines()[0] in paper.quote(figure.span)


def inside(span: Span, paper: Paper) -> None:
    """A span lies in the text."""
    assert 0 <= span.start <= span.end <= len(paper.text)
