"""The notes agent of the engine's tests, on a scripted server, under the designs of this package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_agents.settings import Settings, resolve
from tests.support.model_server import ModelServer
from tests.support.plugin import install


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    install(monkeypatch, tmp_path / "agents", "jupyter_agents.agents", notes="tests.support.notes_agent:AGENT")
    monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
    folders = {name: str(tmp_path / name) for name in ("runs", "store", "cache")}
    return resolve({**folders, "base_url": server.url})
