"""Parts of a report: tables of claims and papers, evidence, cost, and numbers that point at the cell they came from.

A report is plain Markdown that explains itself where nothing of ours is installed, for instance on GitHub.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from ...errors import UnknownName
from ...records import Claim, Evidence, Record, Sentence, Usage, Verdict
from .markdown import block_quote, code, escape, table

NOTEBOOK = "notebook.ipynb"
"""The notebook beside a report, where nothing else is said."""
_MARKS = {"reproduced": "✔ reproduced", "mismatch": "✘ mismatch", "failed": "⚠ failed", "unchecked": "○ unchecked"}
_SUPPORT = {
    "supported": "",
    "partial": " **[only partly supported]**",
    "contradicted": " **[contradicted by its sources]**",
    "unsupported": " **[not supported by its sources]**",
    "unjudged": " *[not judged]*",
}
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.:-]{1,80})\s*\}\}")


class Measured(Record):
    """A number that came out of a kernel, with where."""

    value: str
    """As it is to be shown."""
    run: str
    cell: str
    output_hash: str


def measured(value: object, run: str, cell: str, output_hash: str, *, notebook: str = NOTEBOOK) -> str:
    """A number as a link to the cell whose output it is: `[2.243](notebook.ipynb#cell-id=fit "run …, output …")`.

    JupyterLab scrolls to the cell; elsewhere the link opens the notebook and its title says which output.
    notebook: empty inside the notebook itself.
    """
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    title = re.sub(r'["\\\n<>&|]', "", f"run {run}, cell {cell}, output {output_hash[:12]}")
    target = re.sub(r"[^\w./%-]", "_", notebook)
    return f'[{escape(shown)}]({target}#cell-id={re.sub(r"[^A-Za-z0-9_-]", "-", cell)} "{title}")'


def fill(text: str, numbers: Mapping[str, Measured], *, notebook: str = NOTEBOOK) -> str:
    """A model's text with each `{{name}}` replaced by the measured number, linked: so no model types one.

    Everything else in the text is escaped. Raises UnknownName for a name that was not measured.
    """
    parts, at = [], 0
    for match in _PLACEHOLDER.finditer(text):
        number = numbers.get(match[1])
        if number is None:
            raise UnknownName("measured number", match[1], numbers)
        link = measured(number.value, number.run, number.cell, number.output_hash, notebook=notebook)
        parts += [_kept_spaces(text[at : match.start()]), link]
        at = match.end()
    return "".join([*parts, _kept_spaces(text[at:])])


def _kept_spaces(text: str) -> str:
    inner = text.strip()
    if not inner:
        return " " if text else ""
    return (" " if text[0].isspace() else "") + escape(inner) + (" " if text[-1].isspace() else "")


def claims_table(
    claims: Sequence[Claim], verdicts: Iterable[Verdict], *, run: str = "", notebook: str = NOTEBOOK
) -> str:
    """Claims with what one clean run says of each, a count first; a claim without a verdict is `unchecked`."""
    by_claim = {verdict.claim: verdict for verdict in verdicts}
    rows = []
    for claim in claims:
        verdict = by_claim.get(claim.id) or Verdict(claim=claim.id, status="unchecked", reason="was not judged")
        shown = _readable(verdict.measured, claim)
        link = measured(shown, run, verdict.cell, verdict.output_hash, notebook=notebook)
        rows.append(
            [
                escape(_what(claim)),
                code(_printed(claim)),
                link if shown and verdict.cell else escape(shown) or "–",
                f"**{_MARKS[verdict.status]}**",
                escape(verdict.reason),
                escape(claim.where) or "–",
            ]
        )
    if not rows:
        return "The paper makes no claim with a number that could be checked."
    counts: Counter[str] = Counter(by_claim[c.id].status if c.id in by_claim else "unchecked" for c in claims)
    said = ", ".join(f"{counts[status]} {status}" for status in _MARKS if counts[status])
    header = ["claim", "printed", "measured", "verdict", "why", "where in the paper"]
    return f"{len(claims)} claims: {said}.\n\n{table(header, rows)}"


def _readable(value: str, claim: Claim) -> str:
    """A measured value with three digits more than the claim has; the verdict's record keeps all of them."""
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return value
    digits = len(re.sub(r"\D", "", claim.value).lstrip("0")) or 1
    return f"{exact:.{digits + 3}g}" if exact.is_finite() else value


def _what(claim: Claim) -> str:
    data = f" on {claim.dataset}" if claim.dataset else ""
    return f"{claim.metric or claim.id}{data}"


def _printed(claim: Claim) -> str:
    error = claim.uncertainty.lstrip("± ")
    value = f"{claim.value} ± {error}" if error and error not in claim.value else claim.value
    return f"{value} {claim.unit}" if claim.unit and claim.unit not in value else value


def comparison_table(aspects: Sequence[str], papers: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    """Papers compared on the question's aspects; `not stated` where a paper says nothing of one.

    papers: title or id, and its words by aspect; all of it is escaped.
    """
    rows = [[escape(name), *(escape(said.get(a, "")) or "*not stated*" for a in aspects)] for name, said in papers]
    return table(["paper", *map(escape, aspects)], rows) if rows else "No paper could be compared."


def evidence_list(evidence: Sequence[Evidence]) -> str:
    """Every quote verbatim in a block quote, with its id, paper, version and place."""
    if not evidence:
        return "There is not enough evidence in the sources that were read."
    return "\n\n".join(_quoted(piece) for piece in evidence)


def _quoted(piece: Evidence) -> str:
    place = f"{escape(piece.where)}, " if piece.where else ""
    span = f"characters {piece.span.start}–{piece.span.end}"
    head = f"**{escape(piece.id)}** · {escape(piece.paper)} {escape(piece.version)} · {place}"
    note = f"\n\n*Reader's note:* {escape(piece.note)}" if piece.note else ""
    return f"{head}paragraph {code(piece.paragraph)}, {span}\n\n{block_quote(piece.quote)}{note}"


def sentences(said: Iterable[Sentence]) -> str:
    """An answer by sentences, each with the ids it rests on and a visible mark where it is less than supported."""
    return " ".join(map(_sentence, said)) or "There is not enough evidence for an answer."


def _sentence(sentence: Sentence) -> str:
    ids = f" \\[{', '.join(map(escape, sentence.evidence))}\\]" if sentence.evidence else " **[no source]**"
    missing = ", ".join(map(code, sentence.numbers_missing))
    numbers = f" **[not in its quotes: {missing}]**" if missing else ""
    return f"{escape(sentence.text)}{ids}{_SUPPORT[sentence.support]}{numbers}"


def cost_line(cost: Usage, *, model: str = "", steps: int | None = None) -> str:
    """What a run consumed, in one line; an unknown price is said to be unknown."""
    if not model and not cost.tokens:
        return "No model was used; this cost nothing."
    usd = "price unknown" if cost.usd is None else f"USD {cost.usd:.4f}"
    cached = f", {cost.cache_read_tokens:,} read from the cache" if cost.cache_read_tokens else ""
    taken = f" in {steps} steps" if steps is not None else ""
    by = f" by {code(model)}" if model else ""
    return f"{usd} for {cost.tokens:,} tokens ({cost.output_tokens:,} written{cached}){by}{taken}."
