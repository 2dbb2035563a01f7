"""Words and meaning fused: what a query becomes for FTS5, and how the two answers become one. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping

from . import Hit
from .catalogue import PassageRow

TERMS = 64
"""Different words of a query that count; the rest of a very long one is left to the embedder."""
_ENGLISH = """
a about after again against all also am an and any are as at be because been before being below between both but by
can could did do does doing down during each few for from further get gets got had has have having he her here hers
him his how i if in into is it its itself just may me might more most much must my no nor not of off on once one only
or other ought our out over own same shall she should so some such than that the their them then there these they this
those through to too under until up upon us very was we were what when where which while who whom whose why will with
without would you your
"""
COMMON = frozenset(_ENGLISH.split())
"""English words that say nothing of a subject. They match everywhere and drown the rest where texts are short."""
_WORD = re.compile(r"\w+")


def terms(query: str) -> list[str]:
    """The telling words of a query, each once and quoted for FTS5; all its words if none tells anything.

    Quoted, `NEAR`, `*`, `-` or `title:` in a query are words like others.
    """
    said = list(dict.fromkeys(_WORD.findall(query.lower().replace("_", " "))))
    telling = [word for word in said if word not in COMMON] or said
    return [f'"{word}"' for word in telling[:TERMS]]


def fuse(
    words: Mapping[int, float],
    covered: Mapping[int, float],
    meaning: Mapping[int, float],
    rows: Mapping[int, PassageRow],
) -> list[Hit]:
    """One hit for each preprint, its best passage, best first: half BM25, half cosine, as z-scores over `rows`.

    words: passage to BM25, higher is better; a passage without a common word counts 0. covered: which share of the
    query's terms it holds, 0 to 1; BM25 counts by that share, because a z-score makes one chance word in one passage
    look like a perfect match. meaning: passage to cosine; one without a vector counts as the farthest candidate.
    Equal scores keep the newer passage first.
    """
    bm25 = _standard({id: words.get(id, 0.0) for id in rows})
    floor = min(meaning.values(), default=0.0)
    cosine = _standard({id: meaning.get(id, floor) for id in rows})
    best: dict[str, Hit] = {}
    for id in sorted(rows, reverse=True):
        score = 0.5 * covered.get(id, 0.0) * bm25[id] + 0.5 * cosine[id]
        known = best.get(rows[id].preprint)
        if known is None or score > known.score:
            best[rows[id].preprint] = _hit(rows[id], score)
    return sorted(best.values(), key=lambda hit: -hit.score)


def _standard(values: dict[int, float]) -> dict[int, float]:
    """z-scores; all 0 where nothing differs."""
    if len(values) < 2:
        return dict.fromkeys(values, 0.0)
    mean, spread = statistics.fmean(values.values()), statistics.pstdev(values.values())
    return {id: (value - mean) / spread if spread else 0.0 for id, value in values.items()}


def _hit(row: PassageRow, score: float) -> Hit:
    return Hit(
        preprint=row.preprint,
        version=row.version,
        title=row.title,
        passage=row.text,
        score=score,
        trust=row.trust,
        model=row.model,
        created=row.created,
        section=row.section,
    )
