"""arXiv: search, metadata and the files of a paper, kept on disk by id and version."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from ...errors import ArxivError, ArxivQueryError, InputError, PaperNotFound, PaperWithdrawn
from .cache import arriving, keep, recall
from .entry import Entry
from .feed import client, complaint, is_feed, results
from .identifiers import ArxivSource, arxiv_id
from .limiter import Limiter
from .query import Sort, compose
from .transport import Answer, Patience, Transport

if TYPE_CHECKING:
    import arxiv

BASE_URL: Final = "https://export.arxiv.org"
FEED_LIMIT: Final = 32 * 2**20
SOURCE_LIMIT: Final = 200 * 2**20
HTML_LIMIT: Final = 24 * 2**20
PAGE: Final = 100
"""Entries in one answer; arXiv serves at most 2,000 and grows slow long before."""


class Arxiv:
    """arXiv's API and files behind one base address, polite across processes.

    base_url: what API, source, HTML and PDF addresses start with. cache: folder for answers, shared by
    processes. interval_s: pause between requests; less than 3 only for an address of this machine.
    newest_for_s: how long "the newest version" is believed.
    """

    def __init__(
        self,
        base_url: str = BASE_URL,
        *,
        cache: Path,
        interval_s: float = 3.0,
        patience: Patience | None = None,
        newest_for_s: float = 86_400.0,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.cache = cache
        self.newest_for_s = newest_for_s
        host = urlsplit(self.base_url).hostname or ""
        if not re.match(r"https?://", self.base_url) or not host:
            raise InputError(f"{base_url!r} is no base address for arXiv; write it like {BASE_URL}", base_url=base_url)
        if interval_s < 3.0 and host not in {"127.0.0.1", "localhost", "::1"}:
            raise InputError(
                f"arXiv asks for 3 s between requests; {interval_s:g} s is for addresses of this machine only",
                interval_s=interval_s,
            )
        self._transport = Transport(Limiter(cache / "limiter", interval_s), patience or Patience())

    def search(
        self,
        query: str,
        *,
        category: str | None = None,
        since: int | str | date | None = None,
        until: int | str | date | None = None,
        sort: Sort = "relevance",
        limit: int = 10,
    ) -> list[Entry]:
        """Papers that match, best first; an empty list where none do.

        query: words (all must occur), "quoted phrases", or arXiv's own syntax (`ti:lines AND au:hogg`).
        category: `astro-ph.IM`. since, until: a year, `2024-05` or a day of first submission, both included.
        Raises ArxivQueryError, ArxivBusy, ArxivTimeout, ArxivUnreachable.
        """
        import arxiv

        by = {"relevance": "Relevance", "submitted": "SubmittedDate", "updated": "LastUpdatedDate"}[sort]
        search = arxiv.Search(
            query=compose(query, category=category, since=since, until=until),
            max_results=limit,
            sort_by=arxiv.SortCriterion[by],
        )
        return self._entries(search, limit)

    def metadata(self, ids: Iterable[str | ArxivSource]) -> list[Entry]:
        """What arXiv says of each id, in the order asked.

        Raises PaperNotFound naming every id that arXiv left out of its answer, which it does silently.
        """
        wanted = [arxiv_id(str(i)) for i in ids]
        found = {w.versioned: e for w in wanted if (e := self._recall(w)) is not None}
        missing = [w for w in dict.fromkeys(wanted) if w.versioned not in found]
        for start in range(0, len(missing), PAGE):
            found |= self._ask(missing[start : start + PAGE])
        lost = [w.versioned for w in wanted if w.versioned not in found]
        if lost:
            raise PaperNotFound(
                f"arXiv has no paper {', '.join(dict.fromkeys(lost))}; check the id and its version", ids=tuple(lost)
            )
        return [found[w.versioned] for w in wanted]

    def fetch(self, id: str | ArxivSource) -> Path:
        """The e-print source of a paper as arXiv serves it, unpacked by no one yet.

        The file's name ends in `.pdf` where authors sent only that, else in `.gz` or `.tex`.
        Raises PaperWithdrawn, PaperNotFound, PaperRefused (over 200 MB) and ArxivError's children.
        """
        entry = self.metadata([id])[0]
        if entry.withdrawn:
            raise PaperWithdrawn(
                f"arXiv:{entry.id}{entry.version} was withdrawn: {entry.comment or entry.abstract[:200]}"
                f"; an earlier version may be readable, ask for one by its number",
                id=entry.id,
                version=entry.version,
                comment=entry.comment,
            )
        return self._file(entry, "src", SOURCE_LIMIT)

    def html(self, id: str | ArxivSource) -> Path:
        """The HTML that arXiv made of a paper's LaTeX. Raises PaperNotFound where there is none."""
        return self._file(self.metadata([id])[0], "html", HTML_LIMIT)

    def pdf(self, id: str | ArxivSource) -> Path:
        """The PDF of a paper."""
        return self._file(self.metadata([id])[0], "pdf", SOURCE_LIMIT)

    def _folder(self, source: ArxivSource) -> Path:
        return self.cache / "arxiv" / f"{source.id.replace('/', '_')}{source.version or '-newest'}"

    def _recall(self, source: ArxivSource) -> Entry | None:
        path = self._folder(source) / "entry.json"
        try:
            if not source.version and time.time() - path.stat().st_mtime > self.newest_for_s:
                return None
        except FileNotFoundError:
            return None
        return recall(path, Entry)

    def _ask(self, wanted: list[ArxivSource]) -> dict[str, Entry]:
        """Entries of ids by the id as asked; ids that arXiv leaves out are left out."""
        import arxiv

        search = arxiv.Search(id_list=[w.versioned for w in wanted], max_results=len(wanted))
        entries = self._entries(search, len(wanted))
        found: dict[str, Entry] = {}
        for entry in entries:
            for source in wanted:
                if source.id == entry.id and source.version in {"", entry.version}:
                    found[source.versioned] = entry
                    keep(self._folder(source) / "entry.json", entry)
        return found

    def _entries(self, search: arxiv.Search, limit: int) -> list[Entry]:
        if limit <= 0:
            return []
        entries = list(results(client(self.base_url, min(limit, PAGE), self._feed), search))
        for entry in entries:
            keep(self._folder(entry.source) / "entry.json", entry)
        return entries

    def _feed(self, url: str) -> bytes:
        """The body of an Atom feed. Raises ArxivQueryError with arXiv's own words."""
        body = io.BytesIO()
        answer = self._transport.get(url, body, limit=FEED_LIMIT, accept=is_feed)
        words = complaint(body.getvalue())
        if answer.status == 400 or words:
            raise ArxivQueryError(
                f"arXiv refused the request: {words or 'HTTP 400'}; mend the query or the id", url=url, reason=words
            )
        if answer.status != 200:
            raise ArxivError(f"arXiv answered HTTP {answer.status} to {url}; check the base address", url=url)
        return body.getvalue()

    def _file(self, entry: Entry, kind: Literal["src", "html", "pdf"], limit: int) -> Path:
        folder = self._folder(entry.source)
        for suffix in (".gz", ".pdf", ".tex", ".html"):
            if (path := folder / f"{kind}{suffix}").is_file():
                return path
        url = f"{self.base_url}/{kind}/{entry.id}{entry.version}"
        with arriving(folder) as (file, settle):
            answer = self._transport.get(url, file, limit=limit)
            if answer.status != 200 or not file.tell():
                raise _no_file(entry, kind, url, answer)
            file.seek(0)
            path = folder / (kind + _suffix(file.read(8), answer.type))
            settle(path)
        return path


def _suffix(first: bytes, media: str) -> str:
    """A file's ending by what it is; what a server calls it only breaks ties."""
    if first.startswith(b"%PDF"):
        return ".pdf"
    if first.startswith(b"\x1f\x8b"):
        return ".gz"
    return ".html" if media == "text/html" else ".tex"


def _no_file(entry: Entry, kind: str, url: str, answer: Answer) -> Exception:
    named = f"arXiv:{entry.id}{entry.version}"
    fields: dict[str, Any] = {"id": entry.id, "version": entry.version, "url": url}
    if "withdrawn" in answer.first.lower():
        return PaperWithdrawn(f"{named} was withdrawn and has no {kind}; ask for an earlier version", **fields)
    if answer.status in {200, 403, 404, 410}:
        return PaperNotFound(f"arXiv has no {kind} file of {named} (HTTP {answer.status})", **fields)
    return ArxivError(f"arXiv answered HTTP {answer.status} to {url}; try again later", **fields)
