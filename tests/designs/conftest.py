"""Designs on the demo's papers and on an agent that has neither readers nor a writer, with a scripted server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_agents.settings import Settings, resolve
from tests.support.model_server import ModelServer
from tests.support.plugin import install

LINES = Path(__file__).resolve().parents[2] / "demo_notebooks" / "papers" / "fitting_lines"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def settings(server: ModelServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
    install(monkeypatch, tmp_path / "agents", "jupyter_agents.agents", notes="tests.support.notes_agent:AGENT")
    folders = {name: str(tmp_path / name) for name in ("runs", "store", "cache")}
    return resolve({**folders, "base_url": server.url})
