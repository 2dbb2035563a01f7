"""Nothing leaves the machine, and nothing from the working folder gets in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from jupyter_agents.records import Record

SESSION = """
import json, os, pathlib, socket, sys, threading, time
import psutil
from jupyter_agents.runtime.store.store import PreprintStore
from tests.runtime.store.conftest import preprint

me, seen, done = psutil.Process(), set(), threading.Event()
def watch():
    while not done.wait(0.02):
        seen.update((c.type.name, c.laddr, c.raddr) for c in me.net_connections("inet"))
watcher = threading.Thread(target=watch)
watcher.start()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    control.bind(("127.0.0.1", 0))
    at, ends = control.getsockname(), time.monotonic() + 60
    while not seen and time.monotonic() < ends:
        time.sleep(0.02)
here = os.getcwd()
store = PreprintStore(pathlib.Path(sys.argv[1]))
for number in range(5):
    store.submit(preprint(number), key=str(number))
loaded = time.monotonic()
found = len(store.search("slope of a line"))
index, notices = store.status()["index"], store.notices()
grammar = "rfc3987_syntax" in sys.modules
import jsonschema
conforms = jsonschema.Draft7Validator.FORMAT_CHECKER.conforms
iris = [conforms(iri, "iri") for iri in ("http://example.org/caf\u00e9", "no iri")]
time.sleep(max(0, 4 - (time.monotonic() - loaded)))  # onnxruntime's first packets came seconds after the model
store.close()
done.set()
watcher.join()
print(json.dumps({
    "control": any(local == at for _, local, _ in seen),
    "sockets": sorted(str(socket) for socket in seen if socket[1] != at),
    "found": found, "index": index, "notices": notices,
    "stayed": os.getcwd() == here, "grammar": grammar, "iris": iris,
}))
"""
FOREIGN_ENV = "CHROMA_SERVER_HTTP_PORT=not a number\nIS_PERSISTENT=maybe\nPERSIST_DIRECTORY=/nowhere\n"


class Session(Record):
    """What a process that submitted and searched, in a folder with a foreign `.env`, says of itself."""

    control: bool
    """Whether it saw the one socket that it opened to try the watcher."""
    sockets: list[str]
    """Others that it saw."""
    found: int
    index: str
    notices: list[str]
    stayed: bool
    """Whether its working folder is the one it had."""
    grammar: bool
    """Whether a grammar of IRIs was compiled."""
    iris: list[bool]
    """Whether jsonschema takes a right and a wrong IRI."""


@pytest.fixture(scope="module")
def outer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quiet")


@pytest.fixture(scope="module")
def session(outer: Path) -> Session:
    project = outer / "project"
    project.mkdir()
    (project / ".env").write_text(FOREIGN_ENV)
    done = run(SESSION, outer, cwd=project)
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout, type=Session)


def run(code: str, tmp_path: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_", "CHROMA_"))}
    root = str(Path(__file__).resolve().parents[3])
    return subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "store")],
        env=kept | {"HOME": str(home), "PYTHONPATH": root},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_no_socket_is_opened_and_nothing_is_left_in_the_home_folder(outer: Path, session: Session) -> None:
    assert session.control
    assert session.sockets == []
    assert [path for path in (outer / "home").rglob("*") if path.is_file()] == []


def test_a_foreign_env_file_in_the_working_folder_changes_nothing(outer: Path, session: Session) -> None:
    assert (session.found, session.index, session.notices, session.stayed) == (5, "chroma", [], True)
    assert [path.name for path in (outer / "project").iterdir()] == [".env"]


def test_a_search_compiles_no_grammar_but_iris_are_still_checked(session: Session) -> None:
    assert not session.grammar
    assert session.iris == [True, False]


def test_importing_the_store_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from jupyter_agents.runtime.store import store\n"
        "heavy = {'chromadb', 'numpy', 'onnxruntime', 'tokenizers', 'psutil', 'markdown_it', 'filelock'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert run(code, tmp_path).stdout.strip() == "[]"
