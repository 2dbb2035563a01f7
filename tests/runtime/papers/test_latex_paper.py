"""Whole papers of our own, in several styles, read as a researcher would."""

from __future__ import annotations

import pytest

from .latex_papers import check_spans, own


@pytest.mark.parametrize("name", ["article", "theorems", "letter", "conference"])
def test_every_span_is_exactly_its_part(name: str) -> None:
    check_spans(own(name))


@pytest.mark.parametrize("name", ["article", "theorems", "letter", "conference"])
def test_reading_twice_gives_the_same_paper(name: str) -> None:
    assert own(name) == own(name)


def test_title_authors_and_abstract_lose_their_commands_and_accents() -> None:
    paper = own("article")
    assert paper.title == "Ladders for Naïve Learners"
    assert paper.authors == ("Ana María López", "Jürgen Großmann")
    assert paper.abstract == "We present Ladder-v2, which reaches 93.1% accuracy on Steps."


def test_main_file_is_found_among_decoys_and_the_supplement_is_kept_apart() -> None:
    paper = own("article")
    assert "supplement kept apart: supplement.tex" in paper.notes
    assert any("sample-style.tex" in note for note in paper.notes)
    assert "Supplementary words" not in paper.text


def test_sections_come_in_order_nested_and_numbered() -> None:
    paper = own("article")
    assert [(s.number, s.title, s.level) for s in paper.sections[1:]] == [
        ("1", "Introduction", 1),
        ("2", "Method", 1),
        ("2.1", "Details", 2),
        ("3", "Results", 1),
        ("A", "More data", 1),
    ]
    assert paper.path(paper.sections[3].id) == "Method › Details"


def test_inputs_are_followed_and_what_is_not_there_is_named() -> None:
    paper = own("article")
    assert "A third paragraph with 50 %" in paper.text
    assert set(paper.missing) == {"sections/lost.tex", "generated/rows.tex"}


def test_hidden_text_stays_hidden_and_verbatim_is_not_interpreted() -> None:
    paper = own("article")
    for hidden in ("Hidden", "hidden", "Nothing to see", "Ghost", "commented out"):
        assert hidden not in paper.text
    assert "Code is at https://example.org/a%20b?x=1." in paper.text
    assert "\\section{not a heading} % not a comment\n$x$ & \\cite{nobody}" in paper.text
    assert "nobody" not in paper.cited_keys


def test_displays_are_kept_exactly_and_expanded_beside() -> None:
    paper = own("article")
    assert [e.environment for e in paper.equations] == ["equation", "align", "\\[", "$$"]
    first = paper.equations[0]
    assert "\\loss(w) = \\norm{w}{2}" in first.latex
    assert "\\mathcal{L}(w) = \\left\\lVert w \\right\\rVert_{2}" in first.expanded
    assert first.label == "eq:loss"
    assert "as in Equation (1)." in paper.text


def test_citations_join_references_from_the_bib_file() -> None:
    paper = own("article")
    assert paper.cited_keys == ("smith2001", "lee2010")
    assert [r.key for r in paper.references] == ["smith2001", "lee2010"]
    smith, lee = paper.references
    assert smith.title == "On Ladders & Steps"
    assert smith.authors == ("Anna Smith", "José de la Cruz")
    assert (smith.year, smith.doi) == ("2001", "10.1234/abc_d")
    assert lee.arxiv == "1001.01234"
    assert "Journal of Ladders A" in smith.text
    assert "[see smith2001, lee2010, p. 3]; [smith2001] began it." in paper.text


def test_footnotes_are_paragraphs_behind_theirs() -> None:
    paper = own("article")
    note = paper.footnotes[0]
    assert paper.quote(note.span) == "A note with $x^2$ and [lee2010]."
    assert next(p for p in paper.paragraphs if p.role == "footnote").cites == ("lee2010",)


def test_table_cells_are_resolved_into_a_rectangle() -> None:
    table = own("article").tables[0]
    assert (table.number, table.label) == ("1", "tab:main")
    assert table.caption == "Accuracy of Ladder-v3 with $\\pm$ one deviation."
    assert table.grid() == [
        ["Model", "Size", "Accuracy (%)", "Accuracy (%)"],
        ["Model", "Size", "dev", "test"],
        ["Baseline", "10 M", "90.2", "89.7"],
        ["Ladder-v2", "12 M", "94.0$\\pm$0.2", "$93.1 \\pm 0.3$"],
        ["Both [lee2010]", "a & b", "1", "2"],
        ["Both [lee2010]", "c", "3", "4"],
    ]
    assert [cell.header for cell in table.rows[1]] == [True, True]
    assert not table.rows[2][0].header


def test_table_whose_rows_are_elsewhere_has_no_rows_and_says_so() -> None:
    table = own("article").tables[1]
    assert table.rows == ()
    assert table.caption == "Rows that are elsewhere."
    assert "generated/rows.tex" in table.note


def test_numbers_keep_their_precision_uncertainty_and_unit() -> None:
    numbers = [(n.text, n.uncertainty, n.unit) for n in own("article").numbers]
    assert ("93.1", "", "%") in numbers
    assert ("2.24", "0.11", "") in numbers
    assert ("94.0", "0.2", "") in numbers
    assert ("50", "", "%") in numbers


def test_text_layer_of_a_figure_follows_its_caption() -> None:
    paper = own("article")
    figure = paper.figures[0]
    assert figure.files == ("figures/steps.pdf",)
    assert "slope m = 1.50 ± 0.05" in figure.text
    roles = [p.role for p in paper.paragraphs]
    assert roles[roles.index("figure_text") - 1] == "caption"
    assert ("1.50", "0.05") in [(n.text, n.uncertainty) for n in paper.numbers]


def test_theorems_share_counters_and_keep_their_names() -> None:
    paper = own("theorems")
    assert [(t.kind, t.title, t.label) for t in paper.theorems] == [
        ("defn", "", "d:ring"),
        ("lem", "Zorn", "l:zorn"),
        ("nota", "", ""),
        ("thm", "", "t:main"),
        ("proof", "", ""),
    ]
    assert "Theorem 2.1. By Lemma 1.2 and Definition 1.1," in paper.text
    assert paper.quote(paper.theorems[1].span) == "Every chain ends.\n\nIt has two paragraphs."
    assert paper.title == "Rings without $\\mathbb{Z}$"
    assert paper.authors == ("Emmy Example", "Felix Second")


def test_references_inside_the_paper_are_read() -> None:
    book, preprint = own("theorems").references
    assert (book.title, book.authors, book.year) == ("A book on rings", ("A. Author", "B. Author"), "1999")
    assert (preprint.title, preprint.arxiv, preprint.url) == ("A preprint", "1234.56789v2", "https://example.org")


def test_letter_without_headings_has_one_section_and_its_printed_bibliography() -> None:
    paper = own("letter")
    assert [s.title for s in paper.sections] == ["", "Results."]
    assert paper.authors == ("Ada One", "Bob Two")
    one, two = paper.references
    assert (one.title, one.authors, one.year) == ("Rain on leaves", ("A. One", "C. Three"), "2019")
    assert one.doi == "10.1103/PhysRevLett.1.1"
    assert one.text == "A. One and C. Three, “Rain on leaves,” Phys. Rev. Lett. 1, 1 (2019)"
    assert two.arxiv == "2001.00001"
    assert ("9.8", "0.2", "ms") in [(n.text, n.uncertainty, n.unit) for n in paper.numbers]
    assert "up to 1.5 m/s." in paper.text


def test_conference_paper_keeps_programs_panels_and_nested_tables() -> None:
    paper = own("conference")
    assert paper.authors == ("Carla Muster", "Dan Čech", "Eve Third")
    assert paper.algorithms[0].title == "Sort"
    assert "for $i \\gets 1$ to $n$\n  swap $L_i$ and $L_{i+1}$ // cheap\nendfor\nreturn $L$" in paper.text
    figure = paper.figures[0]
    assert (figure.number, figure.files) == ("1", ("left.png", "right.png"))
    assert "(a) Left.\n\n(b) Right.\n\nFigure 1: Two panels." in paper.text
    assert paper.tables[0].grid() == [["Name", "Value"], ["two lines", "7.50"], ["last", "a&b"]]
    assert paper.references[0].title == "First"
