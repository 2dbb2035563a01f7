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
    """Wait for the lock and hold it; for moments only. Raises RunError where the file system has no locks."""
    descriptor = _flock(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _flock(path: Path, how: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as exc:
        os.close(descriptor)
        if exc.errno not in _UNSUPPORTED:
            raise
        raise RunError(
            f"the file system of {path.parent} has no file locks; move the runs folder to one that has "
            "(a local disk, or NFS with locking)",
            path=str(path),
        ) from exc
    return descriptor
