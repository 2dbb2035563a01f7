"""Starting, resuming and stopping runs from the outside; each works in a process and session of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from .. import agents, designs
from ..errors import DataError, RunOwned
from ..records import Request, RunState, dump
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.lock import owner
from ..runtime.journal.process import alive
from ..settings import Settings

QUIET = ("JPY_PARENT_PID", "JPY_SESSION_NAME", "MPLBACKEND")
"""Variables of a notebook's kernel that mean nothing to a run."""


def prepare(request: Request, settings: Settings, data: Mapping[str, Path] | None = None) -> RunFolder:
    """A new run's folder with its request, settings and data; nothing runs yet.

    Raises UnknownName for an agent or design that does not exist, DataError for data that cannot be copied.
    """
    agents.load(request.agent)
    designs.load(request.design or settings.design)
    for name, source in (data or {}).items():
        if not source.exists():
            raise DataError(f"the data {name!r} is not there: {source}", name=name)
    folder = RunFolder.create(Path(settings.runs), request, dump(settings))
    for name, source in (data or {}).items():
        target = folder.path / "data" / (name + "".join(source.suffixes if source.is_file() else []))
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copyfile(source, target)
    return folder


def start(request: Request, settings: Settings, *, data: Mapping[str, Path] | None = None) -> RunFolder:
    """Start a new run in a process of its own and return at once."""
    folder = prepare(request, settings, data)
    _launch(folder, [])
    return folder


def resume(folder: RunFolder, *, from_seq: int | None = None, take_over: bool = False) -> None:
    """Go on with a run in a new process. Raises RunOwned where another one has it."""
    there = owner(folder.lock)
    if there is not None and not take_over and alive(there) is not False:
        raise RunOwned(
            f"run {folder.id} is at work already (process {there.pid} on {there.host}); watch it with `jupyter agents "
            f"runs show {folder.id}`, or pause or stop it first",
            run=folder.id,
        )
    options = ["--from", str(from_seq)] if from_seq is not None else []
    _launch(folder, [*options, *(["--take-over"] if take_over else [])])


def stop_now(folder: RunFolder) -> bool:
    """End exactly the process that the run's lock names, if it is alive on this machine; whether it was."""
    there = owner(folder.lock)
    if there is None or alive(there) is not True:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(there.pid, signal.SIGKILL)
    return True


async def run(
    request: Request, settings: Settings, *, data: Mapping[str, Path] | None = None
) -> tuple[RunFolder, RunState]:
    """The same in this process: start a run, work it, return its folder and the state it was left in."""
    from .process import work

    folder = prepare(request, settings, data)
    return folder, await work(folder)


def _launch(folder: RunFolder, options: list[str]) -> None:
    """A run's process: own session, no terminal, its words in `process.log`."""
    environment = {k: v for k, v in os.environ.items() if k not in QUIET}
    with (folder.path / "process.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", __package__, str(folder.path), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment,
            cwd=folder.path,
        )
    # whoever starts a run may outlive it: somebody has to take its exit status
    threading.Thread(target=process.wait, name=f"run-{folder.id}", daemon=True).start()
