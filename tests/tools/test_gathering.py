from __future__ import annotations

from jupyter_agents.records import Evidence, Span
from jupyter_agents.runtime.papers import Paper, Reference
from jupyter_agents.tools.gathering import best_evidence, names

CARD = {"id": "arXiv:1008.4686", "title": "Data analysis recipes: Fitting a model to data", "doi": "10.1/ABC"}


def quoted(id: str, paper: str, relevance: float) -> Evidence:
    return Evidence(
        id=id, paper=paper, version="v1", paragraph="p1", where="", quote="q", span=Span(start=0, end=1),
        relevance=relevance,
    )  # fmt: skip


def test_no_paper_crowds_out_another() -> None:
    many = [quoted(f"a{i}", "a", 9.0 - i / 10) for i in range(10)]
    few = [quoted("b0", "b", 2.0), quoted("b1", "b", 5.0)]
    assert [e.id for e in best_evidence([*many, *few], 5)] == ["a0", "a1", "a2", "b1", "b0"]


def test_a_reference_names_a_paper_by_id_doi_or_title() -> None:
    assert names(Reference(key="k", text="", arxiv="1008.4686v2"), CARD)
    assert names(Reference(key="k", text="", doi="10.1/abc"), CARD)
    assert names(Reference(key="k", text="Hogg et al., Data analysis recipes - fitting a model to data, 2010."), CARD)
    assert not names(
        Reference(key="k", text="Hogg, Data analysis recipes: using Markov chains", arxiv="1710.06068"), CARD
    )
    assert not names(Reference(key="k", text="", title="", doi=""), {"id": "local:x", "title": "On lines", "doi": ""})


def test_the_demo_papers_cite_each_other(lines: dict[str, Paper]) -> None:
    cited = {"id": lines["deming"].id, "title": lines["deming"].title}
    citing = [name for name, paper in lines.items() if any(names(r, cited) for r in paper.references)]
    assert citing == ["attenuation", "mixture"]
