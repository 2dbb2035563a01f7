"""Bytes from strangers as text, within bounds."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from ...errors import PaperRefused, PaperUnreadable

LONGEST_LINE: Final = 2_000_000
"""Characters; no person writes such a line, and parsers take quadratic time over it."""


def bounded(path: Path, limit: int) -> bytes:
    """A file's bytes. Raises PaperRefused over `limit`, PaperUnreadable where it cannot be opened."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as exc:
        raise PaperUnreadable(f"{path.name} cannot be opened: {exc.strerror}", path=str(path)) from exc
    if len(content) > limit:
        raise PaperRefused(f"{path.name} is larger than {limit:,} bytes; it was not read", path=str(path))
    return content


def decode(content: bytes, name: str) -> tuple[str, str]:
    """Text, and a note where its encoding had to be guessed (else empty).

    Raises PaperUnreadable for NUL bytes (no text file has them), PaperRefused for a line beyond LONGEST_LINE.
    """
    note = ""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
            note = f"{name} is not UTF-8; it was read as Windows-1252, so accents may be wrong"
    if "\0" in text:
        raise PaperUnreadable(f"{name} holds NUL bytes, so it is no text; give another file", path=name)
    if longest_line(text) > LONGEST_LINE:
        raise PaperRefused(f"{name} has a line of over {LONGEST_LINE:,} characters; it was not read", path=name)
    return text, note


def longest_line(text: str) -> int:
    """Length of the longest line."""
    longest = start = 0
    while (end := text.find("\n", start)) >= 0:
        longest = max(longest, end - start)
        start = end + 1
    return max(longest, len(text) - start)
