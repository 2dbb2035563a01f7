"""Unpack what strangers packed: `.tar`, `.tar.gz`, `.gz` of one TeX file or of a tar, `.zip`.

An archive is data from outside: every member is checked before its first byte is written, and written only as a
plain file beneath the folder. Sizes are counted while they flow, never believed from a header.
"""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from ...errors import PaperNotFound, PaperRefused, PaperUnreadable
from ...records import Record

_CHUNK = 1 << 16
_READ_ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, RuntimeError)


class ArchiveLimits(Record):
    """How much an archive may unfold to; the defaults are ten times the largest e-prints of arXiv."""

    total_bytes: int = 500_000_000
    file_bytes: int = 200_000_000
    files: int = 5_000
    ratio: int = 200
    """Unpacked over packed bytes; judged only above `ratio_from_bytes`, since small texts pack well."""
    ratio_from_bytes: int = 20_000_000


class _Budget:
    """Counts what flows out of one archive and refuses the byte too many."""

    def __init__(self, path: Path, limits: ArchiveLimits) -> None:
        self.path, self.limits = path, limits
        self.packed = max(path.stat().st_size, 1)
        self.files = self.total = 0

    def count_file(self) -> None:
        self.files += 1
        if self.files > self.limits.files:
            self.refuse(f"it holds more than {self.limits.files} files")

    def count(self, n_bytes: int, of_file: int) -> None:
        self.total += n_bytes
        if of_file > self.limits.file_bytes:
            self.refuse(f"one file unfolds to more than {self.limits.file_bytes:,} bytes")
        if self.total > self.limits.total_bytes:
            self.refuse(f"it unfolds to more than {self.limits.total_bytes:,} bytes")
        if self.total > self.limits.ratio_from_bytes and self.total > self.limits.ratio * self.packed:
            self.refuse(f"it unfolds to more than {self.limits.ratio} times its size")

    def refuse(self, why: str) -> None:
        raise PaperRefused(f"refused to unpack {self.path.name}: {why}", path=str(self.path), reason=why)


def unpack(path: Path, into: Path, *, limits: ArchiveLimits = ArchiveLimits()) -> None:
    """Unpack an archive of a paper's source into a folder, which is made if need be.

    Links, devices, absolute names and names that leave the folder refuse the whole archive, as do bombs. A `.gz`
    that holds no tar becomes one file: its own name without `.gz`, with `.tex` added if it has no suffix.
    Raises PaperNotFound, PaperRefused (hostile), PaperUnreadable (damaged or no archive).
    """
    if not path.is_file():
        raise PaperNotFound(f"there is no file {path}", path=str(path))
    into.mkdir(parents=True, exist_ok=True)
    budget = _Budget(path, limits)
    try:
        if zipfile.is_zipfile(path) and not _is_gzip(path):
            _unpack_zip(path, into, budget)
        else:
            _unpack_stream(path, into, budget)
    except _READ_ERRORS as exc:
        raise PaperUnreadable(
            f"cannot unpack {path.name}: {exc or type(exc).__name__}; fetch it again", path=str(path)
        ) from exc


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _unpack_stream(path: Path, into: Path, budget: _Budget) -> None:
    if not _is_gzip(path):
        with path.open("rb") as raw:
            _unpack_tar(raw, path, into, budget)
        return
    with gzip.open(path, "rb") as stream:
        head = stream.read(512)
    if (len(head) == 512 and head[257:262] == b"ustar") or _old_tar(head):
        with gzip.open(path, "rb") as stream:
            _unpack_tar(stream, path, into, budget)
        return
    with gzip.open(path, "rb") as stream:
        _write(stream, into / _single_name(path), budget)


def _old_tar(head: bytes) -> bool:
    """Whether 512 bytes are a tar header without the `ustar` mark, as tars of the nineties have."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _single_name(path: Path) -> str:
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    known = (".tex", ".ltx", ".latex", ".txt")
    return name if name.lower().endswith(known) else f"{name or 'paper'}.tex"


def _unpack_tar(stream: IO[bytes] | gzip.GzipFile, path: Path, into: Path, budget: _Budget) -> None:
    # "r|" reads forward only, so a tar of many tiny headers cannot make us seek back and forth
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in _bounded(tar, budget):
            target = _target(member.name, into, budget)
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif member.isreg():
                content = tar.extractfile(member)
                if content is not None:
                    _write(content, target, budget)
            else:
                budget.refuse(f"{member.name!r} is a link or a device")


def _bounded(tar: tarfile.TarFile, budget: _Budget) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        budget.count_file()
        if member.size > budget.limits.file_bytes:
            budget.refuse(f"{member.name!r} says it is larger than {budget.limits.file_bytes:,} bytes")
        yield member


def _unpack_zip(path: Path, into: Path, budget: _Budget) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            budget.count_file()
            kind = (member.external_attr >> 16) & 0o170000
            if kind not in (0, 0o100000, 0o040000):
                budget.refuse(f"{member.filename!r} is a link or a device")
            target = _target(member.filename, into, budget)
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            if member.flag_bits & 0x1:
                raise PaperUnreadable(f"{path.name} is encrypted; unpack it yourself", path=str(path))
            with archive.open(member) as content:
                _write(content, target, budget)


def _target(name: str, into: Path, budget: _Budget) -> Path:
    pure = PurePosixPath(name.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or "\0" in name or (pure.parts and pure.parts[0].endswith(":")):
        budget.refuse(f"{name!r} points outside the folder")
    target = into.joinpath(*pure.parts)
    root = into.resolve()
    if not target.resolve().is_relative_to(root):
        budget.refuse(f"{name!r} points outside the folder")
    return target


def _write(content: IO[bytes] | gzip.GzipFile, target: Path, budget: _Budget) -> None:
    if target.is_symlink() or target.is_dir():
        budget.refuse(f"{target.name!r} is there twice, as file and as folder or link")
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with target.open("wb") as out:
        while chunk := content.read(_CHUNK):
            size += len(chunk)
            budget.count(len(chunk), size)
            out.write(chunk)
