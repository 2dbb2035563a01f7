"""Figure PDFs: their text layer and their pages as pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.errors import PaperNotFound, PaperRefused, PaperUnreadable
from jupyter_agents.runtime.papers import figures

from .latex_papers import OWN

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
