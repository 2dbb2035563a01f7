"""Papers: search, read by outline and section, find passages, quote."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ..checking.quotes import find
from ..errors import ArxivError, InputError, PaperError
from ..records import Evidence, Json, Observation, Record, Span, dump, dumps
from ..runtime.papers import Paper, Paragraph
from . import Desk, tool
from .ranking import Passage, best_passages

MOST_PASSAGES = 20
ABSTRACT = 800
"""Characters of an abstract in a list of papers."""
ARXIV = ("export.arxiv.org",)
"""Where searches and sources are asked for; a mirror that a person sets stands for it."""


class SearchArxiv(Record):
    """Arguments of `search_arxiv`."""

    query: Annotated[str, Meta(description="Words that must occur, or arXiv syntax such as ti:line AND abs:fitting")]
    category: Annotated[str, Meta(description="For instance astro-ph.IM; empty for all")] = ""
    since: Annotated[int | None, Meta(description="First year")] = None
    limit: Annotated[int, Meta(ge=1, le=30)] = 10


@tool("network", hosts=ARXIV)
async def search_arxiv(desk: Desk, arguments: SearchArxiv) -> Observation:
    """Search arXiv; gives id, title, authors, year and abstract of each paper found."""
    found = await desk.library.search(
        arguments.query, category=arguments.category, since=arguments.since, limit=arguments.limit
    )
    if not found:
        return Observation(text="nothing found; try fewer or other words", data=[])
    return Observation(text=_cards(found), data=list(found), untrusted=True, source="arXiv search")


class ListPapers(Record):
    """Arguments of `list_papers`: none."""


@tool("read")
async def list_papers(desk: Desk, arguments: ListPapers) -> Observation:
    """List the papers that the person gave, and those opened so far; `problem` says why one cannot be read."""
    for source in desk.library.local():
        if not any(card["source"] == source for card in desk.state.papers.values()):
            with contextlib.suppress(PaperError, ArxivError):
                await _open(desk, source)
    cards = list(desk.state.papers.values())
    return Observation(text=_cards(cards) or "no papers yet", data=cards, untrusted=True, source="papers at hand")


class OpenPaper(Record):
    """Arguments of `open_paper`."""

    paper: Annotated[str, Meta(description="A paper id such as arXiv:1008.4686 or local:NAME, or an arXiv id")]


@tool("read", hosts=ARXIV)
async def open_paper(desk: Desk, arguments: OpenPaper) -> Observation:
    """Open a paper and see its outline: section ids and titles, equations, tables, what is missing."""
    from ..runtime.papers.outline import outline

    paper = await _open(desk, arguments.paper)
    return Observation(text=outline(paper), data={"paper": paper.id}, untrusted=True, source=paper.id)


class ReadSection(Record):
    """Arguments of `read_section`."""

    paper: str
    section: Annotated[str, Meta(description="A section id from the outline, such as s3")]
    start: Annotated[str, Meta(description="Id of the part to begin with, where a long section was cut")] = ""


@tool("read")
async def read_section(desk: Desk, arguments: ReadSection) -> Observation:
    """Read one section of an open paper; each paragraph is preceded by its id in brackets."""
    from ..runtime.papers.outline import section_text

    paper = await opened(desk, arguments.paper)
    try:
        text = section_text(paper, arguments.section, start=arguments.start)
    except KeyError as error:
        known = ", ".join(s.id for s in paper.sections)
        raise InputError(f"{paper.id}: {error.args[0]}; its sections are {known}") from error
    return Observation(text=text, untrusted=True, source=f"{paper.id}, {paper.path(arguments.section)}")


class FindPassages(Record):
    """Arguments of `find_passages`."""

    query: Annotated[str, Meta(description="What to look for, in words")]
    papers: Annotated[tuple[str, ...], Meta(description="Paper ids; empty for all open ones")] = ()
    limit: Annotated[int, Meta(ge=1, le=MOST_PASSAGES)] = 8


@tool("read")
async def find_passages(desk: Desk, arguments: FindPassages) -> Observation:
    """Find the paragraphs of open papers that speak of something, best first."""
    papers = [await opened(desk, id) for id in arguments.papers or readable(desk)]
    passages = await asyncio.to_thread(best_passages, papers, arguments.query, arguments.limit)
    data = [dump(passage) for passage in passages]
    return Observation(
        text=_shown(passages) or "nothing found", data=data, untrusted=True, source="passages of open papers"
    )


class Quote(Record):
    """Arguments of `quote`."""

    paper: str
    paragraph: Annotated[str, Meta(description="Paragraph id in brackets, such as p12")]
    quote: Annotated[str, Meta(description="The words exactly as they stand there; at least one full clause")]
    note: Annotated[str, Meta(description="Why it matters, in your words")] = ""
    relevance: Annotated[float, Meta(ge=0, le=10)] = 5.0


@tool("read")
async def quote(desk: Desk, arguments: Quote) -> Observation:
    """Keep words of a paper as evidence. They must stand in the paragraph verbatim; you get an evidence id."""
    paper = await opened(desk, arguments.paper)
    evidence = make_evidence(paper, arguments, desk.new_id("ev"))
    already = [e for e in desk.state.evidence.values() if (e.paper, e.span) == (evidence.paper, evidence.span)]
    if already:
        return Observation(text=f"kept before as {already[0].id}", data={"id": already[0].id})
    desk.emit("evidence", evidence)
    return Observation(text=f"kept as {evidence.id}, from {evidence.paragraph}", data={"id": evidence.id})


class References(Record):
    """Arguments of `references`."""

    paper: str


@tool("read")
async def references(desk: Desk, arguments: References) -> Observation:
    """List an open paper's references with their arXiv ids where they have one, so that they can be followed."""
    paper = await opened(desk, arguments.paper)
    data = [dump(reference) for reference in paper.references]
    lines = [f"[{r.key}] {r.text}{f' (arXiv:{r.arxiv})' if r.arxiv else ''}" for r in paper.references]
    return Observation(text="\n".join(lines) or "none", data=data, untrusted=True, source=f"{paper.id}, references")


def make_evidence(paper: Paper, wanted: Quote, id: str) -> Evidence:
    """The evidence record of a quote, its span found by code.

    Words that stand in one other paragraph than the named one are taken from there. Raises InputError where the
    paragraph does not exist, or the words stand nowhere or in several other places.
    """
    try:
        named = paper.paragraph(wanted.paragraph)
    except KeyError as error:
        raise InputError(f"{paper.id} has no paragraph {wanted.paragraph!r}; read a section to see ids") from error
    places = _places(paper, [named], wanted.quote) or _places(paper, paper.paragraphs, wanted.quote)
    if not places:
        raise InputError(
            f"these words do not stand in {wanted.paragraph} of {paper.id}; copy them exactly, leave nothing out: "
            f"{wanted.quote!r}"
        )
    if len(places) > 1:
        known = ", ".join(p.id for p, _ in places)
        raise InputError(f"these words stand in {known} of {paper.id}, but not in {wanted.paragraph}; say which")
    paragraph, span = places[0]
    where = paper.path(paragraph.section) or ("Abstract" if paragraph.role == "abstract" else "before any heading")
    return Evidence(
        id=id,
        paper=paper.id,
        version=paper.version,
        paragraph=paragraph.id,
        where=f"{where}, page {paragraph.page}" if paragraph.page else where,
        quote=paper.quote(span),
        span=span,
        relevance=wanted.relevance,
        note=wanted.note,
    )


def _places(paper: Paper, paragraphs: Sequence[Paragraph], words: str) -> list[tuple[Paragraph, Span]]:
    """The paragraphs that hold these words, each with the span of the stored text where they stand."""
    found = []
    for paragraph in paragraphs:
        at = find(words, paper.quote(paragraph.span))
        if at is not None:
            start = paragraph.span.start
            found.append((paragraph, Span(start=start + at.start, end=start + at.end)))
    return found


def readable(desk: Desk) -> tuple[str, ...]:
    """Ids of the papers at hand that can be read."""
    return tuple(id for id, card in desk.state.papers.items() if not card.get("problem"))


async def opened(desk: Desk, id: str) -> Paper:
    """An open paper. Raises InputError where it has not been opened."""
    card = desk.state.papers.get(id)
    if card is None:
        raise InputError(f"{id!r} is not open; open it first. Open are: {', '.join(desk.state.papers) or 'none'}")
    return await desk.library.open(card["source"])


async def _open(desk: Desk, source: str) -> Paper:
    """Open a paper by id or source and put its card among those at hand; that it cannot be read is kept as well."""
    known = desk.state.papers.get(source)
    try:
        paper = await desk.library.open(known["source"] if known else source)
    except (PaperError, ArxivError) as error:
        desk.emit("paper", {"id": source, "source": source, "title": source, "problem": error.message})
        raise
    if paper.id not in readable(desk):
        desk.emit("paper", card(paper, source))
    return paper


def card(paper: Paper, source: str) -> Json:
    """What is remembered of a paper at hand."""
    return {
        "id": paper.id,
        "source": source,
        "version": paper.version,
        "kind": paper.kind,
        "title": paper.title,
        "authors": list(paper.authors),
        "year": paper.year,
        "doi": paper.doi,
        "url": paper.url,
        "abstract": paper.abstract[:2000],
        "missing": list(paper.missing),
        "notes": list(paper.notes),
    }


def _cards(cards: Sequence[Json]) -> str:
    names = ("id", "title", "authors", "year", "abstract", "problem", "reading")
    shown = ({k: v for k, v in card.items() if k in names and v} for card in cards)
    return "\n".join(dumps({**card, "abstract": _short(card.get("abstract", ""))}) for card in shown)


def _short(abstract: str) -> str:
    return abstract if len(abstract) <= ABSTRACT else f"{abstract[:ABSTRACT]} …"


def _shown(passages: Sequence[Passage]) -> str:
    return "\n\n".join(f"{p.paper} [{p.paragraph}] ({p.where})\n{p.text}" for p in passages)
