"""A run's journal: events appended by its one owner, read by anyone, chained so that changes show."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ...errors import JournalError
from ...records import Event, Record
from .chain import START, VERSION, Damage, hash_of, seal, unseal
from .encoding import plain
from .files import sync_folder, write_all

_CHUNK = 1 << 20


def now() -> str:
    """The time in UTC, ISO 8601, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Verified(Record):
    """What a check of a whole journal found."""

    ok: bool
    events: int
    """Good events before the first bad line."""
    first_bad_line: int | None = None
    why: str = ""


class Tail:
    """A place in a journal from which one reads on; only whole lines are taken."""

    def __init__(self, path: Path, after: int = 0) -> None:
        self.path = path
        self.seq = 0
        """Number of the last line passed."""
        self.hash = START
        self.offset = 0
        """Bytes passed."""
        self.rest = b""
        """What stood after the last line end when it was read last."""
        self._after = after

    def read(self) -> Iterator[Event]:
        """Events that are there now and were not given yet. Raises JournalError at the first damaged line."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            if file.seek(0, os.SEEK_END) < self.offset:
                raise JournalError(f"the journal {self.path} became shorter while it was read; run `verify` on it")
            file.seek(self.offset)
            self.rest = b""
            while chunk := file.read(_CHUNK):
                lines = (self.rest + chunk).split(b"\n")
                self.rest = lines.pop()
                for line in lines:
                    event = self._take(line)
                    if event is not None:
                        yield event

    def _take(self, line: bytes) -> Event | None:
        event = None if self.seq < self._after else self.unseal(line)
        self.hash = hash_of(line) if event is None else event.hash
        self.seq += 1
        self.offset += len(line) + 1
        return event

    def unseal(self, line: bytes) -> Event:
        """A line as the next event. Raises JournalError naming the line."""
        try:
            return unseal(line, seq=self.seq + 1, prev=self.hash, blobs=self.path.parent / "artifacts")
        except Damage as exc:
            raise JournalError(
                f"line {self.seq + 1} of {self.path} is damaged: {exc}; "
                "the events before it can still be read, the run cannot go on from here",
                path=str(self.path),
                line=self.seq + 1,
                why=str(exc),
            ) from exc


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
        self._head = os.open(_head_path(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

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
        journal._repair(tail.rest)
        return journal

    def append(self, kind: str, data: object = None, *, key: str = "", durable: bool) -> Event:
        """Write one event and return it as a reader will see it.

        durable: on the disk when this returns (model replies, human answers, intents with side effects); else it
        survives the process but not the power. Raises JournalError, with the file as it was, where it cannot be
        written.
        """
        self._check()
        prev = self.events[-1].hash if self.events else START
        draft = Event(
            seq=len(self.events) + 1,
            kind=kind,
            at=now(),
            data=plain(data, self._redact),
            key=key,
            v=VERSION,
            prev=prev,
        )
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
        head = _read_head(self.path)
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
        with _disk(self.path):
            self._write(b"\n", durable=True)
        self._size += len(rest)
        self.events.append(event)
        return True


def read(path: Path, after: int = 0) -> Iterator[Event]:
    """Events with a number above `after`, as far as they are written; a half-written last line is passed over."""
    return Tail(path, after).read()


async def follow(
    path: Path, after: int = 0, poll_s: float = 0.2, until: Callable[[], bool] = lambda: False
) -> AsyncIterator[Event]:
    """Events as they are written, those above `after` that are there first.

    Ends once `until` says so and what was written before that has been given. The file may come later.
    """
    tail = Tail(path, after)
    while True:
        last = until()
        for event in tail.read():
            yield event
        if last:
            return
        await asyncio.sleep(poll_s)


def verify(path: Path) -> Verified:
    """Check every line, its data and its place; finds altered, missing, reordered and cut-off lines.

    It proves that nothing changed by accident or by an editor, not against somebody who rewrites every line after.
    Raises JournalError if there is no journal.
    """
    if not path.is_file():
        raise JournalError(f"there is no journal at {path}", path=str(path))
    tail = Tail(path)
    hashes = [START]
    try:
        hashes.extend(event.hash for event in tail.read())
    except JournalError as exc:
        why = str(getattr(exc, "why", exc.message))
        return Verified(ok=False, events=tail.seq, first_bad_line=tail.seq + 1, why=why)
    if tail.rest:
        return Verified(ok=False, events=tail.seq, first_bad_line=tail.seq + 1, why="it is half-written")
    head = _read_head(path)
    if head is None:
        return Verified(ok=True, events=tail.seq)
    if head[0] > tail.seq:
        why = f"lines up to {head[0]} were written and are cut off"
        return Verified(ok=False, events=tail.seq, first_bad_line=tail.seq + 1, why=why)
    if hashes[head[0]] != head[1]:
        return Verified(ok=False, events=head[0] - 1, first_bad_line=head[0], why="it was written anew")
    return Verified(ok=True, events=tail.seq)


def _head_path(path: Path) -> Path:
    return path.with_suffix(".head")


def _read_head(path: Path) -> tuple[int, str] | None:
    """Number and hash of the newest line as last noted; None where nobody noted it."""
    try:
        number, _, value = _head_path(path).read_text("ascii").strip().partition(" ")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return (int(number), value) if number.isdigit() and len(value) == 64 else None


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
