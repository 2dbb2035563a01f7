"""Which paragraphs speak of something: words (BM25) and meaning (the store's embedder), fused."""

from __future__ import annotations

import re
import sqlite3
import statistics
from collections.abc import Iterator, Sequence

from ..records import Record, Span, changed
from ..runtime.papers import Paper

CANDIDATES = 200
"""Paragraphs that words bring to where meaning is compared; embedding more takes longer than it finds."""
SHORTEST = 60
"""Characters of a paragraph worth showing."""
EMPTY_WORDS = frozenset(
    """
    a an and are as at be been being both but by can do does for from had has have how i if in into is it its me more
    most my not of on or our she should so such than that the their them then there these they this those to up was we
    were what when where which who why will with would you your
    """.split()  # noqa: SIM905 - sixty quoted words in a column are harder to read
)


class Passage(Record):
    """A paragraph that answers a query."""

    paper: str
    paragraph: str
    where: str
    text: str
    span: Span
    score: float


def best_passages(papers: Sequence[Paper], query: str, limit: int) -> list[Passage]:
    """Paragraphs of these papers that best answer a query, best first; ties keep reading order."""
    passages = [passage for paper in papers for passage in _passages(paper)]
    terms = words(query)
    if not passages or not terms:
        return []
    lexical = _bm25([p.text for p in passages], terms)
    chosen = sorted(range(len(passages)), key=lambda i: -lexical[i])[:CANDIDATES]
    meaning = _meaning([passages[i].text for i in chosen], query)
    fused = [a + b for a, b in zip(_standard([lexical[i] for i in chosen]), _standard(meaning), strict=True)]
    order = sorted(range(len(chosen)), key=lambda j: (-fused[j], chosen[j]))[:limit]
    return [changed(passages[chosen[j]], score=fused[j]) for j in order]


def words(query: str) -> list[str]:
    """The words of a query that carry meaning, lower case."""
    return [w for w in re.findall(r"[^\W_]+", query.lower()) if w not in EMPTY_WORDS]


def _passages(paper: Paper) -> Iterator[Passage]:
    for paragraph in paper.paragraphs:
        text = paper.quote(paragraph.span)
        if len(text) >= SHORTEST or paragraph.role in ("caption", "abstract"):
            where = paper.path(paragraph.section)
            yield Passage(
                paper=paper.id, paragraph=paragraph.id, where=where, text=text, span=paragraph.span, score=0.0
            )


def _bm25(texts: Sequence[str], terms: Sequence[str]) -> list[float]:
    """BM25 of SQLite's FTS5 with its Porter stemmer; 0 where no term occurs, higher is better."""
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61')")
        base.executemany("INSERT INTO t(rowid, text) VALUES (?, ?)", enumerate(texts))
        found = base.execute(
            "SELECT rowid, -bm25(t) FROM t WHERE t MATCH ?", (" OR ".join(f'"{term}"' for term in terms),)
        ).fetchall()
    base.close()
    scores = dict(found)
    return [scores.get(i, 0.0) for i in range(len(texts))]


def _meaning(texts: Sequence[str], query: str) -> list[float]:
    """Cosine of query and texts by the store's embedder, -1 to 1."""
    from ..runtime.store.embed import embedder

    vectors = embedder().embed([query, *texts])
    return [float(value) for value in vectors[1:] @ vectors[0]]


def _standard(values: Sequence[float]) -> list[float]:
    """Values as standard scores; all 0 where they do not differ."""
    spread = statistics.pstdev(values)
    mean = statistics.fmean(values)
    return [(value - mean) / spread if spread else 0.0 for value in values]
