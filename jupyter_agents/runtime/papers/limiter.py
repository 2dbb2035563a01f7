"""One request at a time and a pause between two, for every process that shares a cache folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import ArxivBusy


class Limiter:
    """arXiv's rule for all machines of one user: one connection, three seconds between two requests.

    folder: holds the lock and the time of the last request. interval_s: from the end of one request
    to the start of the next. patience_s: how long to wait for other processes before giving up.
    Source: arXiv API terms of use, "no more than one request every three seconds".
    """

    def __init__(self, folder: Path, interval_s: float, *, patience_s: float = 900.0) -> None:
        self.folder = folder
        self.interval_s = interval_s
        self.patience_s = patience_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for this process's turn and holds it until the request is over. Raises ArxivBusy."""
        if self.interval_s <= 0:
            yield
            return
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(self.folder / "request.lock", timeout=self.patience_s)
            lock.acquire()
        except Timeout as exc:
            raise ArxivBusy(
                f"other programs have been asking arXiv for {self.patience_s:g} s without a pause; try again later",
                folder=str(self.folder),
            ) from exc
        try:
            self._pause()
            try:
                yield
            finally:
                self._stamp()
        finally:
            lock.release()

    def _stamp(self) -> None:
        (self.folder / "last-request").write_text(repr(time.time()), encoding="ascii")

    def _pause(self) -> None:
        stamp = self.folder / "last-request"
        # Wall clock, because processes (and boots) share it; one set back must not make us wait for hours.
        since = time.time() - _read_time(stamp)
        if 0 <= since < self.interval_s:
            time.sleep(self.interval_s - since)
        elif since < 0:
            time.sleep(self.interval_s)
        self._stamp()  # also now: a process that is killed in its request has asked all the same


def _read_time(stamp: Path) -> float:
    try:
        return float(stamp.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0.0
