"""Words and meaning fused: what a query becomes for FTS5, and how the two answers become one. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping

from . import Hit
from .catalogue import PassageRow

TERMS = 64
"""Different words of a query that count; the rest of a very long one is left to the embedder."""
_WORD = re.compile(r"\w+")


def expression(query: str) -> str:
    """An FTS5 expression that finds any word of a query; empty if it has none.

    Each word is quoted, so that `NEAR`, `*`, `-` or `title:` in a query are words like others.
    """
    words = dict.fromkeys(_WORD.findall(query.lower().replace("_", " ")))
    return " OR ".join(f'"{word}"' for word in list(words)[:TERMS])


def fuse(words: Mapping[int, float], meaning: Mapping[int, float], rows: Mapping[int, PassageRow]) -> list[Hit]:
    """One hit for each preprint, best first: half BM25, half cosine, each as z-scores over the candidates.

    words: passage to BM25, higher is better; a passage without a common word counts 0. meaning: passage to cosine;
    a passage without a vector counts as the farthest candidate. A preprint is as good as its best passage on either
    side; the passage shown is the one that is best on both together. Passages not in `rows` are left out. Equal
    scores keep the newer passage first.
    """
    bm25 = _standard({id: words.get(id, 0.0) for id in rows})
    floor = min(meaning.values(), default=0.0)
    cosine = _standard({id: meaning.get(id, floor) for id in rows})
    passages: dict[str, list[int]] = {}
    for id in sorted(rows, reverse=True):
        passages.setdefault(rows[id].preprint, []).append(id)
    hits = []
    for ids in passages.values():
        score = 0.5 * max(bm25[id] for id in ids) + 0.5 * max(cosine[id] for id in ids)
        hits.append(_hit(rows[max(ids, key=lambda id: bm25[id] + cosine[id])], score))
    return sorted(hits, key=lambda hit: -hit.score)


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
