"""Words and places of a PDF, taken out by another process that may fail without harm."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ....errors import PaperRefused, PaperUnreadable
from ....records import Record
from .. import limited

MAX_PAGES: Final = 1_500
MAX_BYTES: Final = 200 * 2**20
TIME_S: Final = 90.0


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """A run of characters on one line; points from the page's lower left corner."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    italic: bool


class Page(Record):
    """One page."""

    width: float
    height: float
    pieces: tuple[Piece, ...]


class Extracted(Record):
    """All pages, and what the file says of itself."""

    pages: tuple[Page, ...] = ()
    title: str = ""
    authors: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""
    count: int = 0


def extract(path: Path) -> Extracted:
    """Pages of a PDF. Raises PaperUnreadable and PaperRefused, each with the next step."""
    _check(path)
    ended = limited.run(Path(__file__).with_name("extract.py"), str(path), str(MAX_PAGES), time_s=TIME_S)
    if ended.late:
        raise PaperRefused(f"{path.name} took over {TIME_S:g} s to read; print it anew or split it", path=str(path))
    try:
        extracted = msgspec.json.decode(ended.output, type=Extracted)
    except msgspec.DecodeError as exc:
        if ended.at_limit:
            raise PaperRefused(
                f"{path.name} takes more memory or time than a paper needs; print it anew or split it", path=str(path)
            ) from exc
        raise PaperUnreadable(
            f"{path.name} made the PDF reader fail (exit {ended.code}); print it anew to another PDF",
            path=str(path),
        ) from exc
    _raise_for(extracted, path)
    return _with_note(extracted, path)


def _check(path: Path) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as exc:
        raise PaperUnreadable(f"{path.name} cannot be opened: {exc.strerror}", path=str(path)) from exc
    if size > MAX_BYTES:
        raise PaperRefused(f"{path.name} is larger than {MAX_BYTES:,} bytes; split it", path=str(path))
    if b"%PDF-" not in head:
        raise PaperUnreadable(f"{path.name} is no PDF; give the paper's own file", path=str(path))


def _raise_for(extracted: Extracted, path: Path) -> None:
    name, fields = path.name, {"path": str(path), "reason": extracted.error}
    match extracted.error:
        case "":
            return
        case "encrypted":
            raise PaperUnreadable(f"{name} is encrypted; save it without a password and give that file", **fields)
        case "pages":
            raise PaperRefused(f"{name} has {extracted.count:,} pages, over {MAX_PAGES:,}; split it", **fields)
        case "characters" | "memory":
            raise PaperRefused(f"{name} holds more text than a paper has; split it", **fields)
        case _:
            raise PaperUnreadable(f"{name} is damaged or cut short; fetch it again", **fields)


def _with_note(extracted: Extracted, path: Path) -> Extracted:
    """Pages without words are said; a PDF of which most pages are pictures is no text at all."""
    empty = [n for n, page in enumerate(extracted.pages, 1) if not page.pieces]
    if not extracted.pages or len(empty) * 10 > len(extracted.pages) * 9:
        raise PaperUnreadable(
            f"{path.name} has no text layer (scanned?); run it through text recognition, for instance ocrmypdf",
            path=str(path),
        )
    if not empty:
        return extracted
    shown = ", ".join(map(str, empty[:10])) + (" …" if len(empty) > 10 else "")
    return Extracted(
        pages=extracted.pages,
        title=extracted.title,
        authors=extracted.authors,
        notes=(f"no text on page {shown}",),
    )
