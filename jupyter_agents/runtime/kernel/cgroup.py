"""A memory limit that nothing escapes, where this machine lets us make control groups: mostly as root.

It stands a little above the watchdog's limit, which says why it ended a kernel; this one also counts memory that
belongs to no process and holds whoever is faster than the watchdog looks. Source: cgroups(7).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


class MemoryGroup:
    """A control group for one sandbox."""

    def __init__(self, folder: Path, unified: bool) -> None:
        self._folder = folder
        self._unified = unified

    @classmethod
    def make(cls, limit_bytes: int) -> MemoryGroup | None:
        """A group with this limit; None where none can be made, which is the usual case for ordinary users."""
        for parent, unified in ((_ROOT / "memory", False), (_ROOT, True), (_ROOT / "unified", True)):
            limit = "memory.max" if unified else "memory.limit_in_bytes"
            folder = parent / f"jupyter-agents-{os.getpid()}-{secrets.token_hex(4)}"
            try:
                folder.mkdir()
            except OSError:
                continue
            group = cls(folder, unified)
            try:
                (folder / limit).write_text(str(limit_bytes))
            except OSError:  # the memory controller is not in this hierarchy
                group.remove()
                continue
            return group
        return None

    def add(self, pids: Iterable[int]) -> None:
        """Put processes under the limit; what they start comes along."""
        for pid in pids:
            try:
                (self._folder / "cgroup.procs").write_text(str(pid))
            except OSError:  # it ended meanwhile
                continue

    @property
    def n_killed(self) -> int:
        """How many processes the limit has cost so far."""
        name = "memory.events" if self._unified else "memory.oom_control"
        try:
            lines = (self._folder / name).read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)

    def remove(self) -> bool:
        """Remove the group; False while a process of it is still ending."""
        try:
            self._folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


def sweep() -> None:
    """Remove groups whose makers ended without doing so; a group with processes stays."""
    for parent in (_ROOT / "memory", _ROOT, _ROOT / "unified"):
        for folder in parent.glob("jupyter-agents-*-*"):
            pid = folder.name.split("-")[2]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists():
                MemoryGroup(folder, unified=True).remove()
