"""Results that stand in sentences: numbers in what the abstract and the text say was found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....checking.numbers import role
from .. import Number, Paper, Paragraph
from ..sentences import Sentence, sentences
from .candidate import Candidate
from .names import runs

_FOUND = re.compile(
    r"(?i)\b(?:we (?:find|found|obtain|obtained|measure|measured|get|got|estimate|estimated|achieve|achieved|reach|"
    r"reached|observe|observed|recover|recovered)|achiev\w+|attain\w*|outperform\w*|improv\w+|yield(?:s|ed)|"
    r"(?:best|final|average|mean|median|overall|total|test) (?:test )?(?:accuracy|error|score|performance|f1|rmse|"
    r"coverage|value|estimate|frequency)|results? (?:is|are|was|were|in)|resulting in|"
    r"(?:is|was|are|were) (?:found|measured|estimated)(?: to be)?|"
    r"(?:accuracy|precision|recall|error|coverage|f1(?:-score)?|correlation|slope|intercept|estimate|interval|"
    r"frequency|index|p-value|bias|variance|deviation|median|mean) (?:\S+ ){0,8}?"
    r"(?:is|was|of|=|are|were|drops|falls|rises|comes)|succeeds for|gives|gave)\b"
)
_NOT_OWN = re.compile(
    r"(?i)\b(?:reported? (?:by|in|an?|the|grobid)|et al\.?\s*(?:\(\d{4}\))? (?:report|find|found|obtain|achiev|show)|"
    r"previous(?:ly)?|prior work|compared (?:to|with) the baseline|the baseline (?:is|was|has|gives|reach\w*)|"
    r"is known)\b"
    r"|\](?:\s|,)+(?:reports?|finds?|found|obtain\w*|achiev\w*|shows?|showed|evaluat\w+|compar\w+)\b"
)
_BEFORE_SETTING = re.compile(
    r"(?i)\b(?:learning rate|batch size|threshold|dropout|window|kernel sizes?|seed|betas?|epsilon|size|length|"
    r"sampl(?:e|ed|ing)|points?|dimension\w*|trained for|at least|fewer than|more than|greater than|over|layer|step|"
    r"factor|fraction|range|level|first|last|top|ensemble|runs?|version|degrees of freedom)\s+"
    r"(?:\S+\s+){0,2}?\S*$"
)
_AFTER_SETTING = re.compile(
    r"(?i)^[\s$}\\]*(?:%\\?)?[\s$}]*(?:confidence|credible|percentile|intervals?|upper limit|epochs|layers?|samples?|"
    r"papers?|times|trials|flips|seeds|runs|models?|points in|data points|observations|participants|\\times)\b"
)
_UNIT = re.compile(r"[^\W\d_]{1,12}|[%‰°]C?|[^\W\d_]{1,4}/[^\W\d_]{1,4}")
_SECTIONS = re.compile(
    r"(?i)result|experiment|evaluation|conclusion|discussion|finding|analysis|dataset|exercise|fit|measure|estimat|"
    r"application|ablation|performance|model|approach|metadata|corpus"
)


def from_sentences(paper: Paper) -> Iterator[Candidate]:
    """Quantities of sentences that say what was found; in the abstract and in sections where results may stand."""
    for paragraph in paper.paragraphs:
        if not _may_report(paper, paragraph):
            continue
        text = paper.quote(paragraph.span)
        for sentence in sentences(text):
            if _FOUND.search(sentence.text) and not _NOT_OWN.search(sentence.text):
                yield from _numbers(paper, paragraph, sentence)


def _may_report(paper: Paper, paragraph: Paragraph) -> bool:
    if paragraph.role == "abstract":
        return True
    if paragraph.role not in ("text", "item"):
        return False
    title = paper.path(paragraph.section)
    return not title or bool(_SECTIONS.search(title))


def _numbers(paper: Paper, paragraph: Paragraph, sentence: Sentence) -> Iterator[Candidate]:
    begin = paragraph.span.start + sentence.start
    end = begin + len(sentence.text)
    count, random = runs(sentence.text)
    for number in paper.numbers:
        if not begin <= number.span.start < end or not _is_result(paper, number, begin, end):
            continue
        yield Candidate(
            value=number.text,
            uncertainty=number.uncertainty,
            unit=number.unit,
            span=number.span,
            quote=sentence.text,
            paragraph=paragraph.id,
            metric=_metric(paper.text[begin : number.span.start]),
            runs=count,
            random=random and bool(number.uncertainty),
        )


def _is_result(paper: Paper, number: Number, begin: int, end: int) -> bool:
    """Whether a number of a sentence that reports can itself be what is reported."""
    precise = "." in number.text or bool(number.uncertainty or _UNIT.fullmatch(number.unit))
    if not precise or role(paper.text, number.span) != "quantity":
        return False
    before, after = paper.text[begin : number.span.start], paper.text[number.span.end : min(end, number.span.end + 40)]
    return not _BEFORE_SETTING.search(before) and not _AFTER_SETTING.match(after)


_METRIC = re.compile(
    r"(?i)\b(accuracy|precision|recall|error|rmse|coverage|f1(?:-score)?|correlation|slope|intercept|estimate|median|"
    r"frequency|index|bias|variance|standard deviation|mean|time|interval|width|likelihood|probability|p-value)\b"
)


def _metric(before: str) -> str:
    """The nearest word before a number that names what is measured."""
    symbol = re.search(r"(?:\$|\s|^)(\\?[A-Za-z]\w*)\s*=\s*\$?$", before)
    if symbol:
        return symbol[1]
    found = _METRIC.findall(before)
    return str(found[-1]).lower() if found else ""
