"""Watches what no limit of a single process can: memory and disk of a whole sandbox, and says why it ended one.

Resident sizes are summed cheaply; only when that sum, which counts shared pages twice, is over the limit are
proportional sizes read. Memory without a process is kept away by the filter (memfd, System V) and by the sizes
of the private folders.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_MEMORY_EVERY_S, _DISK_EVERY_S = 0.1, 1.0


def processes(root: int) -> Iterator[int]:
    """A process and all that descend from it."""
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        try:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += map(int, children.read_text().split())
        except OSError:  # it ended meanwhile
            continue


def resident_bytes(pid: int) -> int:
    """Memory of one process, shared pages counted in full; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def proportional_bytes(pid: int) -> int:
    """Memory of one process, each shared page divided among its users; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return resident_bytes(pid)
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


def disk_bytes(*folders: Path) -> int:
    """Space that the files beneath some folders take; links are not followed."""
    total = 0
    waiting = [str(folder) for folder in folders]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # removed while we look
            continue
    return total


class Watchdog:
    """A thread that ends a sandbox which takes more than its share."""

    def __init__(
        self,
        root: int,
        *,
        memory_bytes: int,
        disk_bytes: int,
        folders: tuple[Path, ...],
        n_killed: Callable[[], int],
        end: Callable[[str], None],
    ) -> None:
        """`n_killed`: how many processes a control group has cost; `end`: ends the sandbox, given the reason."""
        self._root = root
        self._memory = memory_bytes
        self._disk = disk_bytes
        self._folders = folders
        self._n_killed = n_killed
        self._end = end
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sandbox-watchdog", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; safe to call twice."""
        self._stopped.set()

    def _watch(self) -> None:
        look_at_disk = time.monotonic() + _DISK_EVERY_S
        while not self._stopped.wait(_MEMORY_EVERY_S):
            reason = self._memory_reason()
            if not reason and not Path(f"/proc/{self._root}").exists():
                return
            if not reason and time.monotonic() >= look_at_disk:
                began = time.monotonic()
                reason = self._disk_reason()
                took = time.monotonic() - began
                look_at_disk = time.monotonic() + max(_DISK_EVERY_S, 10 * took)
            if reason:
                self._end(reason)
                return

    def _memory_reason(self) -> str:
        if self._n_killed():
            return memory_reason(self._memory)
        pids = list(processes(self._root))
        if not self._memory or sum(map(resident_bytes, pids)) <= self._memory:
            return ""
        used = sum(map(proportional_bytes, pids))
        if used <= self._memory:
            return ""
        return memory_reason(self._memory)

    def _disk_reason(self) -> str:
        used = disk_bytes(*self._folders)
        if not self._disk or used <= self._disk:
            return ""
        return f"the work folder grew to {_size(used)}; {_size(self._disk)} are allowed"


def memory_reason(limit_bytes: int) -> str:
    """What a person reads when a sandbox was ended for its memory."""
    return f"the kernel and its children used up their memory; {_size(limit_bytes)} are allowed"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / (1 << 30):.2f} GiB" if n_bytes >= 1 << 30 else f"{n_bytes / (1 << 20):.0f} MiB"
