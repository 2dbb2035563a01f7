"""Folders that a kernel brings along: a fresh work folder where nobody named one, and a short one for sockets."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

_SOCKETS = "ja-"
_LONGEST_BASE = 40
"""Paths of unix sockets have at most 107 bytes, 104 on some systems."""
_MOST_LINKS = 2000


def fresh_work(notebook: Path | None) -> Path:
    """A new work folder under Jupyter's data folder, with a link to each visible entry of the notebook's folder.

    The links let `open("data.csv")` and `import helpers` work as beside the notebook, read-only.
    """
    from jupyter_core.paths import jupyter_data_dir

    base = Path(jupyter_data_dir()) / "jupyter_agents" / "work"
    base.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-", time.gmtime()), dir=base)).resolve()
    if notebook is not None:
        visible = sorted(entry for entry in notebook.iterdir() if not entry.name.startswith("."))
        for entry in visible[:_MOST_LINKS]:
            (folder / entry.name).symlink_to(entry)
    return folder


def remove_unused(folder: Path) -> None:
    """Remove a fresh work folder that holds nothing but its links; what a kernel made there is never removed."""
    if not folder.is_dir() or any(not entry.is_symlink() for entry in folder.iterdir()):
        return
    shutil.rmtree(folder, ignore_errors=True)


def make_sockets() -> Path:
    """A short private folder for a kernel's sockets; its name says who owns it. Those of dead owners are removed."""
    base = _base()
    sweep(base)
    return Path(tempfile.mkdtemp(prefix=f"{_SOCKETS}{_owner(os.getpid())}-", dir=base)).resolve()


def make_private(sockets: Path) -> Path:
    """A home and place for temporary files in restricted mode; it goes with the sockets."""
    own = sockets / "home"
    own.mkdir(mode=0o700)
    return own


def empty(folder: Path) -> None:
    """Remove what is in a folder of sockets, without following anything."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def sweep(base: Path) -> None:
    """Remove socket folders in `base` whose owner ended without doing so: ours, of this process namespace."""
    for folder in base.glob(f"{_SOCKETS}*-*-*-*"):
        namespace, pid, start = folder.name.removeprefix(_SOCKETS).split("-")[:3]
        here = namespace == _owner(os.getpid()).split("-")[0]
        if here and pid.isdigit() and _owner(int(pid)) != f"{namespace}-{pid}-{start}":
            _end_unborn(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _end_unborn(folder: Path) -> None:
    """End the first process of a sandbox whose owner was killed in the millisecond before it began.

    bwrap's child then waits forever for its parent's word. It is known by its parent being gone and by the name
    of its owner's own folder in its command line.
    """
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes():
                status = (entry / "status").read_text()
                if "\nPPid:\t1\n" in status and status.startswith("Name:\tbwrap\n"):
                    os.kill(int(entry.name), signal.SIGKILL)
        except (OSError, UnicodeDecodeError):  # ended meanwhile, or somebody else's
            continue


def _base() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = runtime and len(runtime) <= _LONGEST_BASE and os.access(runtime, os.W_OK)
    return Path(runtime if usable else "/tmp")  # noqa: S108 - mkdtemp makes it private; $TMPDIR may be too long


def _owner(pid: int) -> str:
    """Who a process is, never given twice: process namespace, number and start; empty parts when it is gone."""
    namespace = f"{Path('/proc/self/ns/pid').stat().st_ino:x}"
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return f"{namespace}-{pid}-"
    return f"{namespace}-{pid}-{fields[19]}"


def remove(folder: Path) -> None:
    """Remove a folder of sockets with all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)
