"""What a printed reference says: year, DOI, arXiv id, title and authors, as far as its form tells."""

from __future__ import annotations

import re
from typing import Final

from . import Reference

_DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)\]}]")
_ARXIV: Final = re.compile(
    r"(?:arxiv[:.\s/]*(?:preprint\s*)?(?:arxiv[:.\s]*)?(?:abs/)?)"
    r"(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7})",
    re.IGNORECASE,
)
_URL: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;)\]]")
_YEAR: Final = re.compile(r"(?<![\d.:/-])(?:1[89]\d\d|20\d\d)(?![\d:/-]|\.\d)")
_QUOTED: Final = re.compile(r"[“\"‘]([^”\"’]{8,300}?)[,.]?[”\"’]")
_NAMES_YEAR: Final = re.compile(
    r"(?P<authors>.{3,600}?)[.,]?\s*\(?(?P<year>(?:1[89]|20)\d\d)[a-z]?\)?[.,:]\s+(?P<rest>\S.*)"
)
_INITIALS: Final = r"(?:[A-Z]\.[\s~-]*)+"


def reference(key: str, text: str, *, title: str = "", url: str = "") -> Reference:
    """A reference from its printed text; what cannot be told stays empty."""
    text = " ".join(text.split())
    doi = _DOI.search(text) or _DOI.search(url)
    arxiv = _ARXIV.search(text) or _ARXIV.search(url)
    link = _URL.search(text)
    years = _YEAR.findall(_ARXIV.sub(" ", _URL.sub(" ", text)))
    return Reference(
        key=key,
        text=text,
        title=title or _title(text),
        authors=_authors(text),
        year=years[0] if _year_first(text) and years else (years[-1] if years else ""),
        doi=doi[0] if doi else "",
        arxiv=arxiv[1] if arxiv else "",
        url=url or (link[0] if link else ""),
    )


def _year_first(text: str) -> bool:
    """Whether the year stands between authors and title, as in author-year styles."""
    return _author_year(text) is not None


def _author_year(text: str) -> re.Match[str] | None:
    match = _NAMES_YEAR.match(text)
    return match if match and len(match["rest"]) > 15 and _are_names(match["authors"]) else None


def _are_names(text: str) -> bool:
    """Whether all words but small ones such as `and`, `et al.` or `van` begin with a capital."""
    words = re.findall(r"[^\W\d_][\w’'-]*", text)
    return not re.search(r"\d", text) and all(w[0].isupper() or len(w) < 4 for w in words)


def _title(text: str) -> str:
    if quoted := _QUOTED.search(text):
        return quoted[1].strip()
    if match := _author_year(text):
        return re.split(r"[.?!]\s", match["rest"], maxsplit=1)[0].strip(" .")
    return ""


def _authors(text: str) -> tuple[str, ...]:
    """Names before the year or the title; only where the form is plain, since a wrong name is worse than none."""
    if match := _author_year(text):
        head = match["authors"]
    elif quoted := _QUOTED.search(text):
        head = text[: quoted.start()]
    else:
        return ()
    if re.search(r"\d", head) or len(head) > 600:
        return ()
    head = re.sub(r"\bet al\.?|\(?eds?\.\)?", "", head)
    head = re.sub(rf"([^\W\d_][\w'’-]+),\s+({_INITIALS})", r"\2 \1", head)
    names = re.split(r",\s+(?:and\s+|&\s*)?|\s+and\s+|\s*&\s*|;\s*", head.strip(" .,:"))
    return tuple(n for name in names if (n := " ".join(name.split()).strip(" ,;:")) and len(n) < 60)
