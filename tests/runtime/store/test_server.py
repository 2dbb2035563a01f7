"""The index on a real chroma server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_agents.errors import StoreError
from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.store import PreprintStore

Make = Callable[..., Preprint]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    chroma = shutil.which("chroma", path=str(Path(sys.executable).parent))
    assert chroma, "chromadb installs its server beside the interpreter"
    port = free_port()
    command = [chroma, "run", "--path", str(tmp_path_factory.mktemp("chroma")), "--host", "127.0.0.1", "--port"]
    server = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(30)


HOLDERS = """
import pathlib, sys
from jupyter_agents.runtime.store.store import PreprintStore
from tests.runtime.store.conftest import preprint

one, two = (PreprintStore(pathlib.Path(sys.argv[1]), server=sys.argv[2]) for _ in range(2))
for number in range(6):
    (one, two)[number % 2].submit(preprint(number), key=f"k{number}")
expected = [hit.title for hit in one.search("slope of line number 3")]
assert expected[0] == "Fitting line number 3"
assert [hit.title for hit in two.search("slope of line number 3")] == expected
assert (one.status()["index"], one.status()["indexed"], two.status()["indexed"]) == ("chroma server", 12, 12)
assert two.rebuild() == 12
assert [hit.title for hit in one.search("slope of line number 3")] == expected
one.close()
two.close()
"""


def test_several_holders_share_the_servers_index(tmp_path: Path, url: str) -> None:
    """In a process of its own: chroma 1.5.9 leaves HTTP connections to be collected, which counts as a warning."""
    done = subprocess.run(
        [sys.executable, "-c", HOLDERS, str(tmp_path / "store"), url],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "store" / "index").exists()


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
