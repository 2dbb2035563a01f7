"""Figure PDFs: their text layer and their pages as pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.errors import PaperNotFound, PaperRefused, PaperUnreadable
from jupyter_agents.runtime.papers import figures
from tests.support.pdf_writer import PdfPage, pdf, pdf_bomb

from .latex_papers import OWN, body

STEPS = OWN / "article" / "figures" / "steps.pdf"


def test_text_layer_is_read() -> None:
    assert "slope m = 1.50 ± 0.05" in figures.extract_text(STEPS)


def test_page_becomes_a_png() -> None:
    assert figures.rasterise(STEPS).startswith(b"\x89PNG\r\n")
    assert len(figures.rasterise(STEPS, scale=1e6)) < 50_000_000


def test_page_that_is_not_there_is_named() -> None:
    with pytest.raises(PaperNotFound, match="has 1 pages, not 2"):
        figures.rasterise(STEPS, 2)


def test_bad_files_are_clear_errors(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(STEPS.read_bytes()[:300])
    with pytest.raises(PaperUnreadable, match=r"broken\.pdf"):
        figures.extract_text(broken)
    with pytest.raises(PaperNotFound):
        figures.extract_text(tmp_path / "nowhere.pdf")
    link = tmp_path / "link.pdf"
    link.symlink_to(STEPS)
    with pytest.raises(PaperRefused):
        figures.extract_text(link)


@pytest.mark.soak
def test_a_figure_that_is_a_bomb_is_refused_and_stops_no_other(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.pdf"
    bomb.write_bytes(pdf_bomb(3 * 2**30))
    first, second, third = figures.extract_texts([STEPS, bomb, STEPS])
    assert first == third == figures.extract_text(STEPS)
    assert isinstance(second, PaperRefused)
    assert "more memory or time" in second.message
    with pytest.raises(PaperRefused, match="more memory or time"):
        figures.rasterise(bomb)


def test_a_paper_with_a_bad_figure_is_read_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(pdf([PdfPage()], encrypted=True))
    (tmp_path / "good.pdf").write_bytes(STEPS.read_bytes())
    paper = body(
        tmp_path,
        r"\begin{figure}\includegraphics{locked}\caption{A}\end{figure}"
        r"\begin{figure}\includegraphics{good}\caption{B}\end{figure}",
    )
    assert [note for note in paper.notes if note.startswith("locked.pdf: its text layer was not read")]
    assert [bool(figure.text) for figure in paper.figures] == [False, True]
