"""Starting and ending the processes of a sandbox: the lasting thread, the launcher's command, what it says."""

from __future__ import annotations

import json
import marshal
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import SandboxPolicy, surroundings
from .bubblewrap import Box
from .watchdog import processes

_spawners: dict[int, ThreadPoolExecutor] = {}


def spawner() -> ThreadPoolExecutor:
    """One thread that lasts: a sandbox dies with the *thread* that started it (bubblewrap, issue 692).

    Kept by process, since a forked child inherits the executor but not its thread.
    """
    return _spawners.setdefault(os.getpid(), ThreadPoolExecutor(1, thread_name_prefix="sandbox-spawner"))


def limits(policy: SandboxPolicy) -> dict[str, int]:
    """Resource limits of each process. Data rather than address space: reserving is free, using is not."""
    wanted = {
        "FSIZE": policy.file_bytes,
        "NOFILE": policy.open_files,
        "NPROC": policy.processes,
        "DATA": 0 if policy.gpu else policy.memory_bytes,
        "CPU": policy.cpu_s,
    }
    return {"CORE": 0, **{name: value for name, value in wanted.items() if value}}


def launcher_command(script: str, plan: dict[str, Any], box: Box, command: list[str]) -> list[str]:
    """The command that raises the guards and becomes `command`; version 2 of marshal is read by every Python 3."""
    handed_over = marshal.dumps(plan, 2).hex()
    return [interpreter(command), "-I", "-S", script, handed_over, str(box.sockets), "--", *command]


def interpreter(command: list[str]) -> str:
    """The kernel's Python, which runs the launcher too; ours for a command that starts otherwise."""
    return command[0] if surroundings.is_python(command[0]) and Path(command[0]).is_absolute() else sys.executable


def first_process(info: int) -> int | None:
    """The first process of the sandbox, from what bwrap tells; None when bwrap failed."""
    with os.fdopen(info) as told:
        try:
            return int(json.loads(told.read())["child-pid"])
        except (ValueError, KeyError):
            return None


def said_ok(status: int) -> bool:
    """Whether the launcher said that all guards stand; blocks until it did or ended."""
    with os.fdopen(status, "rb") as launched:
        return launched.readline() == b"ok\n"


def end_all(pid: int | None) -> None:
    """End a sandbox by its first process, which takes a whole process namespace along; in restricted mode there
    is none, so all that descend from it are ended one by one.
    """
    for one in list(processes(pid)) if pid is not None else []:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue
