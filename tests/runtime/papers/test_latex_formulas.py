"""Formulas in the stored text: without the authors' macros; as written beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.errors import PaperRefused
from jupyter_agents.runtime.papers import Paper

from .latex_papers import body, check_spans


def shown(folder: Path, formula: str, preamble: str) -> str:
    """What the text holds for one inline formula."""
    paper = body(folder, f"Words ${formula}$ here.", preamble)
    check_spans(paper)
    (math,) = paper.inline_math
    assert math.latex == formula
    assert math.expanded == ("" if paper.quote(math.span) == formula else paper.quote(math.span))
    return paper.quote(math.span)


@pytest.mark.parametrize(
    ("preamble", "formula", "expected"),
    [
        (r"\newcommand{\mat}[1]{\boldsymbol{#1}}\newcommand{\mY}{\mat{Y}}", r"\mY = 2", r"\boldsymbol{Y} = 2"),
        (r"\newcommand{\setof}[2]{\{#1\}_{#2}}\def\all{\setof{x,y}{i}}", r"\all", r"\{x,y\}_{i}"),
        (r"\newcommand{\R}{\ensuremath{\mathbb{R}}\xspace}", r"x \in\R^2", r"x \in\mathbb{R}^2"),
        (r"\newcommand{\E}[2][p]{\mathbb{E}_{#1}[#2]}", r"\E{x} + \E[q]{y}", r"\mathbb{E}_{p}[x] + \mathbb{E}_{q}[y]"),
        (r"\DeclareMathOperator{\tr}{Tr}", r"\tr A", r"\operatorname{Tr} A"),
        (r"\let\eps\varepsilon", r"\eps x \unknown{\eps}", r"\varepsilon x \unknown{\varepsilon}"),
        (r"\newcommand{\x}{\mbox{\boldmath$x$}}", r"f(\x)", r"f(\boldsymbol{x})"),
    ],
)
def test_macros_of_the_authors_are_expanded(tmp_path: Path, preamble: str, formula: str, expected: str) -> None:
    assert shown(tmp_path, formula, preamble) == expected


@pytest.mark.parametrize("formula", [r"\alpha_1", r"\unknown{x}", r"\frac12", "x\\_y"])
def test_what_is_not_the_authors_stays_as_written(tmp_path: Path, formula: str) -> None:
    assert shown(tmp_path, formula, r"\newcommand{\other}{z}") == formula


def test_no_two_words_become_one(tmp_path: Path) -> None:
    preamble = r"\newcommand{\to}[1]{#1\rightarrow}\newcommand{\by}[1]{\alpha#1\beta}\newcommand{\ab}[1]{#1b}"
    assert shown(tmp_path, r"\to{x}y \by{c}d \ab{\gamma}", preamble) == r"x\rightarrow y \alpha c\beta d \gamma b"


def test_an_expansion_is_one_argument_where_the_macro_was_one(tmp_path: Path) -> None:
    preamble = r"\newcommand{\mY}{\boldsymbol{Y}}\newcommand{\nn}{n}\newcommand{\eq}{\sim}"
    assert shown(tmp_path, r"\hat\mY x^\mY \frac\nn2 a\eq\mY\alpha\nn", preamble) == (
        r"\hat{\boldsymbol{Y}} x^{\boldsymbol{Y}} \frac n2 a\sim\boldsymbol{Y}\alpha n"
    )


def test_displays_are_expanded_in_the_text_and_kept_exactly_beside(tmp_path: Path) -> None:
    paper = body(
        tmp_path, "See \\begin{equation}\n  \\loss = 1\n\\end{equation} and \\[ b \\]", r"\def\loss{\mathcal{L}}"
    )
    check_spans(paper)
    first, second = paper.equations
    assert first.latex == "\\begin{equation}\n  \\loss = 1\n\\end{equation}"
    assert first.expanded == paper.quote(first.span) == "\\begin{equation}\n  \\mathcal{L} = 1\n\\end{equation}"
    assert (second.expanded, paper.quote(second.span)) == ("", "\\[ b \\]")


def test_titles_captions_and_cells_have_no_macros_either(tmp_path: Path) -> None:
    paper = body(
        tmp_path,
        r"\section{On $\R$}\begin{table}\caption{In $\R$}\begin{tabular}{cc}a & $\R$ \\ \end{tabular}\end{table}",
        r"\newcommand{\R}{\mathbb{R}}\title{Rings over $\R$}",
    )
    table = paper.tables[0]
    assert paper.title == r"Rings over $\mathbb{R}$"
    assert paper.sections[1].title == r"On $\mathbb{R}$"
    assert (table.caption, table.grid()) == (r"In $\mathbb{R}$", [["a", r"$\mathbb{R}$"]])
    assert "\\R$" not in paper.text


def test_a_macro_with_two_meanings_stays_as_written(tmp_path: Path) -> None:
    paper = body(tmp_path, r"First $\v+\w$. \renewcommand{\v}{2} Then $\v$.", r"\newcommand{\v}{1}\newcommand{\w}{3}")
    check_spans(paper)
    assert paper.text == r"First $\v+3$. Then $\v$."


def test_a_macro_redefined_before_its_use_has_its_last_meaning(tmp_path: Path) -> None:
    assert shown(tmp_path, r"\v", r"\newcommand{\v}{1}\renewcommand{\v}{2}") == "2"


def nested(depth: int) -> str:
    """Macros that double, each in the next: `\\aaa` (depth 3) stands for eight letters."""
    return "".join(f"\\def\\{'a' * (n + 1)}{{\\{'a' * n}\\{'a' * n}}}" for n in range(1, depth)) + "\\def\\a{xx}"


def test_one_formula_may_not_explode(tmp_path: Path) -> None:
    with pytest.raises(PaperRefused, match="macros"):
        body(tmp_path, f"A ${chr(92)}{'a' * 30}$", nested(30))


def test_many_formulas_with_macros_are_a_paper(tmp_path: Path) -> None:
    paper: Paper = body(tmp_path, "So $\\aaa + \\aa$. " * 2_000, nested(5))
    assert len(paper.inline_math) == 2_000
    assert paper.inline_math[-1].expanded == "xxxxxxxx + xxxx"
