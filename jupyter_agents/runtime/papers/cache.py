"""Files on disk that several processes read and write at once: whole or not there."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from ...records import Record, dumps

R = TypeVar("R", bound=Record)


@contextmanager
def arriving(folder: Path) -> Iterator[tuple[BinaryIO, Callable[[Path], None]]]:
    """A file to fill and a function that gives it its name when it is whole; without a name it is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{os.getpid()}.{secrets.token_hex(6)}.partial"
    with partial.open("x+b") as file:

        def settle(path: Path) -> None:
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)

        try:
            yield file, settle
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def arriving_folder(target: Path) -> Iterator[Path]:
    """A folder to fill that gets its name when the block ends well; another process may have been faster."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{os.getpid()}.{secrets.token_hex(6)}.partial"
    partial.mkdir()
    try:
        yield partial
        try:
            partial.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def keep(path: Path, record: Record) -> None:
    """A record as a JSON file."""
    with arriving(path.parent) as (file, settle):
        file.write(dumps(record).encode("utf-8", "surrogatepass"))
        settle(path)


def recall(path: Path, kind: type[R]) -> R | None:
    """A kept record; None where there is none, or one that no longer fits (it is then made anew)."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
