"""The index on a real chroma server."""

from __future__ import annotations

import gc
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_agents.errors import StoreError
from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.store import PreprintStore

from .worker import serve, start

Make = Callable[..., Preprint]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a running server."""
    port = free_port()
    server = start(serve, tmp_path_factory.mktemp("chroma"), port)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port
    server.terminate()
    server.join(30)
    server.close()


def connections(port: int) -> int:
    """How many this process has open to a server."""
    return sum(bool(c.raddr) and c.raddr.port == port for c in psutil.Process().net_connections("inet"))


def test_several_holders_share_the_servers_index(tmp_path: Path, port: int, make: Make) -> None:
    one, two = (PreprintStore(tmp_path / "store", server=f"http://127.0.0.1:{port}") for _ in range(2))
    for number in range(6):
        (one, two)[number % 2].submit(make(number), key=f"k{number}")
    expected = [hit.title for hit in one.search("slope of line number 3")]
    assert expected[0] == "Fitting line number 3"
    assert [hit.title for hit in two.search("slope of line number 3")] == expected
    assert (one.status()["index"], one.status()["indexed"], two.status()["indexed"]) == ("chroma server", 12, 12)
    assert two.rebuild() == 12
    assert [hit.title for hit in one.search("slope of line number 3")] == expected
    one.close()
    two.close()
    assert not (tmp_path / "store" / "index").exists()


def test_a_closed_store_leaves_no_connection(tmp_path: Path, port: int, make: Make) -> None:
    """chroma 1.5.9 opens two a client and closes neither; collecting one that is open would be a warning."""
    store = PreprintStore(tmp_path / "store", server=f"http://127.0.0.1:{port}")
    store.submit(make(), key="a")
    store.search("slope")
    assert connections(port) > 0
    store.rebuild()
    store.close()
    assert connections(port) == 0
    gc.collect()


def test_a_server_that_does_not_answer_does_not_stop_search(tmp_path: Path, make: Make) -> None:
    store = PreprintStore(tmp_path / "store", server=f"http://127.0.0.1:{free_port()}")
    stored = store.submit(make(), key="a")
    assert [hit.preprint for hit in store.search("slope")] == [stored.id]
    assert any("cannot be used here" in notice for notice in store.notices())
    store.close()


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://", "nonsense"])
def test_a_strange_address_is_named(tmp_path: Path, make: Make, url: str) -> None:
    store = PreprintStore(tmp_path / "store", server=url)
    store.submit(make(), key="a")
    with pytest.raises(StoreError, match="is no chroma server"):
        store.search("slope")
    store.close()
