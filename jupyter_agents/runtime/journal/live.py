"""Words as they stream in, for views that watch: unsynced, capped, disposable."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ...records import Record, parse
from .encoding import decode, encode

_LINE_BYTES = 64 * 1024


class Delta(Record):
    """Some words of an answer that is still coming."""

    kind: str
    """`text`, `thinking`, `output` …"""
    text: str
    role: str = ""
    """Which conversation, tool or cell they belong to."""


class LiveWriter:
    """Appends deltas, a few times a second at most; older ones go when the file is full.

    Losing any of them loses nothing, so a disk that fails is passed over.
    """

    def __init__(
        self,
        path: Path,
        *,
        every_s: float = 0.05,
        max_bytes: int = 1 << 20,
        redact: Callable[[str], str] | None = None,
    ) -> None:
        self.path = path
        self.dropped = 0
        """Deltas that could not be written."""
        self._every_s = every_s
        self._max_bytes = max_bytes
        self._redact = redact or str
        self._waiting: list[Delta] = []
        self._written_at = 0.0
        self._size = 0
        self._start = read_live(path, 0)[1]
        self._rotate()

    def write(self, kind: str, text: str, *, role: str = "") -> None:
        """Add some words; they show within `every_s` if more follow, else at `flush`."""
        last = self._waiting[-1] if self._waiting else None
        if last is not None and (last.kind, last.role) == (kind, role):
            self._waiting[-1] = Delta(kind=kind, text=last.text + text, role=role)
        else:
            self._waiting.append(Delta(kind=kind, text=text, role=role))
        if time.monotonic() - self._written_at >= self._every_s:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        deltas, self._waiting = self._waiting, []
        self._written_at = time.monotonic()
        lines = [encode([d.kind, self._redact(d.text)[-_LINE_BYTES:], d.role]) + b"\n" for d in deltas]
        data = b"".join(lines)
        if not data:
            return
        if self._size + len(data) > self._max_bytes:
            self._start += self._size
            self._rotate()
        try:
            with self.path.open("ab") as file:
                file.write(data)
            self._size += len(data)
        except OSError:
            self.dropped += len(deltas)

    def _rotate(self) -> None:
        """Begin a new file, keeping the one before. Its first line says where in the whole stream it begins."""
        try:
            if self.path.exists():
                self.path.replace(_before(self.path))
            self.path.write_bytes(encode({"start": self._start}) + b"\n")
            self.path.chmod(0o600)
        except OSError:
            self.dropped += 1
        self._size = 0


def read_live(path: Path, offset: int = 0) -> tuple[list[Delta], int]:
    """Deltas from `offset` on, and the offset to ask from next time; 0 is the oldest that is still there.

    Offsets count through the whole stream, over rotations. Half-written lines wait for their end.
    """
    deltas: list[Delta] = []
    for file in (_before(path), path):
        found, offset = _read_file(file, offset)
        deltas += found
    return deltas, offset


def _read_file(path: Path, offset: int) -> tuple[list[Delta], int]:
    try:
        header, _, body = path.read_bytes().partition(b"\n")
        start = int(decode(header)["start"])
    except (OSError, ValueError, KeyError, TypeError):
        return [], offset
    whole = body[: body.rfind(b"\n") + 1]
    if offset >= start + len(whole):
        return [], offset
    lines = whole[max(0, offset - start) :].splitlines()
    return [delta for line in lines if (delta := _delta(line)) is not None], start + len(whole)


def _delta(line: bytes) -> Delta | None:
    try:
        kind, text, role = decode(line)
        return parse({"kind": kind, "text": text, "role": role}, Delta)
    except (ValueError, TypeError):
        return None


def _before(path: Path) -> Path:
    return path.with_name(path.name + ".1")
