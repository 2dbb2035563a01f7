"""Whether quotes support what is said: a judge that sees one statement and its quotes, and numbers by code."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from ...checking.numbers import numbers_missing
from ...designs import Run
from ...errors import ContextExceeded, ModelAnswerInvalid, ModelRefused
from ...records import Observation, Record, Sentence, changed, dump, dumps, json_schema, parse
from ...tools import tool
from .. import Bench
from .artefacts import Findings, Judged, Statement, artefact, statements

JUDGES = 4
"""At work at the same time."""
MOST_JUDGED = 120
"""Statements of one answer that a model judges; more are shown as not judged."""


class Ruling(Record):
    """A judge's answer."""

    support: Literal["supported", "partial", "contradicted", "unsupported"]
    reason: Annotated[str, Meta(description="One sentence: what the quotes lack or say instead; empty if supported")]


class JudgeAnswer(Record):
    """Arguments of `judge_answer`: none."""


@tool("write")
async def judge_answer(desk: Bench, arguments: JudgeAnswer) -> Observation:
    """Judge every statement of the answer against its quotes; what falls short is kept and marked."""
    findings: Findings | None = artefact(desk, "answer", Findings)
    said = list(statements(findings)) if findings else []
    quotes = [[e.quote for id in s.evidence if (e := desk.state.evidence.get(id))] for s in said]
    by_model = MOST_JUDGED if desk.has_model else 0
    tasks = [
        functools.partial(_judged, statement=s, quotes=q, ask=i < by_model)
        for i, (s, q) in enumerate(zip(said, quotes, strict=True))
    ]
    judged = await desk.run.gather(*tasks, limit=JUDGES)
    desk.emit("artefact", {"name": "judged", "value": dump(Judged(sentences=tuple(judged)))})
    short = sum(sentence.support != "supported" for sentence in judged)
    return Observation(text=f"{len(judged)} statements judged, {short} of them less than supported")


async def _judged(run: Run, *, statement: Statement, quotes: Sequence[str], ask: bool) -> Sentence:
    sentence = Sentence(
        text=statement.text,
        evidence=statement.evidence,
        numbers_missing=numbers_missing(statement.text, quotes),
    )
    if not quotes:
        return changed(sentence, support="unsupported", reason="it cites nothing")
    if not ask:
        return sentence
    try:
        ruling = await _ruling(run, statement.text, quotes)
    except (ModelRefused, ModelAnswerInvalid, ContextExceeded) as error:
        return changed(sentence, reason=f"could not be judged: {error.message}")
    if ruling.support == "supported" and sentence.numbers_missing:
        missing = ", ".join(sentence.numbers_missing)
        return changed(sentence, support="partial", reason=f"its quotes do not hold {missing}")
    return changed(sentence, support=ruling.support, reason=ruling.reason)


async def _ruling(run: Run, text: str, quotes: Sequence[str]) -> Ruling:
    talk = run.conversation("judge")
    talk.tell("Do the quotes say what the sentence says? Both stand in the envelope; judge nothing else.")
    talk.tell_untrusted(dumps({"sentence": text, "quotes": list(quotes)}), "a sentence and its quotes")
    return parse((await talk.ask(json_schema(Ruling))).data, Ruling)
