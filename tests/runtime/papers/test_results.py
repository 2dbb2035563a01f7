from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.checking.quotes import find
from jupyter_agents.runtime.papers import Paper
from jupyter_agents.runtime.papers.load import load
from jupyter_agents.runtime.papers.parameters import parameters_in, unstated_in
from jupyter_agents.runtime.papers.results import claims_with_places, find_claims
from tests.benchmarks.claims_quality import everything, own

HEAD = r"\documentclass{article}\title{Bent: a study}\begin{document}\maketitle "


def paper(tmp_path: Path, body: str, abstract: str = "We introduce Bent, a method.") -> Paper:
    source = tmp_path / "p.tex"
    source.write_text(HEAD + rf"\begin{{abstract}}{abstract}\end{{abstract}}" + body + r"\end{document}")
    return load(str(source), cache=tmp_path / "cache")


def values(p: Paper) -> list[tuple[str, str, str]]:
    return [(claim.value, claim.uncertainty, claim.unit) for claim in find_claims(p)]


RESULTS = r"""
\section{Results}
\begin{table}\caption{Test accuracy (\%), mean and standard deviation of 5 runs with different seeds.}
\begin{tabular}{lrr}
method & digits & letters \\ \hline
Baseline \cite{old} & 80.1 & 70.2 \\
Bent (ours) & $91.2 \pm 0.4$ & $88.0 \pm 0.5$ \\
\end{tabular}\end{table}
"""


def test_own_rows_of_a_result_table_are_claims_and_baselines_are_not(tmp_path: Path) -> None:
    p = paper(tmp_path, RESULTS)
    assert [(v, u) for v, u, _ in values(p)] == [("91.2", "0.4"), ("88.0", "0.5")]
    first = find_claims(p)[0]
    assert (first.kind, first.n_paper) == ("stochastic", 5)
    assert "digits" in first.metric


def test_equal_values_in_one_row_are_claims_of_their_own(tmp_path: Path) -> None:
    table = r"""\section{Results}\begin{table}\caption{Scores.}\begin{tabular}{lrr}
    field & precision & recall \\ title & 85.5 & 85.5 \\ name & 92.1 & 90.0 \\ \end{tabular}\end{table}"""
    assert [v for v, _, _ in values(paper(tmp_path, table))] == ["85.5", "85.5", "92.1", "90.0"]


@pytest.mark.parametrize(
    "body",
    [
        r"\section{Data}\begin{table}\caption{The data.}\begin{tabular}{rrr} ID & $x$ & $y$ \\ 1 & 201 & 592 \\ "
        r"2 & 244 & 401 \\ 3 & 47 & 583 \\ \end{tabular}\end{table}",
        r"\section{Setup}\begin{table}\caption{Hyper-parameters.}\begin{tabular}{lr} learning rate & 0.01 \\ "
        r"test size & 0.2 \\ \end{tabular}\end{table}",
        r"\section{Experiments} We train with a learning rate of 0.001 for 20 epochs and a dropout of 0.5.",
        r"\section{Related work and evaluation} Smith et al. \cite{smith} reported an accuracy of 93.2\% on digits.",
        r"\section{Theorem} For every $d > 0$ there is a bound of degree $2.5$ in $n$. See Section 3.1.",
    ],
)
def test_data_settings_and_what_others_found_are_no_claims(tmp_path: Path, body: str) -> None:
    assert values(paper(tmp_path, body)) == []


def test_sentences_that_say_what_was_found_are_claims(tmp_path: Path) -> None:
    body = r"\section{Results} We find a slope of $2.24 \pm 0.11$. The best accuracy was 85.3\% with 0.2 s a step."
    assert ("2.24", "0.11", "") in values(paper(tmp_path, body))
    assert ("85.3", "", "%") in values(paper(tmp_path, body))


def test_every_claim_is_quoted_verbatim_from_its_paragraph(tmp_path: Path) -> None:
    p = paper(tmp_path, RESULTS + r" We find a slope of $2.24 \pm 0.11$ in all of it.")
    found = claims_with_places(p)
    assert len(found) == 3
    for claim, place in found:
        assert find(claim.quote, p.quote(p.paragraph(place).span)) is not None
        assert claim.value in claim.quote


def test_settings_are_found_with_their_printed_digits_and_results_are_not_among_them(tmp_path: Path) -> None:
    body = r"""\section{Method} We use Adam with a learning rate of 0.0010 and a batch size of 32, for 20 epochs, with
    a tolerance of $10^{-8}$ and $k=5$ neighbours. The kernel bandwidth was tuned by hand.
    \section{Results} The deviation is $z = 2.93$ and we find an error of 0.25."""
    p = paper(tmp_path, body)
    found = {q.name: q.value for q in parameters_in(p)}
    assert found == {"learning_rate": "0.0010", "batch_size": "32", "epochs": "20", "tolerance": "1e-8", "k": "5"}
    assert [u.name for u in unstated_in(p)] == ["bandwidth"]
    assert all(q.paragraph and q.quote in p.text for q in parameters_in(p))


def test_own_papers_are_read_well_enough() -> None:
    rows = everything(own())
    assert rows
    found, right, gold = (sum(getattr(row, name) for row in rows) for name in ("found", "right", "gold"))
    assert right / found >= 0.9
    assert right / gold >= 0.9
