"""What arXiv says of a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ...records import Record
from .identifiers import ArxivSource, arxiv_id

if TYPE_CHECKING:
    import arxiv

_WITHDRAWN: Final = re.compile(
    r"^\W*withdrawn\b|\b(?:has|have|had|is|was|been|being)\s+(?:\w+\s+)?withdrawn\b|\bwithdrawn\s+by\b", re.IGNORECASE
)


class Entry(Record):
    """What arXiv says of one version of one paper."""

    id: str
    """Without a version."""
    version: str
    title: str
    authors: tuple[str, ...] = ()
    abstract: str = ""
    published: str = ""
    """Day of the first version, ISO 8601."""
    updated: str = ""
    """Day of this version."""
    categories: tuple[str, ...] = ()
    primary: str = ""
    comment: str = ""
    journal: str = ""
    doi: str = ""
    """The publisher's, where the authors gave it."""

    @property
    def source(self) -> ArxivSource:
        """Id and version."""
        return ArxivSource(id=self.id, version=self.version)

    @property
    def url(self) -> str:
        """The page of this version for a reader."""
        return f"https://arxiv.org/abs/{self.id}{self.version}"

    @property
    def withdrawn(self) -> bool:
        """Whether comment or abstract says that this version was withdrawn."""
        return bool(
            _WITHDRAWN.search(self.comment) or re.match(r"this (paper|article|work) .*withdrawn", self.abstract, re.I)
        )


def entry_of(result: arxiv.Result) -> Entry:
    """A result of the `arxiv` package as our record."""
    source = arxiv_id(result.entry_id.split("/abs/")[-1])
    return Entry(
        id=source.id,
        version=source.version or "v1",
        title=one_line(result.title),
        authors=tuple(one_line(a.name) for a in result.authors),
        abstract=one_line(result.summary),
        published=result.published.date().isoformat(),
        updated=result.updated.date().isoformat(),
        categories=tuple(result.categories),
        primary=result.primary_category,
        comment=one_line(result.comment or ""),
        journal=one_line(result.journal_ref or ""),
        doi=result.doi or "",
    )


def one_line(text: str) -> str:
    """Text without line breaks and doubled spaces."""
    return " ".join(text.split())
