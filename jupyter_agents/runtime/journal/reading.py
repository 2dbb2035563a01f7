"""Reading a journal: all of it, from a number on, as it grows, or to check every line of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from ...errors import JournalError
from ...records import Event, Record
from .chain import START, Damage, hash_of, unseal

_CHUNK = 1 << 20


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
        except OSError as exc:
            raise JournalError(f"the journal {self.path} cannot be read: {exc.strerror}", path=str(self.path)) from exc
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
            if event.seq % 256 == 0:
                await asyncio.sleep(0)  # a long journal must not hold up everything else in this loop
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
    head = read_head(path)
    if head is None:
        return Verified(ok=True, events=tail.seq)
    if head[0] > tail.seq:
        why = f"lines up to {head[0]} were written and are cut off"
        return Verified(ok=False, events=tail.seq, first_bad_line=tail.seq + 1, why=why)
    if hashes[head[0]] != head[1]:
        return Verified(ok=False, events=head[0] - 1, first_bad_line=head[0], why="it was written anew")
    return Verified(ok=True, events=tail.seq)


def head_path(path: Path) -> Path:
    """Where the newest line is noted."""
    return path.with_suffix(".head")


def read_head(path: Path) -> tuple[int, str] | None:
    """Number and hash of the newest line as last noted; None where nobody noted it."""
    try:
        number, _, value = head_path(path).read_text("ascii").strip().partition(" ")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return (int(number), value) if number.isdigit() and len(value) == 64 else None
