"""Reviews of the demo's papers through the real engine, on a scripted server where a model is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_agents.records import Request
from jupyter_agents.settings import Settings, resolve
from tests.support.model_server import ModelServer

LINES = Path(__file__).resolve().parents[2] / "demo_notebooks" / "papers" / "fitting_lines"
Asks = Callable[..., Request]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Papers are parsed once for all tests."""
    return tmp_path_factory.mktemp("papers")


@pytest.fixture
def settings(tmp_path: Path, cache: Path) -> Settings:
    return resolve({"runs": str(tmp_path / "runs"), "store": str(tmp_path / "store"), "cache": str(cache)})


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def with_model(server: ModelServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path) -> Settings:
    monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
    folders = {"runs": str(tmp_path / "runs"), "store": str(tmp_path / "store"), "cache": str(cache)}
    return resolve({**folders, "base_url": server.url})


@pytest.fixture
def ask() -> Asks:
    """A request to review the demo's papers."""

    def request(question: str, *sources: str, **changes: object) -> Request:
        options = {"papers": 12, "since": None} | dict(changes.pop("options", {}))  # type: ignore[call-overload]
        given = sources or (str(LINES),)
        return Request(agent="review", text=question, sources=given, options=options, **changes)  # type: ignore[arg-type]

    return request
