"""Nothing leaves the machine, and nothing from the working folder gets in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

QUIET = """
import pathlib, socket, sys, threading, time
import psutil
from jupyter_agents.runtime.store.store import PreprintStore
from tests.runtime.store.conftest import preprint

me, seen, done = psutil.Process(), set(), threading.Event()
def watch():
    while not done.wait(0.002):
        seen.update((c.type.name, c.laddr, c.raddr) for c in me.net_connections("inet"))
watcher = threading.Thread(target=watch)
watcher.start()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    control.bind(("127.0.0.1", 0))
    time.sleep(0.5)
assert len(seen) == 1, f"the watcher does not see a socket: {seen}"
seen.clear()
store = PreprintStore(pathlib.Path(sys.argv[1]))
for number in range(5):
    store.submit(preprint(number), key=str(number))
assert len(store.search("slope of a line")) == 5
assert store.status()["index"] == "chroma"
time.sleep(4)  # the first packets of onnxruntime's telemetry came seconds after the model was loaded
store.close()
done.set()
watcher.join()
assert not seen, seen
"""
FOREIGN_ENV = "CHROMA_SERVER_HTTP_PORT=not a number\nIS_PERSISTENT=maybe\nPERSIST_DIRECTORY=/nowhere\n"
FOREIGN = """
import os, pathlib, sys
from jupyter_agents.runtime.store.store import PreprintStore
from tests.runtime.store.conftest import preprint
store = PreprintStore(pathlib.Path(sys.argv[1]))
store.submit(preprint(1), key="a")
here = os.getcwd()
assert len(store.search("slope of a line")) == 1
print(store.status()["index"], store.notices(), os.getcwd() == here)
store.close()
"""


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


def test_no_socket_is_opened_and_nothing_is_left_in_the_home_folder(tmp_path: Path) -> None:
    done = run(QUIET, tmp_path)
    assert done.returncode == 0, done.stderr
    left = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert left == []


def test_a_foreign_env_file_in_the_working_folder_changes_nothing(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".env").write_text(FOREIGN_ENV)
    done = run(FOREIGN, tmp_path, cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "chroma [] True"
    assert [path.name for path in project.iterdir()] == [".env"]


def test_importing_the_store_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from jupyter_agents.runtime.store import store\n"
        "heavy = {'chromadb', 'numpy', 'onnxruntime', 'tokenizers', 'psutil', 'markdown_it', 'filelock'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert run(code, tmp_path).stdout.strip() == "[]"
