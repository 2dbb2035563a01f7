from __future__ import annotations

import time
from pathlib import Path

import pytest

from jupyter_agents.errors import PaperRefused, PaperUnreadable
from jupyter_agents.runtime.papers import Paper, html

PAGE = Path(__file__).parent / "data" / "ltx_page.html"


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    path = tmp_path / "page" / "index.html"
    path.parent.mkdir()
    path.write_bytes(PAGE.read_bytes())
    (path.parent / "x1.png").write_bytes(b"png")
    (tmp_path.parent / "outside.png").write_bytes(b"png")
    return html.read(path, id="arXiv:2401.00001", version="v1")


def read(tmp_path: Path, body: str | bytes) -> Paper:
    path = tmp_path / "page.html"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return html.read(path, id="local:page", version="sha256:0")


def test_title_authors_and_abstract(paper: Paper) -> None:
    assert paper.title == "Slopes of $n$ noisy lines"
    assert paper.authors == ("Ada Example", "Bo Sample", "Cy de Test")
    assert paper.abstract == "We fit lines and reach a slope of 2.24."


def test_sections_nest_and_keep_their_numbers(paper: Paper) -> None:
    found = [(s.number, s.title, s.level, s.parent) for s in paper.sections[1:]]
    assert found == [
        ("1", "Introduction", 1, None),
        ("1.1", "Model", 2, "s1"),
        ("A", "Proofs", 1, None),
        ("", "References", 1, None),
    ]


def test_hidden_text_scripts_and_comments_are_never_text(paper: Paper) -> None:
    for word in ("HIDDEN", "COMMENTED", "SCRIPT", "NAVIGATION", "FOOTER", "color:red"):
        assert word not in paper.text


def test_every_span_covers_what_it_says(paper: Paper) -> None:
    assert [paper.quote(m.span) for m in paper.inline_math][:1] == [r"$\sigma_{i}$"]
    assert all(paper.quote(m.span) == f"${m.latex}$" for m in paper.inline_math)
    assert all(paper.quote(e.span) == e.latex for e in paper.equations)
    assert all(paper.quote(p.span).strip() == paper.quote(p.span) != "" for p in paper.paragraphs)
    (citation,) = paper.citations
    assert paper.quote(citation.span) == "(Hogg et al., 2010; Press, 1992)"
    assert citation.keys == ("bib1", "bib2")


def test_displays_keep_their_latex_and_groups_are_one(paper: Paper) -> None:
    assert [(e.latex, e.environment, e.label) for e in paper.equations] == [
        ("y=mx+b", "equation", "S1.E1"),
        ("a =b \\\\\nc =d", "align", "S1.E2"),
    ]


def test_tables_are_cells_with_their_spans(paper: Paper) -> None:
    (table,) = paper.tables
    assert (table.number, table.caption, table.label) == ("1", "Table 1: Slopes by method.", "S1.T1")
    assert table.grid() == [
        ["Method", "Slope", "Slope"],
        ["Method", "clean", "noisy"],
        ["ours", r"$2.24\pm 0.11$", "2.2"],
    ]
    assert table.rows[0][0].header
    assert not table.rows[2][0].header


def test_footnotes_follow_their_paragraph_without_their_mark(paper: Paper) -> None:
    assert [paper.quote(f.span) for f in paper.footnotes] == ["A note on noise."]
    first = next(p for p in paper.paragraphs if p.cites)
    assert paper.quote(first.span).endswith("It is small.")
    assert "A note" not in paper.quote(first.span)


def test_items_exponents_figures_and_theorems(paper: Paper) -> None:
    items = [paper.quote(p.span) for p in paper.paragraphs if p.role == "item"]
    assert items == ["a slope of 10^-3,", "an intercept."]
    (figure,) = paper.figures
    assert (figure.number, figure.files) == ("1", ("x1.png",))
    (lemma,) = paper.theorems
    assert (lemma.kind, paper.quote(lemma.span)) == ("lemma", "Lines are straight.")


def test_references_are_entries_not_paragraphs(paper: Paper) -> None:
    first, second = paper.references
    assert (first.key, first.arxiv, first.year, first.title) == (
        "bib1",
        "1008.4686",
        "2010",
        "Fitting a model to data",
    )
    assert first.authors == ("David W. Hogg", "Jo Bovy", "Dustin Lang")
    assert (second.key, second.doi) == ("bib2", "10.1000/xyz123")
    assert "Numerical recipes" not in paper.text


def test_what_the_page_could_not_show_is_noted(paper: Paper) -> None:
    assert any("\\foo" in note for note in paper.notes)


GENERIC = """<html><head><title>Plain</title><meta name="citation_author" content="Ada Example"></head><body>
<header>SITE</header><main><h1>A plain page</h1><h2>Abstract</h2><p>Short.</p>
<h2>1. Setting</h2><div>Loose <b>text</b> with <a href="#r1">[1]</a>.<p>Then a paragraph.</p>tail</div>
<h3>Deeper</h3><blockquote>Quoted.</blockquote>
<script type="math/tex; mode=display">E = mc^2</script>
<table><caption>Table 2. Ages</caption><tr><th>a</th></tr><tr><td>1</td></tr></table>
<h2>References</h2><ol><li id="r1">A. One and B. Two (2001). Things. https://doi.org/10.1000/abc.</li></ol>
</main></body></html>"""


def test_any_page_is_read_sanely(tmp_path: Path) -> None:
    paper = read(tmp_path, GENERIC)
    assert (paper.title, paper.abstract, paper.authors) == ("A plain page", "Short.", ("Ada Example",))
    assert [(s.title, s.level) for s in paper.sections[1:]] == [
        ("Abstract", 1),
        ("Setting", 1),
        ("Deeper", 2),
        ("References", 1),
    ]
    texts = [paper.quote(p.span) for p in paper.paragraphs]
    assert texts == ["Short.", "Loose text with [1].", "Then a paragraph.", "tail", "Quoted.", "Table 2. Ages", "a\n1"]
    assert paper.cited_keys == ("r1",)
    assert [e.latex for e in paper.equations] == ["E = mc^2"]
    assert paper.tables[0].number == "2"
    assert (paper.references[0].doi, paper.references[0].year) == ("10.1000/abc", "2001")
    assert "SITE" not in paper.text


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", PaperUnreadable),
        ("<html><body>   </body></html>", PaperUnreadable),
        (b"<p>a\0b</p>", PaperUnreadable),
        ("<div>" * 300 + "deep", PaperRefused),
        ("<p>" + "x" * 10_000_000 + "</p>", PaperRefused),
    ],
)
def test_hostile_pages_are_typed_errors_in_bounded_time(
    tmp_path: Path, body: str | bytes, error: type[Exception]
) -> None:
    started = time.monotonic()
    with pytest.raises(error):
        read(tmp_path, body)
    assert time.monotonic() - started < 5


def test_entities_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    paper = read(
        tmp_path,
        f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY l0 "ha">{laughs}]>'
        "<html><body><p>Seen &x; &l11;</p></body></html>",
    )
    assert "SECRET" not in paper.text
    assert len(paper.text) < 5000


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_accents_survive_wrong_or_missing_declarations(tmp_path: Path, encoding: str) -> None:
    assert "Gómez" in read(tmp_path, "<html><body><p>Gómez sagt Grüße</p></body></html>".encode(encoding)).text
