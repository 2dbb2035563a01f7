from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.runtime.papers.arxiv import Arxiv
from jupyter_agents.runtime.papers.transport import Patience
from tests.support.arxiv_server import ArxivServer, arxiv_server

QUICK = Patience(tries=3, connect_s=2.0, silence_s=0.5, whole_s=1.5, first_pause_s=0.02, longest_pause_s=2.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ArxivServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with arxiv_server(folder) as state:
        yield state


@pytest.fixture
def make_arxiv(server: ArxivServer, tmp_path: Path) -> Callable[..., Arxiv]:
    def make(**settings: Any) -> Arxiv:
        return Arxiv(server.url, **{"cache": tmp_path / "cache", "interval_s": 0.0, "patience": QUICK, **settings})

    return make


@pytest.fixture
def arxiv(make_arxiv: Callable[..., Arxiv]) -> Arxiv:
    return make_arxiv()


def shared_folder(name: str) -> Path:
    """A folder of shared material: where JUPYTER_AGENTS_SHARED says, else `shared` beside this checkout.

    Skips the test where there is none.
    """
    named = os.environ.get("JUPYTER_AGENTS_SHARED")
    beside = Path(__file__).resolve().parents[4] / "shared"
    folder = Path(named or beside) / name
    if not folder.is_dir():
        pytest.skip(f"no {name} beside this checkout or where JUPYTER_AGENTS_SHARED says")
    return folder


@pytest.fixture(scope="session")
def shared_papers() -> Path:
    """Real papers, each in its folder."""
    return shared_folder("papers")


@pytest.fixture(scope="session")
def shared_arxiv() -> Path:
    """Recorded answers of arXiv."""
    return shared_folder("arxiv")
