"""Whole sentences that say most about a question and can be read on their own: what code can choose to quote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ..records import Record
from ..runtime.store.passages import sentences
from .ranking import Passage, score_texts

SHORTEST, LONGEST = 40, 700
"""Characters of a sentence worth quoting."""
PROSE = frozenset({"text", "abstract", "item", "footnote", "theorem"})
LEANING = re.compile(
    r"(?:This|That|These|Those|Such|Here|However|Therefore|Thus|Hence|Then|But|And|So|In (?:this|that) case|"
    r"As a result|Otherwise|Similarly|Also|Another|The (?:former|latter|first|second|other))\b"
    r"|(?:\S+\s+){0,13}(?:[Ii]ts?|[Tt]hey|[Tt]heir|[Tt]hem)\b"
)
"""Beginnings that lean on the sentence before: a connecting word, or soon a pronoun for what was named there."""
FORWARD = re.compile(r"(?:\S+\s+){0,2}[Ii]t (?:is|was|has been|can be|may be|follows|seems|turns out|must be)\b")
"""An `it` that stands for nothing."""
DISPLAY = re.compile(r"\\begin\{|\\\[|\$\$")


class Telling(Record):
    """A quote that code chose."""

    paper: str
    paragraph: str
    quote: str
    score: float


def telling_sentences(passages: Sequence[Passage], query: str, limit: int, *, per_paper: int) -> list[Telling]:
    """The most telling sentence of each passage, with the one before where it leans on that; best first.

    per_paper: no paper gives more. Displays, tables and texts of figures are passed over.
    """
    candidates = [(passage, quote, alone) for passage in passages for quote, alone in _quotable(passage)]
    scores = score_texts([alone for _, _, alone in candidates], query)
    best: dict[tuple[str, str], Telling] = {}
    for (passage, quote, _), score in zip(candidates, scores, strict=True):
        at = (passage.paper, passage.paragraph)
        if at not in best or score > best[at].score - passage.score:
            best[at] = Telling(
                paper=passage.paper, paragraph=passage.paragraph, quote=quote, score=score + passage.score
            )
    taken: Counter[str] = Counter()
    chosen: list[Telling] = []
    for telling in sorted(best.values(), key=lambda t: -t.score):
        if taken[telling.paper] < per_paper and len(chosen) < limit:
            taken[telling.paper] += 1
            chosen.append(telling)
    return chosen


def _quotable(passage: Passage) -> Iterator[tuple[str, str]]:
    """Quotes that a passage offers, each with the sentence it is chosen for."""
    if passage.role not in PROSE:
        return
    before, first = "", True
    for sentence in sentences(passage.text):
        whole = SHORTEST <= len(sentence) <= LONGEST and not DISPLAY.search(sentence)
        if whole and sentence.rstrip("'\"”’)]").endswith((".", "!", "?", ":")):
            leans = LEANING.match(sentence) is not None and FORWARD.match(sentence) is None
            if leans and before and len(before) + len(sentence) <= LONGEST:
                yield f"{before} {sentence}", sentence
            elif not leans or first:
                yield sentence, sentence
        first = False
        before = "" if DISPLAY.search(sentence) else sentence
