"""The files of one paper: read beneath its folder only, without links, decoded, bounded."""

from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path, PurePosixPath

from ....errors import PaperNotFound, PaperRefused, PaperUnreadable

MAX_FILE_BYTES = 20_000_000
MAX_FILES = 20_000
_INPUTENC = re.compile(rb"^[^%\n]*\\(?:usepackage|inputencoding)\s*(?:\[([^\]]*)\]\s*\{inputenc\}|\{([\w-]+)\})", re.M)
_ENCODINGS = {
    "utf8": "utf-8", "utf8x": "utf-8", "latin1": "latin-1", "latin2": "iso8859-2", "latin3": "iso8859-3",
    "latin4": "iso8859-4", "latin5": "iso8859-9", "latin9": "iso8859-15", "latin10": "iso8859-16",
    "cp1250": "cp1250", "cp1251": "cp1251", "cp1252": "cp1252", "ansinew": "cp1252", "koi8-r": "koi8-r",
    "koi8-u": "koi8-u", "applemac": "mac-roman", "macce": "mac-latin2", "cp437": "cp437", "cp850": "cp850",
    "cp852": "cp852", "cp866": "cp866",
}  # fmt: skip


class SourceFolder:
    """A paper's folder. Every name a paper gives is looked up beneath it; nothing else can be read.

    shallow_if_large: a folder of too many files is listed without its subfolders instead of refused.
    """

    def __init__(self, folder: Path, *, shallow_if_large: bool = False) -> None:
        if not folder.is_dir():
            raise PaperNotFound(f"there is no folder {folder}", path=str(folder))
        self.root = folder.resolve()
        self.encoding = ""
        """The encoding that the main file declares; tried after UTF-8."""
        self.virtual: dict[str, str] = {}
        """Files that the paper writes itself, by `filecontents`."""
        self.names = tuple(self._list(shallow_if_large))

    def _list(self, shallow_if_large: bool) -> list[str]:
        found: list[str] = []
        for base, folders, files in os.walk(self.root, followlinks=False):
            folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__MACOSX")
            relative = Path(base).relative_to(self.root)
            for name in sorted(files):
                path = Path(base, name)
                if not name.startswith(".") and stat.S_ISREG(path.lstat().st_mode):
                    found.append((relative / name).as_posix())
            if len(found) > MAX_FILES and shallow_if_large:
                return sorted(name for name in found if "/" not in name)
            if len(found) > MAX_FILES:
                raise PaperRefused(f"{self.root.name} holds more than {MAX_FILES:,} files", path=str(self.root))
        return sorted(found)

    def find(self, name: str, suffixes: tuple[str, ...], near: str = "") -> str | None:
        """The folder's own name of a file that the paper calls `name`, or None.

        Looked for as TeX does from the root, then beside the file that asks (`near`), with each suffix. A name
        that leaves the folder is looked for by its last part, because archives lose their parent folders.
        """
        name = name.strip().strip('"').replace("\\space", " ")
        if not name or "\0" in name:
            return None
        for candidate in self._candidates(name, near):
            for suffix in suffixes:
                if candidate + suffix in self._known():
                    return candidate + suffix
        return None

    def _candidates(self, name: str, near: str) -> list[str]:
        bases = ("", *([near] if near else []))
        found = [n for base in bases if (n := _normal(f"{base}/{name}" if base else name)) is not None]
        if not found:
            last = PurePosixPath(name).name
            found = [n for base in bases if (n := _normal(f"{base}/{last}" if base else last)) is not None]
        return found

    def _known(self) -> set[str]:
        return {*self.names, *self.virtual}

    def read(self, name: str) -> str:
        """A file's text: decoded, newlines as `\\n`, NUL bytes dropped. Raises PaperRefused, PaperUnreadable."""
        if name in self.virtual:
            return self.virtual[name]
        return decode(self.read_bytes(name), self.encoding)

    def read_bytes(self, name: str, limit: int = MAX_FILE_BYTES) -> bytes:
        """A file's bytes; it must be a regular file beneath the folder, reached through no link."""
        path = self.root / name
        if not Path(os.path.realpath(path)).is_relative_to(self.root):
            raise PaperRefused(f"{name} points outside the paper's folder", path=str(path))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as exc:
            raise PaperUnreadable(f"cannot read {name}: {exc.strerror}", path=str(path)) from exc
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise PaperRefused(f"{name} is not a plain file", path=str(path))
            if status.st_size > limit:
                raise PaperRefused(f"{name} is larger than {limit:,} bytes; that is no paper's text", path=str(path))
            return file.read(limit + 1)[:limit]


def _normal(name: str) -> str | None:
    """A relative name without `.` and `..`, or None where it is absolute or leaves the folder."""
    if name.startswith(("/", "~")) or "\\" in name:
        return None
    parts: list[str] = []
    for part in PurePosixPath(name).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) or None


def declared_encoding(data: bytes) -> str:
    """The Python codec that a source declares by `inputenc`; empty where it declares none we know."""
    match = _INPUTENC.search(data[:200_000])
    declared = (match[1] or match[2] or b"").decode("ascii", "replace").strip().lower() if match else ""
    return _ENCODINGS.get(declared.split(",")[-1].strip(), "")


def decode(data: bytes, encoding: str = "") -> str:
    """Bytes as text: byte-order marks, UTF-8, the declared encoding, then Windows-1252 and Latin-1."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    elif data.startswith(codecs.BOM_UTF8):
        text = data[3:].decode("utf-8", "replace")
    elif (guess := _bare_utf16(data)) is not None:
        text = data.decode(guess, "replace")
    else:
        text = _first_that_fits(data, ("utf-8", declared_encoding(data), encoding, "cp1252"))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _bare_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: Latin text has a NUL in every second byte."""
    head = data[:2000]
    half = len(head) // 2
    if half < 8:
        return None
    if head[1::2].count(0) > 0.7 * half and head[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.7 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _first_that_fits(data: bytes, encodings: tuple[str, ...]) -> str:
    for name in encodings:
        if name:
            try:
                return data.decode(name)
            except UnicodeDecodeError:
                continue
    return data.decode("latin-1")
