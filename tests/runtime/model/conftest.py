"""A scripted server and a client of it; no test here may find a real key or profile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from jupyter_agents.runtime.model.client import AnthropicModel
from tests.support.model_server import ModelServer


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("API_KEY", "AUTH_TOKEN", "BASE_URL", "PROFILE", "CONFIG_DIR", "FEDERATION_RULE_ID", "CUSTOM_HEADERS"):
        monkeypatch.delenv(f"ANTHROPIC_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[AnthropicModel]:
    client = AnthropicModel(server.url, server.key, timeout_s=5.0, max_attempts=3, backoff_s=0.001)
    yield client
    await client.close()
