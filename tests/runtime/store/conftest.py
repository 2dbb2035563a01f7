"""Preprints to put into stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_agents.records import Claim, Preprint
from jupyter_agents.runtime.store.record import SqliteRecord


def preprint(number: int = 1, **changes: object) -> Preprint:
    """A small preprint; different numbers say different things."""
    fields: dict[str, object] = {
        "id": "",
        "title": f"Fitting line number {number}",
        "abstract": f"We fit line number {number} to points with errors. The slope is {number}.5.",
        "body": "# Method\n\nLeast squares with weights. The weights are inverse variances.\n",
        "run": f"run-{number}",
        "claims": (Claim(id="slope", value="2.24"), Claim(id="intercept", value="34")),
    }
    return Preprint(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def make() -> Callable[..., Preprint]:
    return preprint


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "preprints.sqlite"


@pytest.fixture
def record(path: Path) -> Iterator[SqliteRecord]:
    opened = SqliteRecord(path)
    yield opened
    opened.close()
