"""Title and authors from the top of the first page; what the file says of itself only where that fails."""

from __future__ import annotations

import re
from typing import Final

from ....records import Record
from ..headings import numbered
from .layout import Line
from .pages import Extracted

_ENDS: Final = re.compile(r"abstract\b|keywords?\b|index terms|introduction$", re.IGNORECASE)
_NO_NAME: Final = re.compile(
    r"@|https?:|\d{3,}|\b(?:University|Universit\w+|Institut\w*|Department|Dept|Laborator\w+|School|College|Inc|Corp"
    r"|Center|Centre|Research|Facult\w+|Academy|USA|Germany|China|France|UK|Abstract|Street|Avenue|arXiv|AI|Labs?"
    r"|Proceedings|Conference|Journal|Vol|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Dated|Received)\b"
)
_SMALL: Final = frozenset(
    {
        "van",
        "von",
        "de",
        "der",
        "den",
        "di",
        "da",
        "del",
        "la",
        "le",
        "du",
        "dos",
        "el",
        "al",
        "bin",
        "ter",
        "zu",
    }
)


class Front(Record):
    """What stands before the text."""

    title: str = ""
    authors: tuple[str, ...] = ()
    year: str = ""


def front_of(lines: list[Line], extracted: Extracted) -> tuple[Front, list[Line]]:
    """Title, authors and year, and the lines without those of title and authors."""
    first = [line for line in lines if line.page == lines[0].page] if lines else []
    stop = next((i for i, line in enumerate(first) if _ENDS.match(numbered(line.text)[1])), min(len(first), 12))
    head = [line for line in first[:stop] if line.y0 > first[0].body * 20]
    title = _title_lines(head)
    after = [line for line in head if title and line.y1 < title[-1].y0 + 1]
    after.sort(key=lambda line: (-round(line.y1 / 4), line.x0))
    authors, used = _authors(after)
    said = tuple(n for n in (p.strip() for p in re.split(r"\s*[;,]\s*|\s+and\s+", extracted.authors)) if n)
    gone = {id(line) for line in (*title, *used)}
    front = Front(
        title=" ".join(line.text for line in title).replace("\ufffe ", "") or extracted.title.strip(),
        authors=authors or said,
        year=_year(first),
    )
    return front, [line for line in lines if id(line) not in gone]


def _title_lines(head: list[Line]) -> list[Line]:
    """The lines in the largest letters; where none stand out, the bold or centred ones at the top."""
    if not head:
        return []
    largest = max(line.size for line in head if len(line.text) > 3) if any(len(x.text) > 3 for x in head) else 0.0
    if largest > 1.1 * head[0].body:
        start = next(i for i, line in enumerate(head) if line.size == largest and len(line.text) > 3)
        alike = [line for line in head[start:] if abs(line.size - largest) < 0.3]
    else:
        alike = []
        for line in head:
            if not (line.bold or line.centred) or (alike and line.bold != alike[0].bold):
                break
            alike.append(line)
    taken = alike[:1]
    for line in alike[1:]:
        if taken[-1].y0 - line.y0 > 2.2 * line.size or len(taken) > 5:
            break
        taken.append(line)
    return taken


def _authors(lines: list[Line]) -> tuple[tuple[str, ...], list[Line]]:
    """Names from the lines below the title, up to the first line that is none."""
    names: list[str] = []
    used: list[Line] = []
    for line in lines:
        parts = [s.text for s in line.segments]
        found = [n for part in parts for n in _names(part)]
        if not found or _NO_NAME.search(line.text):
            if names:
                if not _NO_NAME.search(line.text):
                    break
                continue
            if _NO_NAME.search(line.text):
                continue
            break
        names += found
        used.append(line)
    return tuple(dict.fromkeys(names)), used


def _names(text: str) -> list[str]:
    bare = re.sub(r"[\d∗*†‡§¶♠♣♥♦⋆#]+(?:\s*,\s*[\d∗*†‡§¶]+)*", ", ", text)
    parts = re.split(r"\s*(?:,|;|&|·|•|\b(?:and|AND)\b)\s*", bare)
    names = [" ".join(p.split()).strip(" .") for p in parts]
    return [_cased(n) for n in names if n] if all(_is_name(n) for n in names if n) else []


def _is_name(text: str) -> bool:
    words = text.split()
    capital = sum(1 for w in words if w[0].isupper())
    known = all(w[0].isupper() or w.lower() in _SMALL for w in words)
    return 2 <= len(words) <= 8 and capital >= 2 and known and not re.search(r"[\d:@=]", text)


def _cased(name: str) -> str:
    """Names set in capitals as they are written; initials and short words stay."""
    return name.title() if name.isupper() and len(name) > 5 else name


def _year(lines: list[Line]) -> str:
    """A year that the first page prints beside arXiv's stamp, proceedings or a date."""
    for line in lines:
        if re.search(
            r"proceedings|conference|workshop|arxiv|©|\bdated?\b|journal|received|published", line.text, re.I
        ):
            found: list[str] = re.findall(r"\b(?:19|20)\d\d\b", line.text)
            if found:
                return found[0]
    return ""
