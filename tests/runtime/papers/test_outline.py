from __future__ import annotations

import re

import pytest

from jupyter_agents.runtime.papers import Cell, Paper
from jupyter_agents.runtime.papers.bibliography import reference
from jupyter_agents.runtime.papers.cite import bibtex, bibtex_of_references, key_of
from jupyter_agents.runtime.papers.draft import Draft, Flow
from jupyter_agents.runtime.papers.outline import outline, section_text


@pytest.fixture
def paper() -> Paper:
    draft = Draft("html")
    draft.heading("Results", 1, number="1")
    draft.paragraph("First words.")
    draft.equation("y = mx")
    rows = (
        (Cell(text="a|b", rows=2), Cell(text="both", columns=2)),
        (Cell(text="x"), Cell(text="y")),
    )
    draft.table(rows, caption=Flow("Table 1: Things"), number="1")
    draft.footnote(Flow("A note."))
    draft.heading("Long part", 2, number="1.1")
    for n in range(40):
        draft.paragraph(f"Paragraph {n} " + "word " * 40)
    draft.references += [
        reference("bib1", "David W. Hogg, Jo Bovy, and Dustin Lang. 2010. Fitting a model to data. arXiv:1008.4686."),
        reference("bib2", "David W. Hogg, Jo Bovy, and Dustin Lang. 2010. Fitting a model once more. doi:10.1000/x1."),
        reference("smith:1999", "Something 100% odd & without form {"),
    ]
    draft.notes.append("from PDF, equations not reliable")
    return draft.finish(
        id="arXiv:1008.4686",
        version="v1",
        title="Fitting a model to 100% of $x_1$",
        authors=("Ada Ünal",),
        year="2010",
    )


def test_an_outline_names_every_section_with_what_it_holds(paper: Paper) -> None:
    text = outline(paper)
    assert "arXiv:1008.4686 v1" in text
    assert "Note: from PDF, equations not reliable" in text
    assert "  [s1] 1 Results: 3 paragraphs, 1 equation, 1 table" in text
    assert "    [s2] 1.1 Long part: 40 paragraphs" in text
    assert "[s0]" not in text


def test_a_short_outline_says_that_it_goes_on(paper: Paper) -> None:
    assert re.search(r"\[… \d more lines of the outline\]$", outline(paper, limit=120))


def test_a_section_shows_ids_tables_and_displays(paper: Paper) -> None:
    assert section_text(paper, "s1").split("\n\n") == [
        "## 1 Results [s1]",
        "[p1] First words.",
        "[eq1] y = mx",
        "[p2] (caption) Table 1: Things",
        "[t1]\n| a\\|b | both | both |\n|---|---|---|\n| a\\|b | x | y |",
        "[p4] (footnote) A note.",
        "Subsections: s2 Long part",
    ]


def test_a_long_section_is_read_in_parts_that_miss_nothing(paper: Paper) -> None:
    seen: list[str] = []
    start = ""
    for _ in range(40):
        text = section_text(paper, "s2", start=start, limit=2000)
        assert len(text) < 2300
        seen += re.findall(r"Paragraph (\d+) ", text)
        mark = re.search(r"continues: ask for it from (\w+); \d+ parts are left", text)
        if mark is None:
            break
        start = mark[1]
    assert seen == [str(n) for n in range(40)]


def test_one_part_beyond_the_limit_is_cut_and_says_so(paper: Paper) -> None:
    assert "p6 is cut here" in section_text(paper, "s2", start="p6", limit=100)


def test_unknown_sections_and_parts_are_told(paper: Paper) -> None:
    with pytest.raises(KeyError, match="s99"):
        section_text(paper, "s99")
    with pytest.raises(KeyError, match="p1"):
        section_text(paper, "s2", start="p1")


def test_bibtex_of_a_paper_is_whole(paper: Paper) -> None:
    assert bibtex(paper) == (
        "@misc{unal2010fitting,\n"
        "  title = {{Fitting a model to 100\\% of $x_1$}},\n"
        "  author = {Ada Ünal},\n"
        "  year = {2010},\n"
        "  eprint = {1008.4686},\n"
        "  archivePrefix = {arXiv},\n"
        "}"
    )


def test_keys_of_references_are_stable_and_differ(paper: Paper) -> None:
    text = bibtex_of_references(paper)
    assert re.findall(r"@\w+\{([^,]+),", text) == ["hogg2010fitting", "hogg2010fittinga", "smith:1999"]
    assert text == bibtex_of_references(paper)
    assert "eprint = {1008.4686}" in text
    assert "doi = {10.1000/x1}" in text
    assert text.count("{") == text.count("}")
    assert r"100\% odd \& without form" in text


def test_only_the_references_asked_for_are_given(paper: Paper) -> None:
    assert bibtex_of_references(paper, ["smith:1999"]).count("@misc") == 1


def test_a_key_needs_neither_author_nor_year() -> None:
    assert key_of((), "", "$x$ of the Cats") == "anonymouscats"
