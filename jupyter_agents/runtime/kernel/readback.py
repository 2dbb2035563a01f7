"""Reads what a sandboxed kernel left in its folder: beneath that folder only, never through a link.

A cell may put a link, a pipe or a device where a result is expected; whoever opened it in good faith would read
the host's files for it, or wait forever. Source: openat2(2), Linux 5.6; elsewhere each part of the name is opened
in turn without following.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import shutil
import stat
import struct
from pathlib import Path, PurePosixPath

from ...errors import ReadRefused
from ...records import Record

LIMIT_BYTES = 64 << 20
_OPENAT2 = 437
_NO_MAGIC_LINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
_MOST_ENTRIES = 10_000


class Entry(Record):
    """One regular file beneath a folder."""

    name: str
    """Relative to the folder, with `/` between its parts."""
    n_bytes: int
    modified: float
    """Seconds since 1970."""


def read(folder: Path, name: str, limit_bytes: int = LIMIT_BYTES) -> bytes:
    """The content of a regular file beneath a folder.

    Raises ReadRefused when it is missing, lies elsewhere, goes through a link, is no regular file or is larger
    than `limit_bytes`.
    """
    descriptor = _open(folder, name)
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        content = file.read(limit_bytes + 1) if size <= limit_bytes else b""
    if size > limit_bytes or len(content) > limit_bytes:
        raise ReadRefused(
            f"{name} has {size} bytes and at most {limit_bytes} are read back; write less or raise the limit",
            name=name,
            limit_bytes=limit_bytes,
        )
    return content


def listing(folder: Path) -> tuple[Entry, ...]:
    """The regular files beneath a folder by name, at most 10,000; links and what is behind them are left out."""
    found: list[Entry] = []
    for here, _, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in names:
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                relative = (Path(here) / name).relative_to(folder).as_posix()
                found.append(Entry(name=relative, n_bytes=status.st_size, modified=status.st_mtime))
        if len(found) >= _MOST_ENTRIES:
            break
    return tuple(sorted(found[:_MOST_ENTRIES], key=lambda entry: entry.name))


def copy_out(folder: Path, name: str, target: Path, limit_bytes: int = LIMIT_BYTES) -> Path:
    """Copy a regular file beneath a folder to a place outside; returns `target`.

    A copy never carries the file's mode or owner. Raises ReadRefused like `read`, and nothing is written then.
    """
    content = read(folder, name, limit_bytes)
    partial = target.with_name(f".{target.name}.partial")
    partial.write_bytes(content)
    partial.replace(target)
    return target


def copy_tree(folder: Path, target: Path, limit_bytes: int = LIMIT_BYTES) -> tuple[Entry, ...]:
    """Copy all regular files beneath a folder, each at most `limit_bytes`; returns what was copied.

    Raises ReadRefused for a file over the limit, after removing what it had copied.
    """
    entries = listing(folder)
    try:
        for entry in entries:
            (target / entry.name).parent.mkdir(parents=True, exist_ok=True)
            copy_out(folder, entry.name, target / entry.name, limit_bytes)
    except ReadRefused:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return entries


def _open(folder: Path, name: str) -> int:
    """A descriptor of a regular file; the folder itself is trusted, nothing beneath it is."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise ReadRefused(f"{name!r} is no name beneath the work folder", name=name)
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        opened = _open_beneath(root, parts) if _has_openat2() else _open_by_parts(root, parts)
    except OSError as exc:
        raise ReadRefused(f"{name} was not read: {_why(exc)}", name=name) from exc
    finally:
        os.close(root)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise ReadRefused(f"{name} was not read: it is no regular file", name=name)
    return opened


def _why(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.EXDEV, errno.ENOTDIR):
        return "it is a link, goes through one, or leaves the folder"
    if error.errno == errno.ENOENT:
        return "there is no such file"
    if error.errno == errno.ENXIO:
        return "it is no regular file"
    return str(error.strerror)


def _openat2(root: int, path: bytes) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    how = ctypes.create_string_buffer(struct.pack("<QQQ", _FLAGS, 0, _NO_MAGIC_LINKS | _NO_SYMLINKS | _BENEATH), 24)
    result = int(library.syscall(ctypes.c_long(_OPENAT2), ctypes.c_int(root), path, how, ctypes.c_size_t(24)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _open_beneath(root: int, parts: tuple[str, ...]) -> int:
    return _openat2(root, os.fsencode("/".join(parts)))


@functools.cache
def _has_openat2() -> bool:
    """Whether this machine has openat2: old kernels and some containers answer ENOSYS or EPERM."""
    if os.uname().sysname != "Linux":
        return False
    root = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.close(_openat2(root, b"."))
    except OSError:
        return False
    finally:
        os.close(root)
    return True


def _open_by_parts(root: int, parts: tuple[str, ...]) -> int:
    """The same without openat2: each folder is opened from the one before, and no part may be a link."""
    here = os.dup(root)
    try:
        for part in parts[:-1]:
            following = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = following
        return os.open(parts[-1], _FLAGS, dir_fd=here)
    finally:
        os.close(here)
