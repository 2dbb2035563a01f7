from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.errors import PaperNotFound
from jupyter_agents.runtime.papers.identifiers import ArxivSource, LocalSource, arxiv_id, identify


@pytest.mark.parametrize(
    ("text", "id", "version"),
    [
        ("2408.12714", "2408.12714", ""),
        ("2408.12714v2", "2408.12714", "v2"),
        ("0704.0001", "0704.0001", ""),
        ("hep-th/9901001v1", "hep-th/9901001", "v1"),
        ("quant-ph/0201082", "quant-ph/0201082", ""),
        ("math.GT/0309136", "math.GT/0309136", ""),
        ("arXiv:2408.12714v2", "2408.12714", "v2"),
        ("arxiv: 2408.12714", "2408.12714", ""),
        ("arXiv:1008.4686v1 [astro-ph.IM]", "1008.4686", "v1"),
        ("https://arxiv.org/abs/2408.12714", "2408.12714", ""),
        ("http://www.arxiv.org/pdf/2408.12714v2.pdf", "2408.12714", "v2"),
        ("arxiv.org/pdf/2408.12714v2", "2408.12714", "v2"),
        ("https://arxiv.org/html/2408.12714v1/", "2408.12714", "v1"),
        ("https://export.arxiv.org/e-print/hep-th/9901001", "hep-th/9901001", ""),
        ("10.48550/arXiv.2408.12714", "2408.12714", ""),
        ("https://doi.org/10.48550/ARXIV.2408.12714", "2408.12714", ""),
        ("doi:10.48550/arXiv.quant-ph/0201082", "quant-ph/0201082", ""),
        ("  2408.12714  ", "2408.12714", ""),
    ],
)
def test_every_written_form_of_an_arxiv_id_is_understood(text: str, id: str, version: str) -> None:
    assert identify(text) == ArxivSource(id=id, version=version)


def test_query_and_fragment_of_an_address_do_not_matter() -> None:
    assert identify("https://arxiv.org/abs/2408.12714v1?context=cs#x") == ArxivSource(id="2408.12714", version="v1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2413.12714",
        "2408.127",
        "abc",
        "arXiv:abc",
        "https://arxiv.org/abs/abc",
        "https://example.org/paper.pdf",
        "10.1038/nature12373",
        "nowhere/paper.tex",
        "a\0b",
        "x" * 5000,
        "2408.12714v0",
    ],
)
def test_what_is_no_paper_is_one_clear_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(PaperNotFound) as caught:
        identify(text, folder=tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_files_and_folders_are_local(tmp_path: Path) -> None:
    (tmp_path / "paper.md").write_text("# T")
    assert identify("paper.md", folder=tmp_path) == LocalSource(path=str(tmp_path / "paper.md"))
    assert identify(tmp_path) == LocalSource(path=str(tmp_path))


def test_a_folder_named_like_an_id_is_reached_by_writing_a_path(tmp_path: Path) -> None:
    (tmp_path / "2408.12714").mkdir()
    assert isinstance(identify("2408.12714", folder=tmp_path), ArxivSource)
    assert isinstance(identify("./2408.12714", folder=tmp_path), LocalSource)


def test_an_id_is_asked_where_only_ids_will_do() -> None:
    assert arxiv_id("arXiv:2408.12714").versioned == "2408.12714"
    with pytest.raises(PaperNotFound, match="no arXiv id"):
        arxiv_id("/tmp")
