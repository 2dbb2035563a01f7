"""Root and ordinary users get different sandboxes: where these tests run as root, they run once more without.

The interpreter may lie below a folder that only root can enter, so the second run gets a root folder of its own
in which such parents are open and otherwise empty.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_agents.errors import SandboxUnavailable
from jupyter_agents.runtime.kernel import bubblewrap
from jupyter_agents.runtime.kernel.surroundings import interpreter_folders

USER = "23456"
DIFFERENT = (
    "refused", "privileges", "must_work", "one_process", "children_together", "daemon", "killed", "come_back",
    "blocking", "fresh_kernel", "guarded", "named_data", "hidden_in_data",
)  # fmt: skip
"""Parts of the names of those tests whose end may depend on who runs them."""
REPOSITORY = Path(__file__).resolve().parents[3]


def closed_parents(paths: list[Path]) -> list[Path]:
    """The outermost folders above some paths that others cannot enter."""
    closed = set()
    for path in paths:
        for parent in reversed(path.parents):
            if parent.stat().st_mode & 0o001 == 0:
                closed.add(parent)
                break
    return sorted(closed)


def as_user(command: list[str], writable: Path) -> list[str]:
    needed = sorted({*interpreter_folders(sys.executable), REPOSITORY}, key=lambda path: len(path.parts))
    words = [bubblewrap.find(), "--dev-bind", "/", "/"]
    for parent in closed_parents([*needed, writable]):
        words += ["--perms", "0755", "--tmpfs", str(parent)]
    for path in needed:
        for above in reversed(path.parents):
            if any(above.is_relative_to(parent) and above != parent for parent in closed_parents([path])):
                words += ["--perms", "0755", "--dir", str(above)]
        words += ["--ro-bind", str(path), str(path)]
    words += ["--bind", str(writable), str(writable)]
    switch = [str(shutil.which("setpriv")), "--reuid", USER, "--regid", USER, "--clear-groups", "--"]
    return [*words, "--", *switch, *command]


@pytest.mark.sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv of util-linux is needed to change the user")
@pytest.mark.timeout(300)
def test_everything_holds_for_an_ordinary_user_too() -> None:
    try:
        bubblewrap.find()
    except SandboxUnavailable as exc:
        pytest.skip(str(exc))
    home = Path(f"/tmp/ordinary-{os.getpid()}")
    home.mkdir()
    os.chown(home, int(USER), int(USER))
    tests = [
        str(REPOSITORY / "tests/runtime/kernel" / f"test_{name}.py")
        for name in ("escape", "clients", "bounds", "restricted", "data_folders")
    ]
    chosen = " or ".join(DIFFERENT)
    command = [sys.executable, "-m", "pytest", "-q", "--basetemp", str(home / "tests"), "-k", chosen, *tests]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            as_user(command, home), cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
    finally:
        shutil.rmtree(home)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
    assert "no sandbox on this machine" not in done.stdout, done.stdout[-2000:]
