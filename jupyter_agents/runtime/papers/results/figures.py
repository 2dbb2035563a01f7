"""Results that stand in the text layer of figures: a number with its ±, or after `name =`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....records import Span
from .. import Figure, Number, Paper, Paragraph
from .candidate import Candidate

_NAMED = re.compile(r"(?P<name>[^\W\d][\w²^{}\\./ -]{0,24}?)\s*[=:]\s*[(\[$]*$")
_AXIS = re.compile(r"(?i)\b(?:fig|exp|run|bin|panel|step|epoch|seed|n|k|t)$")


def from_figures(paper: Paper) -> Iterator[Candidate]:
    """Numbers with a ± in the text of figures, and decimals that a name and `=` announce; axis labels are neither."""
    for paragraph in paper.paragraphs:
        if paragraph.role != "figure_text":
            continue
        for number in paper.numbers:
            if not paragraph.span.start <= number.span.start < paragraph.span.end:
                continue
            line = _line(paper, paragraph, number)
            name = _name(paper.text[line.start : number.span.start])
            if number.uncertainty or (name and "." in number.text):
                yield Candidate(
                    value=number.text,
                    uncertainty=number.uncertainty,
                    span=number.span,
                    quote=paper.quote(line).strip(),
                    paragraph=paragraph.id,
                    unit=number.unit,
                    metric=name or _figure(paper, paragraph),
                )


def _line(paper: Paper, paragraph: Paragraph, number: Number) -> Span:
    start = max(paper.text.rfind("\n", 0, number.span.start) + 1, paragraph.span.start)
    end = paper.text.find("\n", number.span.end)
    return Span(start=start, end=min(end if end >= 0 else len(paper.text), paragraph.span.end))


def _name(before: str) -> str:
    """The name that announces a number in this line; empty for formulas (`y = (…) x + (…)`) and counters."""
    match = _NAMED.search(before)
    if match is None or _AXIS.search(match["name"]) or len(match["name"].strip()) < 2:
        return ""
    return match["name"].strip()


def _figure(paper: Paper, paragraph: Paragraph) -> str:
    """The caption of the figure whose text this is, its first sentence."""
    owner: Figure | None = next(
        (f for f in paper.figures if f.text and paper.quote(paragraph.span).endswith(f.text.strip())), None
    )
    owner = owner or next((f for f in paper.figures if f.text and f.section == paragraph.section), None)
    return re.split(r"(?<=\w\w[.])\s", owner.caption)[0][:120] if owner else ""
