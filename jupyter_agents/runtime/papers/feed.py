"""arXiv's Atom feeds, read through the `arxiv` package but fetched by our own transport."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ...errors import ArxivBusy
from .entry import Entry, entry_of, one_line

if TYPE_CHECKING:
    import arxiv

_ATOM: Final = "{http://www.w3.org/2005/Atom}"


class _Page:
    """What `arxiv.Client` reads of an HTTP answer."""

    def __init__(self, content: bytes) -> None:
        self.status_code = 200
        self.content = content


class _Session:
    """Stands where `arxiv.Client` keeps a requests session: that one has no timeout, back-off or Retry-After."""

    def __init__(self, get: Callable[[str], bytes]) -> None:
        self._get = get

    def get(self, url: str, **_: Any) -> _Page:
        return _Page(self._get(url))


def client(base_url: str, page: int, get: Callable[[str], bytes]) -> arxiv.Client:
    """A client of the `arxiv` package that asks through `get`, which waits, retries and raises."""
    import arxiv

    made = arxiv.Client(page_size=page, delay_seconds=0.0, num_retries=1)
    made.query_url_format = base_url + "/api/query?{}"
    made._session = _Session(get)
    return made


def results(client: arxiv.Client, search: arxiv.Search) -> Iterator[Entry]:
    """Every entry that a search finds, page by page. Raises ArxivBusy for a page that is empty too early."""
    import arxiv

    try:
        for result in client.results(search):
            yield entry_of(result)
    except arxiv.UnexpectedEmptyPageError as exc:
        raise ArxivBusy(f"arXiv left out a page of its answer to {exc.url}; try again later", url=exc.url) from exc


def is_feed(first: bytes) -> bool:
    """Whether an answer begins like an Atom feed; overloaded servers answer 200 with a page of HTML."""
    return re.search(rb"<(?:\w+:)?feed[\s>]", first) is not None


def complaint(body: bytes) -> str:
    """What an error feed says, else nothing: its single entry is titled "Error". Raises ArxivBusy if broken."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        if not is_feed(body[:2048]):
            return one_line(body[:200].decode("utf-8", "replace"))
        raise ArxivBusy("arXiv's answer broke off in the middle; try again later") from exc
    entries = root.findall(f"{_ATOM}entry")
    if len(entries) == 1 and (entries[0].findtext(f"{_ATOM}title") or "").strip() == "Error":
        return one_line(entries[0].findtext(f"{_ATOM}summary") or "no reason given")
    return ""
