"""Which paragraphs speak of something: words (BM25) and meaning (the store's embedder), fused."""

from __future__ import annotations

import functools
import re
import sqlite3
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..records import Record, Span, changed
from ..runtime.papers import Paper

CANDIDATES = 48
"""Paragraphs that words bring to where meaning is compared; each takes about 30 ms of a processor."""
NEAREST = 3
"""Candidates whose sections are looked at as a whole."""
READ = 600
"""Characters of a paragraph whose meaning is compared; most say early what they are about."""
MOST_OF_WORDS = 2.0
"""Standard scores that words can bring: long introductions name everything and answer nothing."""
SHORTEST = 60
"""Characters of a paragraph worth showing."""
TITLE_WEIGHT = 0.5
"""Of a word in a heading against one in the paragraph itself."""
EMPTY_WORDS = frozenset(
    """
    a an and are as at be been being but by can do does for from had has have how i if in into is it its me more
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
    """Words and meaning together, as standard scores; comparable within one answer only."""
    alike: float = 0.0
    """Cosine of query and paragraph, -1 to 1: below about 0.3 they speak of different things."""
    role: str = "text"


def best_passages(papers: Sequence[Paper], query: str, limit: int) -> list[Passage]:
    """Paragraphs of these papers that best answer a query, best first; ties keep reading order.

    Words bring candidates; the sections of those that are nearest in meaning bring their other paragraphs, which
    may say the same in other words.
    """
    passages = [passage for paper in papers for passage in _passages(paper)]
    if not passages or not words(query):
        return []
    lexical = _bm25([(p.where, p.text) for p in passages], words(query))
    chosen = sorted(range(len(passages)), key=lambda i: -lexical[i])[:CANDIDATES]
    alike = dict(zip(chosen, meaning([_in_context(passages[i]) for i in chosen], query), strict=True))
    beside = _neighbours(passages, sorted(chosen, key=lambda i: -alike[i])[:NEAREST], alike)
    alike |= zip(beside, meaning([_in_context(passages[i]) for i in beside], query), strict=True)
    found = list(alike)
    around = _of_section([passages[i] for i in found], [alike[i] for i in found])
    scores = fuse([lexical[i] for i in found], [alike[i] for i in found])
    fused = dict(zip(found, (a + b for a, b in zip(scores, around, strict=True)), strict=True))
    order = sorted(found, key=lambda i: (-fused[i], i))[:limit]
    return [changed(passages[i], score=fused[i], alike=alike[i]) for i in order]


def score_texts(texts: Sequence[str], query: str) -> list[float]:
    """How well each text answers a query, by words and meaning; comparable within one call only."""
    if not texts or not words(query):
        return [0.0] * len(texts)
    return fuse(_bm25([("", text) for text in texts], words(query)), meaning(texts, query))


def count_words(texts: Sequence[str], query: str) -> list[int]:
    """How many of the query's words each text holds, in whatever form: `fits` is a word of `fitted`."""
    matched = [_bm25([("", text) for text in texts], [word]) for word in dict.fromkeys(words(query))]
    return [sum(scores[i] != 0 for scores in matched) for i in range(len(texts))]


def words(query: str) -> list[str]:
    """The words of a query that carry meaning, lower case."""
    return [w for w in re.findall(r"[^\W_]+", query.lower()) if w not in EMPTY_WORDS]


def meaning(texts: Sequence[str], query: str) -> list[float]:
    """Cosine of query and texts by the store's embedder, -1 to 1."""
    asked = _vector(query)
    return [float(_vector(text[:READ]) @ asked) for text in texts]


@functools.lru_cache(maxsize=4096)
def _vector(text: str) -> Any:
    """A text's unit vector, float32 (d,). Kept: readers ask the same paragraphs again and again (6 MB at most)."""
    from ..runtime.store.embed import embedder

    return embedder().embed([text])[0]


def fuse(lexical: Sequence[float], alike: Sequence[float]) -> list[float]:
    """Sum of the standard scores of words and meaning; words alone never outweigh meaning."""
    return [min(a, MOST_OF_WORDS) + b for a, b in zip(_standard(lexical), _standard(alike), strict=True)]


def _in_context(passage: Passage) -> str:
    return f"{passage.where}\n{passage.text}"


def _of_section(passages: Sequence[Passage], alike: Sequence[float]) -> list[float]:
    """How near each passage's section is to the query, by its three nearest passages, as a standard score."""
    by_section: dict[tuple[str, str], list[float]] = {}
    for passage, value in zip(passages, alike, strict=True):
        by_section.setdefault((passage.paper, passage.where), []).append(value)
    near = {section: sum(sorted(values)[-NEAREST:]) / NEAREST for section, values in by_section.items()}
    return _standard([near[(passage.paper, passage.where)] for passage in passages])


def _neighbours(passages: Sequence[Passage], nearest: Sequence[int], known: Mapping[int, float]) -> list[int]:
    """Paragraphs of the sections in which the nearest ones stand, as far as they are not known yet."""
    places = {(passages[i].paper, passages[i].where) for i in nearest if passages[i].where}
    return [i for i, p in enumerate(passages) if (p.paper, p.where) in places and i not in known][:CANDIDATES]


def _passages(paper: Paper) -> Iterator[Passage]:
    for paragraph in paper.paragraphs:
        text = paper.quote(paragraph.span)
        if len(text) >= SHORTEST or paragraph.role in ("caption", "abstract"):
            yield Passage(
                paper=paper.id,
                paragraph=paragraph.id,
                where=paper.path(paragraph.section),
                text=text,
                span=paragraph.span,
                score=0.0,
                role=paragraph.role,
            )


def _bm25(texts: Sequence[tuple[str, str]], terms: Sequence[str]) -> list[float]:
    """BM25 of headings and texts by SQLite's FTS5 with its Porter stemmer; 0 where no term occurs."""
    base = sqlite3.connect(":memory:")
    try:
        base.execute("CREATE VIRTUAL TABLE t USING fts5(heading, text, tokenize='porter unicode61')")
        base.executemany("INSERT INTO t(rowid, heading, text) VALUES (?, ?, ?)", _rows(texts))
        found = base.execute(
            "SELECT rowid, -bm25(t, ?, 1.0) FROM t WHERE t MATCH ?",
            (TITLE_WEIGHT, " OR ".join(f'"{term}"' for term in terms)),
        ).fetchall()
    finally:
        base.close()
    scores = dict(found)
    return [scores.get(i, 0.0) for i in range(len(texts))]


def _rows(texts: Sequence[tuple[str, str]]) -> Iterator[tuple[int, str, str]]:
    """Rows for SQLite, which takes no unpaired surrogates."""
    for i, (heading, text) in enumerate(texts):
        yield i, heading.encode("utf-8", "replace").decode(), text.encode("utf-8", "replace").decode()


def _standard(values: Sequence[float]) -> list[float]:
    """Values as standard scores; all 0 where they do not differ."""
    spread = statistics.pstdev(values)
    mean = statistics.fmean(values)
    return [(value - mean) / spread if spread else 0.0 for value in values]
