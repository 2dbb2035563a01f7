from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.records import Request
from jupyter_agents.runtime.journal.folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    request = Request(agent="review", text="Which fit is robust?")
    return RunFolder.create(tmp_path / "runs", request, {"model": None})
