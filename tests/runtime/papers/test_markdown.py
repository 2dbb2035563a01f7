from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.errors import PaperRefused, PaperUnreadable
from jupyter_agents.runtime.papers import Paper, markdown

TEXT = r"""---
title: Slopes of lines
author:
  - name: Ada Example
  - Bo Sample
date: 2025-03-01
---

# Abstract

We reach 2.24.

# 1 Introduction

Lines [@hogg2010, p. 3; -@press1992] and @bovy2011 with $\sigma_i$.[^n] Mail a@b.org.

$$
y = m x + b
$$

## 1.1 Data

- first `x`
- second

Table 1: Ages of things

| thing | age |
|:--|--:|
| stone | $10^9$ |
| **tea** | 3 |

![Figure 2: A plot](plots/fit%201.png)

<!-- HIDDEN ORDERS -->
<div>HIDDEN HTML</div>

```python
x = 1
```

[^n]: A note with $k$.

# References

- [@hogg2010] David W. Hogg, Jo Bovy, and Dustin Lang. 2010. Fitting a model to data. arXiv:1008.4686.
- W. Press. 1992. Numerical recipes.
"""


def read(tmp_path: Path, text: str | bytes) -> Paper:
    path = tmp_path / "paper.md"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return markdown.read(path, id="local:paper", version="sha256:0")


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return read(tmp_path, TEXT)


def test_front_matter_gives_title_authors_and_year(paper: Paper) -> None:
    assert (paper.title, paper.authors, paper.year) == ("Slopes of lines", ("Ada Example", "Bo Sample"), "2025")
    assert paper.abstract == "We reach 2.24."


def test_headings_nest(paper: Paper) -> None:
    assert [(s.number, s.title, s.parent) for s in paper.sections[1:]] == [
        ("", "Abstract", None),
        ("1", "Introduction", None),
        ("1.1", "Data", "s2"),
        ("", "References", None),
    ]


def test_a_first_heading_is_the_title_where_no_front_matter_says_it(tmp_path: Path) -> None:
    paper = read(tmp_path, "# A title\n\n## One\n\ntext\n\n### Two\n\nmore\n")
    assert paper.title == "A title"
    assert [(s.title, s.level) for s in paper.sections[1:]] == [("One", 1), ("Two", 2)]


def test_citations_formulas_and_footnotes_have_their_places(paper: Paper) -> None:
    assert [(paper.quote(c.span), c.keys) for c in paper.citations] == [
        ("[@hogg2010, p. 3; -@press1992]", ("hogg2010", "press1992")),
        ("@bovy2011", ("bovy2011",)),
    ]
    assert [paper.quote(m.span) for m in paper.inline_math] == [r"$\sigma_i$", "$k$"]
    assert [(e.latex, paper.quote(e.span)) for e in paper.equations] == [("y = m x + b", "y = m x + b")]
    assert [paper.quote(f.span) for f in paper.footnotes] == ["A note with $k$."]


def test_tables_items_and_figures(paper: Paper) -> None:
    (table,) = paper.tables
    assert (table.caption, table.number) == ("Table 1: Ages of things", "1")
    assert table.grid() == [["thing", "age"], ["stone", "$10^9$"], ["tea", "3"]]
    assert [paper.quote(p.span) for p in paper.paragraphs if p.role == "item"] == ["first x", "second"]
    (figure,) = paper.figures
    assert (figure.caption, figure.number, figure.files) == ("Figure 2: A plot", "2", ("plots/fit 1.png",))


def test_raw_html_is_never_text(paper: Paper) -> None:
    assert "HIDDEN" not in paper.text


def test_references_are_entries(paper: Paper) -> None:
    assert [(r.key, r.year) for r in paper.references] == [("hogg2010", "2010"), ("2", "1992")]


def test_a_table_between_its_neighbours_keeps_its_place(tmp_path: Path) -> None:
    paper = read(tmp_path, "before\n\n| a |\n|---|\n| 1 |\n\nTable 3. After it\n\nafter\n")
    assert paper.tables[0].caption == "Table 3. After it"
    assert [paper.quote(p.span) for p in paper.paragraphs] == ["before", "Table 3. After it", "a\n1", "after"]


def test_a_caption_without_a_table_is_kept(tmp_path: Path) -> None:
    assert "Table 1: lost" in read(tmp_path, "Table 1: lost\n\n# Next\n\ntext\n").text
    assert "Table 1: last" in read(tmp_path, "text\n\nTable 1: last\n").text


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", PaperUnreadable),
        (b"text\0more", PaperUnreadable),
        (b"x" * 3_000_000, PaperRefused),
        (b"a\n" * 3_000_000, PaperRefused),
        (b"word " + b"![" * 20_000, PaperRefused),
    ],
)
def test_hostile_files_are_typed_errors(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(tmp_path, content)


@pytest.mark.parametrize("front", ["a: &a [x]\nb: [*a, *a]", "{{{", "- 1", "title: !!python/object:os.system x"])
def test_front_matter_that_is_none_is_passed_over(tmp_path: Path, front: str) -> None:
    assert read(tmp_path, f"---\n{front}\n---\n\n# T\n\ntext\n").title == "T"


def test_other_encodings_are_read_and_noted(tmp_path: Path) -> None:
    paper = read(tmp_path, "# Grüße\n\nGómez\n".encode("cp1252"))
    assert (paper.title, "Gómez" in paper.text) == ("Grüße", True)
    assert "not UTF-8" in paper.notes[0]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", ["*a ", "`", "> ", "- ", "$", "<", "| a "])
def test_nested_marks_end_in_bounded_time(tmp_path: Path, piece: str) -> None:
    read(tmp_path, "word " + piece * 20_000)
