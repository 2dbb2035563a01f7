"""A run's journal: events appended by its one owner, chained so that changes show. `reading.py` reads it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ...errors import JournalError
from ...records import Event
from .chain import START, VERSION, seal
from .encoding import plain
from .files import sync_folder, write_all
from .reading import Tail, Verified, follow, head_path, read, read_head, verify

__all__ = ["Journal", "Tail", "Verified", "follow", "now", "read", "verify"]


def now() -> str:
    """The time in UTC, ISO 8601, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Journal:
    """The journal as its owner holds it: everything in memory, appended to the file."""

    def __init__(self, path: Path, descriptor: int, tail: Tail, redact: Callable[[str], str] | None) -> None:
        self.path = path
        self.events: list[Event] = []
        self._descriptor = descriptor
        self._size = tail.offset
        self._tail = tail
        self._redact = redact
        self._broken = ""
        self._turn = threading.RLock()
        self._head = os.open(head_path(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @classmethod
    def open(cls, path: Path, *, redact: Callable[[str], str] | None = None) -> Journal:
        """Open or begin a journal to write to; call it only while holding the run's lock.

        A half-written last line is cut off, kept beside as `journal.torn`, and an event `repaired` says so; the
        same event names how many whole lines are gone that had been written before. `redact` sees every text on
        its way in. Raises JournalError for a damaged line or a newer format.
        """
        fresh = not path.exists()
        tail = Tail(path)
        events = list(tail.read())
        with _disk(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if fresh:
                    sync_folder(path.parent)
                journal = cls(path, descriptor, tail, redact)
            except OSError:
                os.close(descriptor)
                raise
        journal.events = events
        try:
            journal._repair(tail.rest)
        except JournalError:
            journal.close()
            raise
        return journal

    def append(self, kind: str, data: object = None, *, key: str = "", durable: bool) -> Event:
        """Write one event and return it as a reader will see it.

        durable: on the disk when this returns (model replies, human answers, intents with side effects); else it
        survives the process but not the power. May be called from any thread. Raises JournalError, with the file
        as it was, where it cannot be written.
        """
        data, kind, key = plain(data, self._redact), plain(kind), plain(key)
        with self._turn:
            self._check()
            prev = self.events[-1].hash if self.events else START
            seq = len(self.events) + 1
            draft = Event(seq=seq, kind=kind, at=now(), data=data, key=key, v=VERSION, prev=prev)
            with _disk(self.path):
                event, line = seal(draft, self.path.parent / "artifacts")
                self._write(line, durable)
            self.events.append(event)
            self._write_head(event)
        return event

    def close(self) -> None:
        """Put everything on the disk and let go of the file. Safe to call twice."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        try:
            with _disk(self.path):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
            os.close(self._head)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self) -> None:
        if self._descriptor < 0:
            raise JournalError(f"the journal {self.path} is closed; open it again to write")
        if self._broken:
            raise JournalError(f"the journal {self.path} takes no more events: {self._broken}; resume the run")
        if os.fstat(self._descriptor).st_size != self._size:
            raise JournalError(
                f"somebody else wrote to {self.path} meanwhile; this process stops writing, see who owns the run",
                path=str(self.path),
            )

    def _write(self, line: bytes, durable: bool) -> None:
        try:
            write_all(self._descriptor, line)
        except OSError:
            self._undo()
            raise
        if durable:
            try:
                os.fsync(self._descriptor)
            except OSError as exc:
                # after a failed fsync the system may report success for pages it has dropped: never trust it again
                self._broken = f"the disk failed to keep it ({exc.strerror})"
                self._undo()
                raise
        self._size += len(line)

    def _undo(self) -> None:
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError as exc:
            self._broken = f"a half-written line could not be taken back ({exc.strerror})"

    def _write_head(self, event: Event) -> None:
        """Note the newest line beside the journal, so that cut-off lines are missed.

        Not synced, and it may fail: the line itself is safe.
        """
        with contextlib.suppress(OSError):
            os.pwrite(self._head, f"{event.seq:020d} {event.hash}\n".encode(), 0)

    def _repair(self, rest: bytes) -> None:
        note: dict[str, object] = {}
        if rest and not self._completed(rest):
            torn = self.path.with_suffix(".torn")
            with _disk(self.path):
                torn.write_bytes(rest)
                os.ftruncate(self._descriptor, self._size)
            note |= {"torn_bytes": len(rest), "kept": torn.name}
        head = read_head(self.path)
        if head is not None and head[0] > len(self.events):
            note["lost_lines"] = head[0] - len(self.events)
        if note:
            self.append("repaired", note, durable=True)

    def _completed(self, rest: bytes) -> bool:
        """Whether only the line's end was missing; then it is added and nothing is lost."""
        try:
            event = self._tail.unseal(rest)
        except JournalError:
            return False
        self._size += len(rest)  # first: should the disk be full, the line must stay as it is
        with _disk(self.path):
            self._write(b"\n", durable=True)
        self.events.append(event)
        return True


@contextlib.contextmanager
def _disk(path: Path) -> Iterator[None]:
    """Turn what the disk says into a sentence."""
    try:
        yield
    except OSError as exc:
        raise JournalError(
            f"cannot write to the journal {path}: {exc.strerror}; make room or check the disk, then resume the run",
            path=str(path),
            errno=exc.errno,
        ) from exc
