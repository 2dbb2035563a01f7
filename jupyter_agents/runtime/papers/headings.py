"""What headings of papers look like in every kind of source."""

from __future__ import annotations

import re
from typing import Final

ABSTRACT: Final = re.compile(r"abstract|summary", re.IGNORECASE)
REFERENCES: Final = re.compile(
    r"(?:references?|bibliography|literature cited|works cited)(?: and notes)?", re.IGNORECASE
)
KNOWN: Final = re.compile(
    r"abstract|introduction|background|related work|methods?|materials and methods|experiments?|evaluation|results"
    r"|discussion|limitations|conclusions?|conclusions? and (?:future|discussion).*|future work|acknowledge?ments?"
    r"|references|bibliography|appendix|supplementary material|data availability.*|author contributions",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,3}(?=[.)]|\s+[A-Z])|[IVX]{1,5}(?=\.))[.)]?\s+(?P<title>\S.*)"
)


def numbered(text: str) -> tuple[str, str]:
    """The number that a heading begins with, if any, and its title."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or re.match(r"[AI]\s", text.strip()):  # "A Simple Model" is no appendix A
        return "", text.strip()
    return match["number"], match["title"].strip()


def depth(number: str) -> int:
    """Level of a numbered heading: 1 for `2`, 2 for `2.1`."""
    return number.count(".") + 1
