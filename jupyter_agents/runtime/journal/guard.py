"""A lock that the system frees when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ...errors import RunError

_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


def try_lock(path: Path) -> int | None:
    """A descriptor that holds the lock until it is closed; None if somebody else holds it.

    The file stays for ever: removing it would let two holders lock two files of one name.
    """
    return _flock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Wait for the lock and hold it; for moments only. Raises RunError where it cannot be had."""
    descriptor = _flock(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _flock(path: Path, how: int) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise RunError(f"cannot lock {path}: {exc.strerror}; check the folder", path=str(path)) from exc
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as exc:
        os.close(descriptor)
        hint = "move the runs folder to a file system that has locks" if exc.errno in _UNSUPPORTED else "try again"
        raise RunError(f"cannot lock {path}: {exc.strerror}; {hint}", path=str(path)) from exc
    return descriptor
