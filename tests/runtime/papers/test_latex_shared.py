"""Real papers, counted by hand; skipped where they are not there."""

from __future__ import annotations

from pathlib import Path

from jupyter_agents.runtime.papers import Paper, archive, latex

from .latex_papers import check_spans


def _read(folder: Path) -> Paper:
    paper = latex.read(folder, id=f"local:{folder.name}", version="")
    check_spans(paper)
    return paper


def test_eprint_of_an_acl_paper(shared_papers: Path, tmp_path: Path) -> None:
    archive.unpack(shared_papers / "s2orc" / "1911.02782.gz", tmp_path)
    paper = _read(tmp_path)
    assert paper.title == "S2ORC: The Semantic Scholar Open Research Corpus"
    assert paper.authors == ("Kyle Lo", "Lucy Lu Wang", "Mark Neumann", "Rodney Kinney", "Daniel S. Weld")
    assert len([t for t in paper.tables if t.number]) == 9
    assert (len(paper.equations), len(paper.figures), len(paper.cited_keys)) == (3, 4, 55)
    assert {r.key for r in paper.references} == set(paper.cited_keys)
    assert paper.tables[0].grid()[1] == [
        "S2ORC (PDF-parse)", "8.1M", "full text", "yes", "S2ORC (full)", "multi",
    ]  # fmt: skip


def test_quantum_paper_with_many_displays(shared_papers: Path) -> None:
    paper = _read(shared_papers / "contextuality_quantum")
    assert paper.title == "Causation does not explain contextuality"
    assert paper.authors == ("Sally Shrapnel", "Fabio Costa")
    assert len(paper.equations) == 71
    assert {r.key for r in paper.references} >= set(paper.cited_keys)


def test_letter_without_sections_and_its_supplement(shared_papers: Path) -> None:
    paper = _read(shared_papers / "dropimpact_revtex")
    assert paper.authors == ("Vatsal Sanjay", "Detlef Lohse")
    assert len(paper.sections) == 1
    assert "supplement kept apart: supplement.tex" in paper.notes
    assert {r.key for r in paper.references} >= set(paper.cited_keys)


def test_home_made_style_with_results_only_in_figures(shared_papers: Path) -> None:
    paper = _read(shared_papers / "hogg_line")
    assert paper.title == "Data analysis recipes: Fitting a model to data"
    assert paper.authors == ("David W. Hogg", "Jo Bovy", "Dustin Lang")
    table = paper.tables[0]
    assert len(table.rows) == 21
    assert table.grid()[1] == ["1", "201", "592", "61", "9", "-0.84"]
    assert table.rows[0][0].header
    assert "exercise" in paper.text.lower()
    first = next(f for f in paper.figures if "ex1.pdf" in f.files)
    assert "2.24" in first.text
    found = [(n.text, n.uncertainty) for n in paper.numbers]
    assert ("2.24", "0.11") in found
    assert ("34", "18") in found


def test_results_table_that_is_not_there_stays_empty(shared_papers: Path) -> None:
    paper = _read(shared_papers / "signal2image_ieee")
    assert [table.rows for table in paper.tables] == [()]
    assert any(name.endswith("results.tex") for name in paper.missing)
    assert "not there" in paper.tables[0].note


def test_pure_mathematics_with_theorems_and_no_tables(shared_papers: Path) -> None:
    paper = _read(shared_papers / "lifting_amsart")
    assert paper.authors == ("Edisson Gallego", "Danny Arlen de Jesús Gómez-Ramírez", "Juan D. Vélez")
    assert (len(paper.tables), len(paper.figures)) == (0, 0)
    assert {t.kind for t in paper.theorems} >= {"theorem", "lemma", "proof"}
