"""The *restricted* mode, for machines that forbid namespaces: Landlock for files, the filter for the rest.

Weaker than the sandbox, and only ever by a person's explicit setting. Files are limited to the same places, there
is no network and no connection to any socket. But the host's processes and the names, sizes and dates of its files
stay visible, background processes may outlive the kernel, and local servers, shells' terminals and some
multiprocessing do not work. Source: landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path
from typing import Any

from ...errors import SandboxUnavailable
from .bubblewrap import Box

MINIMUM = 6
"""The first version that keeps signals inside, in Linux 6.12."""

_CREATE, _VERSION_FLAG = 444, 1
_FILES = {
    name: 1 << bit
    for bit, name in enumerate(
        ("execute", "write_file", "read_file", "read_dir", "remove_dir", "remove_file", "make_char", "make_dir",
         "make_reg", "make_sock", "make_fifo", "make_block", "make_sym", "refer", "truncate", "ioctl_dev")
    )
}  # fmt: skip
_OF_FILES = _FILES["execute"] | _FILES["write_file"] | _FILES["read_file"] | _FILES["truncate"] | _FILES["ioctl_dev"]
_READ = _FILES["read_file"] | _FILES["read_dir"]
_RUN = _READ | _FILES["execute"]
_ALL = sum(_FILES.values())
_WRITE = _ALL & ~(_FILES["make_char"] | _FILES["make_block"] | _FILES["ioctl_dev"])
_NO_TCP, _OWN_SIGNALS_AND_SOCKETS = 3, 3

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_READABLE = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/passwd", "/etc/group",
    "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl/certs", "/etc/fonts", "/etc/mime.types", "/etc/alternatives",
    "/dev/urandom", "/dev/random", "/proc",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")


def version() -> int:
    """Landlock's version on this machine; 0 where it is absent or switched off."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    answer = library.syscall(ctypes.c_long(_CREATE), None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    return max(int(answer), 0)


def check() -> None:
    """Raise SandboxUnavailable where the restricted mode cannot be had."""
    if version() < MINIMUM:
        raise SandboxUnavailable(
            f"the restricted mode needs Landlock {MINIMUM} (Linux 6.12); this machine has {version() or 'none'}",
            version=version(),
        )
    if os.geteuid() == 0:
        raise SandboxUnavailable(
            "the restricted mode is not for root, who keeps rights that Landlock does not limit; start Jupyter as an "
            "ordinary user"
        )


def plan(box: Box) -> dict[str, Any]:
    """What the launcher hands to Landlock: the rights it takes away, and the places that keep some."""
    rules: list[tuple[str, int]] = [(path, _RUN) for path in (*_SYSTEM, *map(str, box.readable))]
    rules += [(path, _READ) for path in _READABLE]
    rules += [(path, _FILES["read_file"] | _FILES["write_file"]) for path in _DEVICES]
    rules += [(str(path), _WRITE) for path in (box.workdir, box.sockets)]
    real = [(os.path.realpath(path), rights) for path, rights in rules if os.path.lexists(path)]
    return {
        "attributes": struct.pack("<QQQ", _ALL, _NO_TCP, _OWN_SIGNALS_AND_SOCKETS),
        "rules": [(path, rights if Path(path).is_dir() else rights & _OF_FILES) for path, rights in real],
    }
