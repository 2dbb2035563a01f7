"""What a page of a paper costs to parse, beside the library that reads the same bytes and makes nothing of them.

A page is a page of a PDF, and 3,000 characters of stored text elsewhere. The real papers that may lie beside the
checkout are measured where they are there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_agents.runtime.papers import Paper, html, latex, markdown, pdf
from tests.benchmarks.frame import Row, folder, number, seconds
from tests.support.pdf_writer import PdfPage
from tests.support.pdf_writer import pdf as written_pdf

HOUSE = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("JUPYTER_AGENTS_SHARED") or HOUSE.parent / "shared")
PAGE = 3_000
"""Characters."""

Read = Callable[[Path], Paper]


@dataclass(frozen=True)
class Kind:
    """One form of papers: our reader, and what the library beneath it does alone."""

    name: str
    read: Read
    floor: Callable[[Path], object]
    against: str


def latex_alone(place: Path) -> None:
    """Every `.tex` file as a tree of nodes."""
    from pylatexenc.latexwalker import LatexWalker

    for file in place.rglob("*.tex"):
        LatexWalker(file.read_text(errors="replace"), tolerant_parsing=True).get_latex_nodes()


def html_alone(file: Path) -> None:
    """The tree of elements."""
    import lxml.html

    lxml.html.parse(str(file))


def pdf_alone(file: Path) -> None:
    """The text of every page."""
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        for page in document:
            page.get_textpage().get_text_bounded()


def markdown_alone(file: Path) -> None:
    """The tokens."""
    from markdown_it import MarkdownIt

    MarkdownIt().parse(file.read_text())


LATEX = Kind("LaTeX", lambda place: latex.read(place, id="local:x", version=""), latex_alone, "pylatexenc's tree")
HTML = Kind("HTML", lambda file: html.read(file, id="local:x", version=""), html_alone, "lxml's tree")
PDF = Kind(
    "PDF",
    lambda file: pdf.read(file, id="local:x", version=""),
    pdf_alone,
    "pypdfium2's text, in no process of its own",
)
MARKDOWN = Kind("Markdown", lambda file: markdown.read(file, id="local:x", version=""), markdown_alone, "its tokens")


def pages(source: Path, paper: Paper) -> float:
    """How long a paper is."""
    if source.suffix != ".pdf":
        return len(paper.text) / PAGE
    import pypdfium2

    with pypdfium2.PdfDocument(source) as document:
        return len(document)


def sentences(part: int) -> list[str]:
    """What one page says, and no other."""
    return [f"In sample {part}.{i} the slope is {0.1 * i + part:.1f} where errors stand in both." for i in range(45)]


def written(place: Path) -> dict[str, Path]:
    """The same four pages in each form."""
    parts, sheets = [sentences(part) for part in range(1, 5)], [PdfPage() for _ in range(4)]
    for sheet, part in zip(sheets, parts, strict=True):
        sheet.lines(72, 720, "\n".join(part), size=9)
    texts = ["\n".join(part) for part in parts]
    told = {
        "paper.pdf": written_pdf(sheets),
        "paper.md": "".join(f"\n## Part {i}\n\n{text}\n" for i, text in enumerate(texts)).encode(),
        "paper.html": "".join(f"<h2>Part {i}</h2><p>{text}</p>" for i, text in enumerate(texts)).encode(),
        "paper/main.tex": "\n".join(
            [
                r"\documentclass{article}\begin{document}",
                *(f"\\section{{Part {i}}}\n{text} Hence $y = m x + {i}$." for i, text in enumerate(texts)),
                r"\end{document}",
            ]
        ).encode(),
    }
    (place / "paper").mkdir()
    for name, data in told.items():
        (place / name).write_bytes(data)
    return {name: place / name for name in told}


def row(whose: str, kind: Kind, sources: Sequence[Path]) -> Row:
    """All papers of one kind together: milliseconds a page."""
    kind.read(sources[0])  # what is imported and compiled once
    kind.floor(sources[0])
    papers: list[Paper] = []
    taken_s = seconds(lambda: papers.extend(map(kind.read, sources)))
    floor_s = seconds(lambda: [kind.floor(source) for source in sources])
    n_pages = sum(map(pages, sources, papers))
    what = f"parse a page of {kind.name}: {whose}, {number(n_pages)} pages"
    return Row(what, "ms", 1e3 * taken_s / n_pages, 1e3 * floor_s / n_pages, kind.against)


def rows(small: bool) -> Iterable[Row]:
    """Each kind on our own papers, LaTeX and PDF also on real ones."""
    own = [*HOUSE.glob("tests/data/papers/*/"), *HOUSE.glob("demo_notebooks/papers/*/*/")]
    with folder() as place:
        made = written(place)
        yield row("made here", LATEX, [place / "paper"])
        yield row("made here", HTML, [made["paper.html"]])
        yield row("made here", PDF, [made["paper.pdf"]])
        yield row("made here", MARKDOWN, [made["paper.md"]])
    if not small:
        yield row("ours, small papers", LATEX, [source for source in own if any(source.glob("*.tex"))])
    if SHARED.is_dir() and not small:
        real = sorted(SHARED.glob("papers/*/"))
        yield row("real papers", LATEX, [source for source in real if any(source.glob("*.tex"))])
        yield row("real papers", PDF, sorted(SHARED.glob("papers/litgraph_pdf/*.pdf")))
