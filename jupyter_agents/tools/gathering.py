"""Evidence as a whole: what was kept so far, what a reader said of a paper, which papers at hand cite which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from msgspec import Meta

from ..errors import InputError
from ..records import Evidence, Json, Observation, Record, dump, dumps
from ..runtime.papers import Reference
from . import Desk, tool
from .papers import opened, readable


class ListEvidence(Record):
    """Arguments of `list_evidence`."""

    papers: Annotated[tuple[str, ...], Meta(description="Paper ids; empty for all")] = ()
    limit: Annotated[int, Meta(ge=1, le=80)] = 40


@tool("read")
async def list_evidence(desk: Desk, arguments: ListEvidence) -> Observation:
    """See the best evidence kept so far: id, paper, place, quote, and how much it matters, by paper."""
    wanted = [e for e in desk.state.evidence.values() if not arguments.papers or e.paper in arguments.papers]
    best = best_evidence(wanted, arguments.limit)
    lines = [dumps(_shown(e, desk.state.papers.get(e.paper, {}))) for e in best]
    data = [dump(e) for e in best]
    return Observation(text="\n".join(lines) or "no evidence yet", data=data, untrusted=True, source="evidence kept")


class RecordReading(Record):
    """Arguments of `record_reading`."""

    paper: str
    relevance: Annotated[float, Meta(ge=0, le=10)] = 0.0
    summary: str = ""
    problem: Annotated[str, Meta(description="Why it could not be read to the end; empty if it was")] = ""


@tool("write")
async def record_reading(desk: Desk, arguments: RecordReading) -> Observation:
    """Keep on a paper's card what its reader said of it."""
    known = desk.state.papers.get(arguments.paper)
    if known is None:
        raise InputError(f"{arguments.paper!r} is not open; open are: {', '.join(desk.state.papers) or 'none'}")
    said = {"relevance": arguments.relevance, "summary": arguments.summary, "problem": arguments.problem}
    desk.emit("paper", {**known, "reading": said})
    return Observation(text="kept")


class CitingPapers(Record):
    """Arguments of `citing_papers`."""

    paper: Annotated[str, Meta(description="Id of a paper at hand")]


@tool("read")
async def citing_papers(desk: Desk, arguments: CitingPapers) -> Observation:
    """List the papers at hand that cite this one. arXiv keeps no list of citing works, so there may be others."""
    cited = desk.state.papers.get(arguments.paper)
    if cited is None:
        raise InputError(f"{arguments.paper!r} is not open; open are: {', '.join(desk.state.papers) or 'none'}")
    found = []
    for id in readable(desk):
        paper = await opened(desk, id)
        found += [id] if id != arguments.paper and any(names(r, cited) for r in paper.references) else []
    text = "\n".join(f"{id} {desk.state.papers[id]['title']}" for id in found)
    return Observation(text=text or "none of the papers at hand", data=found, untrusted=True, source="papers at hand")


def best_evidence(evidence: Iterable[Evidence], limit: int) -> list[Evidence]:
    """The best of each paper in turn until the limit, so that no paper crowds out another; then by paper."""
    by_paper: dict[str, list[Evidence]] = {}
    for e in sorted(evidence, key=lambda e: -e.relevance):
        by_paper.setdefault(e.paper, []).append(e)
    ranked = [(i, j, e) for j, found in enumerate(by_paper.values()) for i, e in enumerate(found)]
    taken = sorted(ranked, key=lambda r: r[:2])[:limit]
    return [e for _, _, e in sorted(taken, key=lambda r: (r[1], r[0]))]


def names(reference: Reference, card: Mapping[str, object]) -> bool:
    """Whether a bibliography's entry means the paper of a card: same arXiv id, DOI or title."""
    if reference.arxiv and f"arXiv:{_bare(reference.arxiv)}" == _bare(str(card["id"])):
        return True
    doi = str(card.get("doi") or "").lower()
    if doi and reference.doi.lower() == doi:
        return True
    title = _letters(str(card.get("title") or ""))
    return len(title) > 12 and title in (_letters(reference.title), *_inside(title, reference.text))


def _inside(title: str, text: str) -> Sequence[str]:
    return (title,) if title in _letters(text) else ()


def _bare(id: str) -> str:
    return re.sub(r"v\d+$", "", id)


def _letters(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _shown(evidence: Evidence, card: Json) -> Json:
    head = {"id": evidence.id, "paper": evidence.paper, "title": card.get("title", ""), "year": card.get("year", "")}
    return {
        **head,
        "where": evidence.where,
        "quote": evidence.quote,
        "relevance": evidence.relevance,
        "note": evidence.note,
    }
