"""Preprints to put into stores."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_agents.records import Claim, Preprint
from jupyter_agents.runtime.store import Hit
from jupyter_agents.runtime.store.record import SqliteRecord
from jupyter_agents.runtime.store.store import PreprintStore

QUESTION = "slope of line number 7"


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


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Hit]]:
    """Folder of a closed store of twelve preprints, its index sealed, and what it answers to QUESTION."""
    folder = tmp_path_factory.mktemp("original") / "store"
    made = PreprintStore(folder)
    for number in range(12):
        made.submit(preprint(number), key=f"k{number}")
    answer = made.search(QUESTION)
    made.close()
    return folder, answer


@pytest.fixture
def answer(original: tuple[Path, list[Hit]]) -> list[Hit]:
    """What `filled` answers to QUESTION while its index is whole."""
    return original[1]


@pytest.fixture
def filled(original: tuple[Path, list[Hit]], tmp_path: Path) -> Iterator[PreprintStore]:
    """A test's own copy of that store, in `tmp_path/store`, not opened yet."""
    shutil.copytree(original[0], tmp_path / "store")
    opened = PreprintStore(tmp_path / "store")
    yield opened
    opened.close()
