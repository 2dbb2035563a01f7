"""Takes the words and their places out of a PDF; run as a script, in a process of its own with hard limits
(`../confined.py`).

`python extract.py FILE MAX_PAGES` writes JSON: either {"error": KIND} or {"pages": …, "title": …, "authors": …}.
A page is {"width", "height", "pieces"}; a piece is one run of characters on one line:
[text, x0, y0, x1, y1, size, bold, italic], y growing upwards from the page's lower edge, in points.

This file imports nothing of the project, so that it runs the same however the project was installed.
"""

from __future__ import annotations

import ctypes
import json
import math
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

MAX_CHARACTERS = 6_000_000
MAX_PIECES = 8_000
"""Runs of characters on one page; a crowded plot has about two thousand."""
ACCENTS = {
    "`": "\u0300", "´": "\u0301", "ˆ": "\u0302", "^": "\u0302", "˜": "\u0303", "¯": "\u0304", "˘": "\u0306",
    "˙": "\u0307", "¨": "\u0308", "˚": "\u030a", "˝": "\u030b", "ˇ": "\u030c", "¸": "\u0327", "˛": "\u0328",
}  # fmt: skip
LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}


class Glyph:
    """One character as it stands on the page."""

    __slots__ = ("at", "char", "made", "size", "x0", "x1", "y0", "y1")

    def __init__(self, at: int, char: str, made: bool, size: float, box: tuple[float, float, float, float]) -> None:
        self.at, self.char, self.made, self.size = at, char, made, size
        self.x0, self.y0, self.x1, self.y1 = box


def pieces_of(raw: Any, page: Any) -> Iterator[list[Any]]:
    """Runs of characters of one page, in the order of the file."""
    text = page.get_textpage()
    run: list[Glyph] = []
    for glyph in accents_set(list(glyphs_of(raw, text))):
        if glyph.char in "\r\n" or (run and breaks(run, glyph)):
            yield from piece(raw, text, run)
            run = []
        if glyph.char not in "\r\n":
            run.append(glyph)
    yield from piece(raw, text, run)


def glyphs_of(raw: Any, text: Any) -> Iterator[Glyph]:
    """Every character of a page with its place."""
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        made = raw.FPDFText_IsGenerated(text, index) == 1
        char = chr(code) if 0 < code < 0x110000 else "\ufffd"
        yield Glyph(index, char, made, raw.FPDFText_GetFontSize(text, index), text.get_charbox(index))


def breaks(run: list[Glyph], glyph: Glyph) -> bool:
    """Whether a character stands on another line or beyond a gap that no space between words has."""
    last = next((g for g in reversed(run) if not g.made), None)
    if last is None or glyph.made:
        return False
    size = max(last.size, glyph.size, 1.0)
    apart = glyph.y0 > last.y1 + 0.6 * size or glyph.y1 < last.y0 - 0.6 * size
    return apart or glyph.x0 - last.x1 > 1.1 * size or glyph.x0 < last.x0 - 1.5 * size


def piece(raw: Any, text: Any, run: list[Glyph]) -> Iterator[list[Any]]:
    """One run as JSON; nothing for white space and for text that is turned, such as a stamp in the margin."""
    solid = [g for g in run if not g.made and g.char.strip()]
    if not solid:
        return
    angle = raw.FPDFText_GetCharAngle(text, solid[0].at)
    if 0.1 < angle < 2 * math.pi - 0.1:
        return
    size = sorted(g.size for g in solid)[len(solid) // 2]
    middle = solid[len(solid) // 2].at
    name, flags = font(raw, text, middle)
    strong = any(word in name for word in ("bold", "black", "heavy", "medi", "cmbx", "csc", "smallcap"))
    bold = strong or raw.FPDFText_GetFontWeight(text, middle) >= 650
    italic = any(word in name for word in ("ital", "obli", "cmti", "cmmi", "slant")) or bool(flags & 64)
    words = composed(run)
    if words.strip():
        box = (min(g.x0 for g in solid), min(g.y0 for g in solid), max(g.x1 for g in solid), max(g.y1 for g in solid))
        yield [words, *(round(v, 2) for v in box), round(size, 1), bold, italic]


def font(raw: Any, text: Any, index: int) -> tuple[str, int]:
    """Name (lower case) and flags of the font of a character."""
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    length = raw.FPDFText_GetFontInfo(text, index, buffer, 128, ctypes.byref(flags))
    return buffer.raw[: max(0, min(length, 128) - 1)].decode("utf-8", "replace").lower(), flags.value


def composed(run: list[Glyph]) -> str:
    """The words of a run, ligatures parted, hyphens at line ends as U+FFFE, no other control characters."""
    out: list[str] = []
    for glyph in run:
        if glyph.char in {"\x02", "\u00ad"}:  # how some producers write the hyphen at a line's end
            out.append("\ufffe")
        elif glyph.char == "\ufffe" or not unicodedata.category(glyph.char[:1] or "\0").startswith("C"):
            out.append(LIGATURES.get(glyph.char, glyph.char))
        elif not "".join(out).strip() and not glyph.made:  # a sign without Unicode that begins a line
            out.append("• ")
    return "".join(out)


def accents_set(glyphs: list[Glyph]) -> list[Glyph]:
    """TeX sets accents as characters of their own, anywhere in the file's order: put each on its letter."""
    gone: set[int] = set()
    for i, glyph in enumerate(glyphs):
        mark = None if glyph.made else ACCENTS.get(glyph.char)
        if mark is None:
            continue
        near = sorted(range(max(0, i - 90), min(len(glyphs), i + 90)), key=lambda k: abs(k - i))
        letter = next((glyphs[k] for k in near if over(glyph, glyphs[k])), None)
        if letter is not None:
            base = {"ı": "i", "ȷ": "j"}.get(letter.char, letter.char)
            letter.char = unicodedata.normalize("NFC", base + mark)
            gone |= {i, *(k for k in (i - 1, i + 1) if 0 <= k < len(glyphs) and not real_space(glyphs, k))}
    return [g for i, g in enumerate(glyphs) if i not in gone]


def over(accent: Glyph, letter: Glyph) -> bool:
    """Whether an accent was set above or below a letter."""
    middle = (accent.x0 + accent.x1) / 2
    level = letter.y0 - letter.size < accent.y0 < letter.y1 + 0.5 * letter.size
    return not letter.made and letter.char.isalpha() and level and letter.x0 <= middle <= letter.x1


def real_space(glyphs: list[Glyph], k: int) -> bool:
    """Whether what stands beside an accent is more than a space that was only made to part it from its line."""
    if not glyphs[k].made or glyphs[k].char != " ":
        return True
    before = next((g for g in reversed(glyphs[max(0, k - 4) : k]) if not g.made and g.char not in ACCENTS), None)
    after = next((g for g in glyphs[k + 1 : k + 6] if not g.made and g.char not in ACCENTS), None)
    return before is not None and after is not None and after.x0 - before.x1 > 0.16 * after.size


def main(path: str, max_pages: int) -> dict[str, Any]:
    """The words of all pages, or the kind of error."""
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as exc:
        return {"error": "encrypted" if "assword" in str(exc) or "ecurity" in str(exc) else "broken"}
    if len(document) > max_pages:
        return {"error": "pages", "count": len(document)}
    pages: list[dict[str, Any]] = []
    total = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            pages.append({"width": 0.0, "height": 0.0, "pieces": []})
            continue
        width, height = page.get_size()
        pieces = list(pieces_of(raw, page))
        total += sum(len(p[0]) for p in pieces)
        if len(pieces) > MAX_PIECES:
            return {"error": "characters", "count": total}
        if total > MAX_CHARACTERS:
            return {"error": "characters", "count": total}
        pages.append({"width": width, "height": height, "pieces": pieces})
        page.close()
    about = document.get_metadata_dict()
    return {"pages": pages, "title": about.get("Title", ""), "authors": about.get("Author", "")}


if __name__ == "__main__":
    try:
        answer = main(sys.argv[1], int(sys.argv[2]))
    except MemoryError:
        answer = {"error": "memory"}
    sys.stdout.write(json.dumps(answer))
