from __future__ import annotations

import time
from pathlib import Path

import pytest

from jupyter_agents.errors import PaperRefused, PaperUnreadable
from jupyter_agents.runtime.papers import Paper, latex, pdf
from tests.support.pdf_writer import PdfPage, pdf_bomb
from tests.support.pdf_writer import pdf as write_pdf

LEFT, RIGHT = 60.0, 320.0

FIRST_LEFT = """
Lines are fitted to points in every labora-
tory, and the slope of the line is often the one
number that is wanted (Hogg and Bovy, 2010).
It was found that a well-known estimate fails
where both coordinates carry errors, and that
the failure is a bias which no amount of data
will remove. The remedy is known since long
and was put into words by many (Press, 1992),
although it is rarely used. We measure how
much is lost by each of the ways that people
"""
FIRST_RIGHT = """
take in practice, on data that were drawn for
this purpose and on others that were not. The
well-known estimate is off by a tenth of its
value on the first and by more on the second.
"""

DATA = """
The points were drawn one by one by a person
who did not know what they were for, with a
steady hand and a soft pencil. Then they were
read by another.
"""
SECOND_LEFT = """
The second page goes on with words that have
no other purpose than to fill the column, and
which say so. They are followed by the list of
references, which is what we came for, and by
nothing else. This is the end of it, and of all
that was to be said.
"""


def two_columns() -> bytes:
    first, second = PdfPage(), PdfPage()
    first.put(150, 730, "On the Slopes of Lines in Noise", size=17, bold=True)
    first.put(190, 705, "Ada Example and Bo van Sample", size=12)
    first.put(230, 690, "University of Lines", size=10)
    first.put(150, 660, "Abstract", size=11, bold=True)
    y = first.lines(
        LEFT + 10,
        645,
        "We fit lines and reach a slope of 2.24, which is\nmore than was ever reached before by anyone.",
        size=10,
    )
    first.put(LEFT, y - 15, "1  Introduction", size=12, bold=True)
    first.lines(LEFT, y - 35, FIRST_LEFT)
    first.put(LEFT, 90, "1This work was done on a Sunday afternoon.", size=8)
    y = first.lines(RIGHT, 645, FIRST_RIGHT)
    first.put(RIGHT, y - 10, "Table 1: Slopes by method and data.")
    for row, cells in enumerate(
        [("Method", "clean", "noisy"), ("least squares", "2.02", "1.87"), ("ours", "2.24", "2.21")]
    ):
        for x, cell in zip((RIGHT, RIGHT + 100, RIGHT + 160), cells, strict=True):
            first.put(x, y - 40 - 14 * row, cell)
    y = y - 40 - 14 * 3 - 20
    first.put(RIGHT, y, "1.1  Data", size=11, bold=True)
    first.lines(RIGHT, y - 18, DATA)
    second.lines(LEFT, 640, SECOND_LEFT)
    second.put(LEFT, 545, "References", size=12, bold=True)
    second.lines(LEFT, 525, "David W. Hogg and Jo Bovy. 2010. Fitting a model")
    second.lines(LEFT + 12, 513, "to data. arXiv:1008.4686.")
    second.lines(LEFT, 501, "William Press. 1992. Numerical recipes in practice.")
    second.lines(LEFT + 12, 489, "Cambridge. doi:10.1000/xyz123.")
    second.put(RIGHT, 665, "A.  Extras", size=12, bold=True)
    second.lines(RIGHT, 640, "\n".join(["words of the right column of this page, which"] * 8))
    for number, page in enumerate((first, second), 1):
        page.put(200, 770, "Journal of Straight Things, volume 7", size=8)
        page.put(300, 30, str(number), size=9)
    return write_pdf([first, second], title="untitled.dvi")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    path = tmp_path_factory.mktemp("pdf") / "lines.pdf"
    path.write_bytes(two_columns())
    return pdf.read(path, id="local:lines", version="sha256:0")


def texts(paper: Paper, *roles: str) -> list[str]:
    return [paper.quote(p.span) for p in paper.paragraphs if p.role in roles]


def test_title_and_authors_stand_on_the_page_not_in_the_file(paper: Paper) -> None:
    assert paper.title == "On the Slopes of Lines in Noise"
    assert paper.authors == ("Ada Example", "Bo van Sample")
    assert paper.abstract.endswith("more than was ever reached before by anyone.")


def test_sections_have_numbers_levels_and_pages(paper: Paper) -> None:
    assert [(s.number, s.title, s.level, s.page) for s in paper.sections[1:]] == [
        ("", "Abstract", 1, 1),
        ("1", "Introduction", 1, 1),
        ("1.1", "Data", 2, 1),
        ("", "References", 1, 2),
        ("A", "Extras", 1, 2),
    ]


def test_a_paragraph_goes_on_over_columns_and_hyphens(paper: Paper) -> None:
    (introduction,) = [t for t in texts(paper, "text") if t.startswith("Lines are fitted")]
    assert "every laboratory, and" in introduction
    assert "ways that people take in practice" in introduction
    assert "The well-known estimate is off" in introduction
    assert introduction.endswith("by more on the second.")


def test_running_heads_and_page_numbers_are_left_out(paper: Paper) -> None:
    assert "Straight Things" not in paper.text
    assert not any(t in {"1", "2"} for t in texts(paper, "text", "item", "footnote"))


def test_tables_are_cells_and_say_where_they_come_from(paper: Paper) -> None:
    (table,) = paper.tables
    assert (table.number, table.caption, table.page) == ("1", "Table 1: Slopes by method and data.", 1)
    assert table.grid() == [["Method", "clean", "noisy"], ["least squares", "2.02", "1.87"], ["ours", "2.24", "2.21"]]
    assert "compare with the page" in table.note
    assert {"2.24", "1.87"} <= {n.text for n in paper.numbers}


def test_footnotes_references_and_citations(paper: Paper) -> None:
    assert texts(paper, "footnote") == ["1This work was done on a Sunday afternoon."]
    assert [(r.year, r.title, r.arxiv, r.doi) for r in paper.references] == [
        ("2010", "Fitting a model to data", "1008.4686", ""),
        ("1992", "Numerical recipes in practice", "", "10.1000/xyz123"),
    ]
    assert [(paper.quote(c.span), c.keys) for c in paper.citations] == [
        ("Hogg and Bovy, 2010)", ("1",)),
        ("Press, 1992)", ("2",)),
    ]


def test_it_says_that_equations_are_not_reliable(paper: Paper) -> None:
    assert "from PDF, equations not reliable" in paper.notes


def test_pages_without_words_are_named(tmp_path: Path) -> None:
    page = PdfPage()
    page.lines(60, 700, "Some words on the first page only, and\nmore of them.")
    path = tmp_path / "a.pdf"
    path.write_bytes(write_pdf([page, PdfPage()]))
    assert "no text on page 2" in pdf.read(path, id="local:a", version="v").notes


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (write_pdf([PdfPage(), PdfPage()]), "no text layer"),
        (write_pdf([PdfPage()], encrypted=True), "encrypted"),
        (b"%PDF-1.5\nnothing more", "damaged or cut short"),
        (two_columns()[:300], "damaged or cut short"),
        (b"plain words", "no PDF"),
        (b"", "no PDF"),
    ],
)
def test_what_cannot_be_read_says_the_next_step(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.pdf"
    path.write_bytes(content)
    with pytest.raises(PaperUnreadable, match=words):
        pdf.read(path, id="local:bad", version="v")


def test_too_many_pages_are_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(write_pdf([PdfPage()] * 1501))
    started = time.monotonic()
    with pytest.raises(PaperRefused, match="1,501 pages"):
        pdf.read(path, id="local:long", version="v")
    assert time.monotonic() - started < 20


def test_a_page_crowded_beyond_reason_is_refused(tmp_path: Path) -> None:
    page = PdfPage()
    for n in range(9_000):
        page.put(20 + (n % 90) * 6.5, 20 + (n // 90) * 7.5, "x", size=2)
    path = tmp_path / "crowded.pdf"
    path.write_bytes(write_pdf([page]))
    with pytest.raises(PaperRefused, match="more text than a paper has"):
        pdf.read(path, id="local:crowded", version="v")


@pytest.mark.soak
def test_a_bomb_ends_in_bounded_time_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pdf"
    path.write_bytes(pdf_bomb(3 * 2**30))
    with pytest.raises(PaperRefused, match="more memory or time"):
        pdf.read(path, id="local:bomb", version="v")


def test_a_real_paper_of_two_columns(shared_papers: Path) -> None:
    paper = pdf.read(shared_papers / "litgraph_pdf" / "N18-3011.pdf", id="local:litgraph", version="v")
    assert paper.title == "Construction of the Literature Graph in Semantic Scholar"
    assert (len(paper.authors), paper.authors[0], paper.authors[-1]) == (23, "Waleed Ammar", "Oren Etzioni")
    assert [len(t.grid()) for t in paper.tables] == [7, 5, 4, 3]
    assert paper.tables[1].grid()[2] == ["Statistical", "98.4", "712", "94.4", "928"]
    assert len(paper.references) == 27
    assert [s.title for s in paper.sections if s.level == 1][2:4] == [
        "Introduction",
        "Structure of The Literature Graph",
    ]
    assert "LITERATURE" not in paper.text
    assert "litera-" not in paper.text


def test_a_pdf_says_what_its_latex_says(shared_papers: Path) -> None:
    folder = shared_papers / "lifting_amsart"
    printed = pdf.read(folder / "compiled_by_collector.pdf", id="local:a", version="v")
    source = latex.read(folder, id="local:a", version="v")
    assert [s.title for s in printed.sections if s.number] == [s.title for s in source.sections if s.number]
    assert [r.year for r in printed.references] == [r.year for r in source.references]
    assert len(printed.authors) == len(source.authors)

    def bag(paper: Paper) -> set[str]:
        return {w.lower() for w in paper.text.split() if w.isalpha() and len(w) > 5}

    assert len(bag(source) & bag(printed)) / len(bag(source)) > 0.9


COLUMN = "\n".join(["words that fill this column from edge to edge so"] * 12)


def test_a_table_over_both_columns_is_one_table(tmp_path: Path) -> None:
    page = PdfPage()
    for row, cells in enumerate(
        [("Corpus", "papers", "text", "graph"), ("first", "8.1M", "full", "yes"), ("next", "1.5M", "part", "no")]
    ):
        for x, cell in zip((80, 190, 340, 470), cells, strict=True):
            page.put(x, 740 - 14 * row, cell)
    page.put(120, 690, "Table 1: A comparison of two corpora that is as wide as the whole page is.")
    page.lines(LEFT, 650, COLUMN)
    page.lines(RIGHT, 650, COLUMN)
    path = tmp_path / "wide.pdf"
    path.write_bytes(write_pdf([page]))
    paper = pdf.read(path, id="local:wide", version="v")
    (table,) = paper.tables
    assert table.grid() == [
        ["Corpus", "papers", "text", "graph"],
        ["first", "8.1M", "full", "yes"],
        ["next", "1.5M", "part", "no"],
    ]


def test_a_letter_without_headings_keeps_abstract_text_and_references_apart(tmp_path: Path) -> None:
    first, second = PdfPage(), PdfPage()
    first.put(150, 730, "A Letter on Drops", size=18, bold=True)
    first.put(200, 700, "Ada Example and Bo Sample", size=12)
    first.put(270, 660, "Abstract", bold=True)
    first.lines(
        70,
        640,
        "\n".join(
            ["This abstract is set in one column across the page and says what was found there"] * 5 + ["and no more."]
        ),
    )
    second.lines(
        70,
        700,
        "\n".join(["The text of the letter goes on for long lines without any heading, as letters do [2]"] * 6),
    )
    listed = [
        "[1] A. One, First things, J. Drop 1, 11 (2001).",
        "[2] B. Two, Second things, J. Drop 2, 22 (2002).",
        "[3] C. Three, Third things, J. Drop 3, 33 (2003).",
    ]
    second.lines(70, 400, "\n".join(listed), size=9)
    path = tmp_path / "letter.pdf"
    path.write_bytes(write_pdf([first, second]))
    paper = pdf.read(path, id="local:letter", version="v")
    assert [(r.key, r.year) for r in paper.references] == [("1", "2001"), ("2", "2002"), ("3", "2003")]
    assert "The text of the letter" not in paper.abstract
    assert {p.section for p in paper.paragraphs if paper.quote(p.span).startswith("The text")} == {"s0"}
    assert paper.cited_keys == ("2",)
