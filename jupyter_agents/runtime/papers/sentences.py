"""Sentences of a paragraph with their places; enough for finding numbers with the words around them."""

from __future__ import annotations

import re

from ...records import Record

_END = re.compile(r"(?<=[.!?])(?:[\"”’)\]]+)?\s+(?=[\"“‘(\[]*[A-Z$\\])")
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|et al|Fig|Figs|Eq|Eqs|Sec|Tab|Ref|Refs|No|approx|resp|Dr|Prof|St|Bib|pp|p)\.|\b[A-Z]\.)$"
)


class Sentence(Record):
    """One sentence, verbatim."""

    text: str
    start: int
    """Where it begins in the text it was taken from."""


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text in order; joined again they are the text but for the white space between them.

    Abbreviations, initials and decimal points end no sentence; a line of a table or figure text stays in its sentence.
    """
    parts, begin = [], 0
    for match in _END.finditer(text):
        if _NO_END.search(text[begin : match.start()]):
            continue
        parts.append(Sentence(text=text[begin : match.start()], start=begin))
        begin = match.end()
    return (*parts, Sentence(text=text[begin:], start=begin)) if text[begin:].strip() else tuple(parts)
