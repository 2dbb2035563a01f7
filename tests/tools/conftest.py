"""The demo's papers, read as the tools see them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_agents.runtime.papers import Paper
from jupyter_agents.runtime.papers.load import load

LINES = Path(__file__).resolve().parents[2] / "demo_notebooks" / "papers" / "fitting_lines"


@pytest.fixture(scope="session")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Paper]:
    cache = tmp_path_factory.mktemp("cache")
    return {folder.name: load(folder, cache=cache) for folder in sorted(LINES.iterdir())}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Paper]:
    """A paper from Markdown."""

    def write(text: str) -> Paper:
        path = tmp_path / "note.md"
        path.write_text(text, encoding="utf-8")
        return load(path, cache=tmp_path / "cache")

    return write
