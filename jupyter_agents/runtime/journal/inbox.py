"""Messages to a run: one file each, numbered in the order they came, read by its owner."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any, Literal

from ...errors import InputError, RunError
from ...records import Record, dump, parse
from .encoding import decode, encode
from .files import write_beside
from .journal import now

MESSAGE_BYTES = 1 << 20
"""The largest message."""
MESSAGES = 10_000
"""The most messages one run takes."""
_NAME = re.compile(r"(\d{8})\.json")


class Message(Record):
    """What a person or a view tells a run."""

    kind: Literal["answer", "pause", "resume", "stop", "budget", "note"]
    data: Any = None
    """For `answer` an Answer, for `budget` a Budget, as JSON values."""
    author: str = ""
    at: str = ""
    """ISO 8601 in UTC; set when it is posted."""
    id: str = ""
    """Eight digits in order of arrival; set when it is posted, so that reading it can be journalled."""


class Rejected(Record):
    """A file in the inbox that was no message; it lies in `inbox/rejected/` now."""

    name: str
    why: str


def post(folder: Path, message: Message) -> Message:
    """Put a message into a run's inbox; returns it with its id. Raises InputError if it is too large or too much."""
    body = _content(message)
    folder.mkdir(exist_ok=True, mode=0o700)
    temporary = write_beside(folder / "message", body, sync=True)
    try:
        number = _link_next(temporary, folder)
    except OSError as exc:
        raise RunError(f"the message cannot be put into {folder}: {exc.strerror}; check the disk") from exc
    finally:
        temporary.unlink()
    return _numbered(parse(decode(body), Message), f"{number:08d}")


class Inbox:
    """A run's inbox as its owner reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rejected: list[Rejected] = []
        """Files moved aside so far, for the owner to journal."""

    def unread(self, after: str = "") -> list[Message]:
        """Messages that came after the one with this id, in order. What is no message is moved aside, not raised."""
        messages = []
        for name in self._names():
            match = _NAME.fullmatch(name)
            if match is None:
                self._reject(name, "its name is none of a message")
            elif match[1] > after:
                message = self._read(name, match[1])
                if message is not None:
                    messages.append(message)
        return messages

    def _names(self) -> list[str]:
        try:
            return sorted(p.name for p in self.folder.iterdir() if p.name != "rejected" and p.name[0] != ".")
        except FileNotFoundError:
            return []

    def _read(self, name: str, id: str) -> Message | None:
        try:
            return _numbered(parse(decode(_read_file(self.folder / name)), Message), id)
        except (OSError, ValueError) as exc:  # msgspec's errors are ValueErrors
            self._reject(name, str(exc))
            return None

    def _reject(self, name: str, why: str) -> None:
        aside = self.folder / "rejected"
        aside.mkdir(exist_ok=True, mode=0o700)
        (self.folder / name).rename(aside / f"{len(list(aside.iterdir())):04d}-{name}")
        self.rejected.append(Rejected(name=name, why=why))


def _content(message: Message) -> bytes:
    body = encode(dump(_numbered(message, "")) | {"at": now()})
    if len(body) > MESSAGE_BYTES:
        raise InputError(
            f"the message has {len(body)} bytes, a run takes {MESSAGE_BYTES} at most; put it into a file and name that"
        )
    return body


def _link_next(temporary: Path, folder: Path) -> int:
    """Give the file the next free number. A link never replaces, so two at once get two numbers, in order."""
    while True:
        number = max((int(m[1]) for p in folder.iterdir() if (m := _NAME.fullmatch(p.name))), default=0) + 1
        if number > MESSAGES:
            raise InputError(f"the run has {MESSAGES} messages already and takes no more", folder=str(folder))
        try:
            (folder / f"{number:08d}.json").hardlink_to(temporary)
        except FileExistsError:
            continue
        return number


def _read_file(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no regular file")
        if status.st_size > MESSAGE_BYTES:
            raise ValueError(f"it has {status.st_size} bytes, {MESSAGE_BYTES} are allowed")
        return file.read()


def _numbered(message: Message, id: str) -> Message:
    return Message(kind=message.kind, data=message.data, author=message.author, at=message.at, id=id)
