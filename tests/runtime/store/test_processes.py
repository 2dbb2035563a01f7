from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.store import PreprintStore

Make = Callable[..., Preprint]
SOAK = (pytest.mark.soak, pytest.mark.timeout(900))


def start(folder: Path, first: int, count: int, every: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.runtime.store.worker", str(folder), str(first), str(count), str(every)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def assert_whole(folder: Path, numbers: set[int], make: Make) -> PreprintStore:
    """Every preprint is in the record once, has its vectors, and is in the index under its own vector."""
    store = PreprintStore(folder)
    store.search("line")
    status = store.status()
    passages = 2 * len(numbers)
    assert (status["preprints"], status["versions"]) == (len(numbers), len(numbers))
    assert (status["passages"], status["embeddings"], status["indexed"]) == (passages, passages, passages)
    assert status["index"] == "chroma"
    store.check()
    assert store._index is not None
    model = store._checked_model().sha256
    vectors = store._record.vectors(model, store._record.standing(model))
    stored = store._index._index._collection.get(include=["embeddings"])  # type: ignore[union-attr]
    kept = {int(id): row for id, row in zip(stored["ids"], stored["embeddings"], strict=True)}
    assert kept.keys() == vectors.keys()
    assert all(np.allclose(kept[id], np.frombuffer(data, np.float32), atol=1e-6) for id, data in vectors.items())
    for number in numbers:  # a key that is there changes nothing and gives the same preprint
        assert store.submit(make(number), key=f"k{number}").title == f"Fitting line number {number}"
    assert store.status()["versions"] == len(numbers)
    return store


@pytest.mark.parametrize(
    ("processes", "each"), [(2, 40), pytest.param(2, 200, marks=SOAK), pytest.param(5, 40, marks=SOAK)]
)
def test_processes_submitting_and_searching_lose_nothing(
    tmp_path: Path, make: Make, processes: int, each: int
) -> None:
    """All start at once on a folder that is not there yet."""
    folder = tmp_path / "store"
    workers = [start(folder, first, each, every=20) for first in range(0, processes * each, each)]
    for worker in workers:
        out, err = worker.communicate(timeout=600)
        assert worker.returncode == 0, err
        assert len([line for line in out.splitlines() if not line.startswith("found")]) == each
        assert out.count("found Fitting line number") == each // 20
    assert_whole(folder, set(range(processes * each)), make).close()


def test_processes_with_the_same_keys_submit_each_once(tmp_path: Path, make: Make) -> None:
    folder = tmp_path / "store"
    workers = [start(folder, 0, 15) for _ in range(2)]
    answers = [worker.communicate(timeout=600)[0] for worker in workers]
    assert len(set(answers)) == 1
    assert_whole(folder, set(range(15)), make).close()


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=SOAK)])
def test_kills_while_adding_lose_nothing_that_was_acknowledged(tmp_path: Path, make: Make, kills: int) -> None:
    folder = tmp_path / "store"
    chance = random.Random(7)
    acknowledged: set[int] = set()
    for attempt in range(kills):
        first = attempt * 100
        worker = start(folder, first, 100, every=3)
        assert worker.stdout is not None
        wanted = chance.randrange(1, 25)
        lines: list[str] = []
        while len(lines) < wanted and (line := worker.stdout.readline()):
            lines.append(line)
        time.sleep(chance.random() * 0.1)
        worker.kill()
        rest, _ = worker.communicate(timeout=30)
        assert worker.returncode == -9
        said = [*lines, *rest.splitlines()]
        acknowledged |= {int(line.split()[0]) for line in said if not line.startswith("found")}
    store = PreprintStore(folder)
    store.search("line")
    status = store.status()
    store.close()
    assert len(acknowledged) <= int(status["versions"]) <= len(acknowledged) + kills  # one in flight each
    for number in acknowledged:
        store.submit(make(number), key=f"k{number}")
    assert store.status()["versions"] == status["versions"]
    assert status["embeddings"] == status["passages"] == status["indexed"]
    store.check()
    store.close()


def test_a_killed_owner_of_the_index_is_followed_by_the_next_process(tmp_path: Path, make: Make) -> None:
    folder = tmp_path / "store"
    owner = start(folder, 0, 100, every=1)
    assert owner.stdout is not None
    while not owner.stdout.readline().startswith("found"):
        assert owner.poll() is None
    reader = PreprintStore(folder)
    assert reader.search("line")
    assert reader.status()["index"] == "not open"
    owner.kill()
    owner.communicate(timeout=30)
    added = reader.submit(make(7_000), key="after")
    assert reader.search("fitting line number 7000")[0].preprint == added.id
    assert reader.status()["index"] == "chroma"
    reader.close()
