"""Runs of a small agent through the real engine, on a scripted server where a model is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_agents.records import Request
from jupyter_agents.settings import Settings, resolve
from tests.support.model_server import ModelServer
from tests.support.plugin import install

Ask = Callable[..., Request]


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("API_KEY", "AUTH_TOKEN", "BASE_URL", "PROFILE", "CONFIG_DIR"):
        monkeypatch.delenv(f"ANTHROPIC_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    install(monkeypatch, tmp_path / "agents", "jupyter_agents.agents", notes="tests.support.notes_agent:AGENT")
    install(monkeypatch, tmp_path / "designs", "jupyter_agents.designs", tree="tests.support.tree_design")


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return resolve(
        {"runs": str(tmp_path / "runs"), "store": str(tmp_path / "store"), "cache": str(tmp_path / "cache")}
    )


@pytest.fixture
def with_model(settings: Settings, server: ModelServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
    return resolve(
        {
            "runs": str(tmp_path / "runs"),
            "store": str(tmp_path / "store"),
            "cache": str(tmp_path / "cache"),
            "base_url": server.url,
        }
    )
