from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.chroma import local_client
from jupyter_agents.runtime.store.embed import MINILM_SHA256
from jupyter_agents.runtime.store.index import COLLECTION
from jupyter_agents.runtime.store.record import SqliteRecord
from jupyter_agents.runtime.store.store import PreprintStore

from .worker import Worker

Make = Callable[..., Preprint]
SOAK = (pytest.mark.soak, pytest.mark.timeout(900))


def assert_whole(folder: Path, numbers: set[int], make: Make) -> None:
    """Every preprint is in the record once, has its vectors, and is in the index under its own vector."""
    store = PreprintStore(folder)
    store.search("line")
    status = store.status()
    passages = 2 * len(numbers)
    assert (status["preprints"], status["versions"]) == (len(numbers), len(numbers))
    assert (status["passages"], status["embeddings"], status["indexed"]) == (passages, passages, passages)
    assert status["index"] == "chroma"
    store.check()
    for number in numbers:  # a key that is there changes nothing and gives the same preprint
        assert store.submit(make(number), key=f"k{number}").title == f"Fitting line number {number}"
    assert store.status()["versions"] == len(numbers)
    store.close()
    kept, vectors = in_the_index(folder), in_the_record(folder)
    assert kept.keys() == vectors.keys()
    assert all(np.allclose(kept[id], vector, atol=1e-6) for id, vector in vectors.items())


def in_the_record(folder: Path) -> dict[int, np.ndarray]:
    """Vectors by passage."""
    record = SqliteRecord(folder / "preprints.sqlite")
    found = record.vectors(MINILM_SHA256, record.standing(MINILM_SHA256))
    record.close()
    return {id: np.frombuffer(data, np.float32) for id, data in found.items()}


def in_the_index(folder: Path) -> dict[int, np.ndarray]:
    """Vectors by passage, as chroma itself gives them."""
    (generation,) = (folder / "index").glob("g-*")
    client = local_client(generation)
    stored = client.get_collection(COLLECTION).get(include=["embeddings"])
    client.close()
    return {int(id): row for id, row in zip(stored["ids"], stored["embeddings"], strict=True)}


@pytest.mark.parametrize(
    ("processes", "each"), [(2, 20), pytest.param(2, 200, marks=SOAK), pytest.param(5, 40, marks=SOAK)]
)
def test_processes_submitting_and_searching_lose_nothing(
    tmp_path: Path, make: Make, processes: int, each: int
) -> None:
    """All start at once on a folder that is not there yet."""
    folder = tmp_path / "store"
    workers = [Worker(folder, first, each, every=10) for first in range(0, processes * each, each)]
    for worker in workers:
        said = list(worker.said())
        assert worker.process.exitcode == 0
        assert len([what for what, _ in said if what != "found"]) == each
        assert len([what for what, _ in said if what == "found"]) == each // 10
        worker.close()
    assert_whole(folder, set(range(processes * each)), make)


def test_processes_with_the_same_keys_submit_each_once(tmp_path: Path, make: Make) -> None:
    folder = tmp_path / "store"
    workers = [Worker(folder, 0, 15) for _ in range(2)]
    one, two = (list(worker.said()) for worker in workers)
    assert one == two
    assert [number for number, _ in one] == [str(number) for number in range(15)]
    for worker in workers:
        worker.close()
    assert_whole(folder, set(range(15)), make)


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=SOAK)])
def test_kills_while_adding_lose_nothing_that_was_acknowledged(tmp_path: Path, make: Make, kills: int) -> None:
    folder = tmp_path / "store"
    chance = random.Random(7)
    acknowledged: set[int] = set()
    for attempt in range(kills):
        worker = Worker(folder, attempt * 100, 100, every=3)
        comes = worker.said()
        said = [next(comes) for _ in range(chance.randrange(1, 25))]
        time.sleep(chance.random() * 0.1)
        worker.kill()
        said += comes
        assert worker.process.exitcode == -9
        acknowledged |= {int(what) for what, _ in said if what != "found"}
        worker.close()
    store = PreprintStore(folder)
    store.search("line")
    status = store.status()
    assert len(acknowledged) <= int(status["versions"]) <= len(acknowledged) + kills  # one in flight each
    for number in acknowledged:
        store.submit(make(number), key=f"k{number}")
    assert store.status()["versions"] == status["versions"]
    assert status["embeddings"] == status["passages"] == status["indexed"]
    store.check()
    store.close()


def test_a_killed_owner_of_the_index_is_followed_by_the_next_process(tmp_path: Path, make: Make) -> None:
    folder = tmp_path / "store"
    owner = Worker(folder, 0, 100, every=1)
    comes = owner.said()
    assert "found" in (what for what, _ in comes)
    reader = PreprintStore(folder)
    assert reader.search("line")
    assert reader.status()["index"] == "not open"
    owner.kill()
    assert owner.process.exitcode == -9
    owner.close()
    added = reader.submit(make(7_000), key="after")
    assert reader.search("fitting line number 7000")[0].preprint == added.id
    assert reader.status()["index"] == "chroma"
    reader.close()
