"""Papers within a run's reach: the sources a person named, arXiv, and what was parsed before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ArxivError
from ..records import Json, Request
from ..settings import Settings

if TYPE_CHECKING:
    from ..runtime.papers import Paper
    from ..runtime.papers.arxiv import Arxiv

ARXIV_HOST = "export.arxiv.org"
"""In the setting `hosts` it allows arXiv, at whatever address `arxiv_url` names."""


class RunLibrary:
    """`Library` over the papers services; parsing and the network never block the run's loop."""

    def __init__(self, sources: Sequence[str], folder: Path, cache: Path, arxiv: Arxiv | None) -> None:
        """arxiv: None where this run may not reach it."""
        self._sources = sources
        self._folder = folder
        self._cache = cache
        self._arxiv = arxiv
        self._open: dict[str, Paper] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def local(self) -> Sequence[str]:
        """The papers that the request's sources hold, each as a string that `open` takes.

        A folder with `.tex` files is one paper, any other folder one for each thing in it. Raises PaperNotFound.
        """
        from ..runtime.papers.collection import papers_in
        from ..runtime.papers.identifiers import LocalSource, identify

        found: list[str] = []
        for source in self._sources:
            named = identify(source, folder=self._folder)
            found += [str(s) for s in papers_in(Path(named.path))] if isinstance(named, LocalSource) else [str(named)]
        return tuple(dict.fromkeys(found))

    async def open(self, source: str) -> Paper:
        """The parsed paper of an id or local source; kept in memory and on disk. Raises PaperError, ArxivError."""
        from ..runtime.papers.load import load

        async with self._locks.setdefault(source, asyncio.Lock()):
            if source not in self._open:
                self._open[source] = await asyncio.to_thread(
                    load, source, cache=self._cache, arxiv=self._arxiv, folder=self._folder
                )
        return self._open[source]

    async def search(
        self, query: str, *, category: str = "", since: int | None = None, limit: int = 10
    ) -> Sequence[Json]:
        """Cards of arXiv entries: id, title, authors, year, abstract, categories. Raises ArxivError."""
        if self._arxiv is None:
            raise ArxivError(f"this run may not reach arXiv: {ARXIV_HOST} is not in the setting `hosts`")
        entries = await asyncio.to_thread(
            self._arxiv.search, query, category=category or None, since=since, limit=limit
        )
        return [
            {
                "id": f"arXiv:{entry.id}",
                "version": entry.version,
                "title": entry.title,
                "authors": list(entry.authors),
                "year": entry.published[:4],
                "abstract": entry.abstract,
                "categories": list(entry.categories),
            }
            for entry in entries
        ]


def library_for(request: Request, settings: Settings) -> RunLibrary:
    """The library of a run."""
    from ..runtime.papers.arxiv import Arxiv

    cache = Path(settings.cache) / "papers"
    folder = Path(request.folder) if request.folder else Path.cwd()
    allowed = ARXIV_HOST in settings.hosts
    arxiv = Arxiv(settings.arxiv_url, cache=cache, interval_s=settings.arxiv_delay_s) if allowed else None
    return RunLibrary(request.sources, folder, cache, arxiv)
