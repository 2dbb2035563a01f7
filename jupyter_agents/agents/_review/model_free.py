"""A review without a model: search, read, rank, quote verbatim. Nothing is written, summarised or judged."""

from __future__ import annotations

import asyncio

from ...errors import InputError
from ...records import parse
from ...tools.papers import FindPassages, OpenPaper, Quote, SearchArxiv, readable
from ...tools.ranking import Passage, words
from ...tools.telling import Telling, telling_sentences
from .. import Bench
from .artefacts import Choice, Findings, Plan, Selection, Statement, options, too_old
from .following import Pointer, pointers

ALIKE = 0.3
"""Cosine below which a paragraph speaks of something else: unrelated questions stay under 0.25, answers over 0.35."""
PASSAGES = 20
QUOTES = 10
"""In an answer, as far as there are paragraphs that speak of the question."""
QUOTES_A_PAPER = 4
"""At most, unless there are too few papers for an answer."""
POINTERS = 8
"""References named as worth reading."""
PLAN_WORDS = 8
"""Of a question, in one query to arXiv, where every word must occur."""


async def without_model(bench: Bench) -> None:
    """Fill plan, selection and answer with what code can find."""
    queries = (bench.request.text,) if bench.request.sources else _queries(bench.request.text)
    plan = Plan(questions=(bench.request.text,), queries=queries, aspects=("what it says",))
    await _submit(bench, "plan", plan)
    if not bench.request.sources:
        await _from_arxiv(bench, queries)
    passages = await _passages(bench)
    if not bench.request.sources and await _followed(bench, passages):
        passages = await _passages(bench)
    selection = _selection(bench, passages)
    await _submit(bench, "selection", selection)
    most = max(QUOTES_A_PAPER, QUOTES // max(1, len(selection.read)))
    chosen = await asyncio.to_thread(telling_sentences, passages, bench.request.text, QUOTES, per_paper=most)
    unread = await pointers(bench, [choice.paper for choice in selection.read])
    await _submit(bench, "answer", await _findings(bench, chosen, unread))


def _queries(question: str) -> tuple[str, ...]:
    """A question's telling words as queries, from all of them to fewer: arXiv wants every word of one."""
    telling = words(question)[:PLAN_WORDS]
    if not telling:
        raise InputError(f"{question!r} has no word that could be searched for; ask with more words")
    shorter = [telling[: len(telling) - cut] for cut in (0, 1, 2) if len(telling) - cut >= 2] or [telling]
    return tuple(dict.fromkeys(" ".join(part) for part in shorter))


async def _from_arxiv(bench: Bench, queries: tuple[str, ...]) -> None:
    """Find and open papers on arXiv until there are as many as asked for; a failure is a note, no end."""
    most, since = options(bench).papers, options(bench).since
    for query in queries:
        found = await bench.act("search_arxiv", SearchArxiv(query=query, since=since, limit=min(30, most)))
        if found.error:
            bench.note(found.text)
        for card in [] if found.error else found.data:
            if len(readable(bench)) < most and card["id"] not in bench.state.papers:
                await bench.act("open_paper", OpenPaper(paper=card["id"]))
        if len(readable(bench)) >= most:
            return


async def _followed(bench: Bench, passages: list[Passage]) -> bool:
    """Open what the found papers cite on the question, as far as arXiv has it; whether there was any."""
    before, most = readable(bench), options(bench).papers
    cited = await pointers(bench, list(dict.fromkeys(p.paper for p in passages)))
    for id in dict.fromkeys(f"arXiv:{pointer.reference.arxiv}" for pointer in cited if pointer.reference.arxiv):
        if len(readable(bench)) < most:
            await bench.act("open_paper", OpenPaper(paper=id))
    return readable(bench) != before


async def _passages(bench: Bench) -> list[Passage]:
    """The best paragraphs of papers of the right years that speak of the question at all."""
    ids = tuple(id for id in readable(bench) if not too_old(bench, id))
    if not ids:
        return []
    wanted = FindPassages(query=bench.request.text, papers=ids, limit=PASSAGES)
    found = await bench.act("find_passages", wanted)
    passages = [parse(p, Passage) for p in found.data or ()]
    return [p for p in passages if p.alike >= ALIKE]


def _selection(bench: Bench, passages: list[Passage]) -> Selection:
    """The papers that passages come from, in their order, as many as asked for."""
    found = list(dict.fromkeys(p.paper for p in passages))[: options(bench).papers]
    why = {id: f"{sum(p.paper == id for p in passages)} paragraphs speak of the question" for id in found}
    passed = {
        id: f"before {options(bench).since}" if too_old(bench, id) else "nothing on the question"
        for id in readable(bench)
        if id not in why
    }
    return Selection(
        read=tuple(Choice(paper=id, reason=reason) for id, reason in why.items()),
        passed_over=tuple(Choice(paper=id, reason=reason) for id, reason in passed.items()),
    )


async def _findings(bench: Bench, chosen: list[Telling], unread: list[Pointer]) -> Findings:
    """The chosen sentences as evidence, each its own statement; what they cite beyond is missing."""
    said: list[Statement] = []
    for telling in chosen:
        wanted = Quote(paper=telling.paper, paragraph=telling.paragraph, quote=telling.quote)
        kept = await bench.act("quote", wanted)
        if kept.error:
            bench.note(f"a sentence of {telling.paper} could not be quoted: {kept.text}")
        else:
            said.append(Statement(text=bench.state.evidence[kept.data["id"]].quote, evidence=(kept.data["id"],)))
    nothing = [] if said else [f"no paragraph of {len(readable(bench))} readable papers speaks of this"]
    cited = [f"cited by {pointer.cited_by}, not read here: {pointer.shown}" for pointer in unread[:POINTERS]]
    return Findings(enough=bool(said), sentences=tuple(said), missing=(*nothing, *cited))


async def _submit(bench: Bench, name: str, value: Plan | Selection | Findings) -> None:
    handed = await bench.act(f"submit_{name}", value)
    if handed.error:
        raise InputError(f"the {name} was not accepted: {handed.text}")
