"""Who a kernel is: the user who starts it, or, started by root, a user of its own that owns nothing else.

Root keeps no user namespace: uid 0 inside one may write host files that belong to root and has no limit on
processes. Each kernel gets an unused number instead; its work folder is handed over and taken back.
"""

from __future__ import annotations

import os
import secrets
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from ...errors import SandboxUnavailable

_FIRST, _COUNT = 1_900_000_000, 100_000
"""Free for such use: above systemd's container range, below 2^31 (systemd, "Users, Groups, UIDs and GIDs")."""


class Identity:
    """The numeric user a kernel runs as; a private one is reserved until `release`."""

    def __init__(self, uid: int, gid: int, *, reserved: socket.socket | None = None) -> None:
        self.uid = uid
        self.gid = gid
        self._reserved = reserved

    @property
    def private(self) -> bool:
        """Whether the kernel must change to this user, because root starts it."""
        return self._reserved is not None

    def release(self) -> None:
        """Let the next kernel have the number."""
        if self._reserved is not None:
            self._reserved.close()


def choose() -> Identity:
    """The identity of the next kernel. Raises SandboxUnavailable when root has no number to give."""
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid())
    first, count = _range()
    start = secrets.randbelow(count)
    for step in range(1000):
        number = first + (start + step) % count
        # An abstract socket is a lock that the system drops with its owner, however that ends.
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0jupyter-agents-uid-{number}")
        except OSError:
            lock.close()
            continue
        return Identity(number, number, reserved=lock)
    raise SandboxUnavailable("no free user number was found for the kernel; end some kernels and try again")


def _range() -> tuple[int, int]:
    """A range of user numbers that exist here: inside a container only some are mapped."""
    spans = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    for inside, _, count in spans:
        if inside <= _FIRST and inside + count >= _FIRST + _COUNT:
            return _FIRST, _COUNT
    inside, _, count = max(spans, key=lambda span: span[2])
    if count < 10_000:
        raise SandboxUnavailable(
            "this root user has no other user numbers to run kernels as; start as an ordinary user, or give the "
            "container a range of them (subuid)"
        )
    return inside + count - 2_000, 1_000


def is_private(uid: int) -> bool:
    """Whether a number is one that kernels are given."""
    if os.geteuid() != 0:
        return False
    first, count = _range()
    return first <= uid < first + count


def hand_over(folder: Path, identity: Identity) -> tuple[int, int]:
    """Give a work folder to a kernel's private user; returns the owner to give it back to.

    Links are not followed, and a file with a second name stays as it is: the other name may lie elsewhere.
    """
    before = folder.stat()
    owner = (before.st_uid, before.st_gid)
    if is_private(before.st_uid):  # its last owner was killed before it could give the folder back
        parent = folder.parent.stat()
        owner = (parent.st_uid, parent.st_gid)
    if identity.private:
        _change(folder, identity.uid, identity.gid, lambda found: found.st_nlink == 1 or is_private(found.st_uid))
    return owner


def take_back(folder: Path, owner: tuple[int, int]) -> None:
    """Give everything that private users own in a folder to its owner."""
    if folder.is_dir():
        _change(folder, *owner, lambda found: is_private(found.st_uid))


def _change(folder: Path, uid: int, gid: int, wanted: Callable[[os.stat_result], bool]) -> None:
    for _, folders, files, here in os.fwalk(folder, follow_symlinks=False):
        os.chown(here, uid, gid)
        for name in [*folders, *files]:
            found = os.stat(name, dir_fd=here, follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode) and wanted(found):
                os.chown(name, uid, gid, dir_fd=here, follow_symlinks=False)
