"""Hide from whoever writes the code what a claim would be checked against (rule 15).

Masked are values shown by `claim(...)`, and in every text output and traceback: numbers that equal a claimed or a
measured value or how far they are apart, in any usual format (0.931, 93.1, 9.31e-1), decimals within a tenth of a
claimed value, and numbers printed as `NAME = …` for a claim's id or metric. Pictures are left out where there are
claims, for a plot shows the number too. Exceptions keep their names and words, so that repair has what it needs;
counts and shapes stay readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from ..records import CellResult, Claim, Json, Value, changed
from .numbers import Printed, numbers_in
from .verdicts import parse_claim

MARK = "▮"
VALUE_MIME = "application/vnd.jupyter-agents.value+json"
_BAND = Fraction(1, 10)
_NOISE = Fraction(1, 10**6)
"""A difference computed in floats is not quite the exact one: 0.0030999999999998806 tells as much as 0.0031."""
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_SCALES = (Fraction(1), Fraction(100), Fraction(1, 100))


class _Hidden:
    """What is to be hidden: claimed values with their band, measured values, names that announce a value."""

    def __init__(self, claims: Iterable[Claim], measured: Iterable[Any]) -> None:
        self.claims = tuple(claims)
        parsed = [parse_claim(claim) for claim in self.claims]
        ends = [end for p in parsed if p for end in (p, p.uncertainty, p.high) if end]
        self.claimed = [(abs(Fraction(p.value)), Fraction(p.half)) for p in ends if p.value.is_finite()]
        self.measured = [abs(Fraction(n)) for value in measured for n in _flat(value)]
        self.measured += _deviations(self.measured, [value for value, _ in self.claimed])
        names = sorted({n for c in self.claims for n in (c.id, c.metric) if n}, key=len, reverse=True)
        pattern = "|".join(map(re.escape, names))
        after = r"(?!\w)[\"']?\s*(?:[=:]|is|was|of|→|->)+\s*[\[(]?\s*$"
        self.announced = re.compile(rf"(?<!\w)(?:{pattern}){after}", re.IGNORECASE) if names else None

    def hides(self, number: Printed, before: str) -> bool:
        """Whether this number, with the text before it, would tell a value or how far it is off."""
        if self.announced and self.announced.search(before):
            return True
        if not number.value.is_finite():
            return False
        value, half = abs(Fraction(number.value)), Fraction(number.half)
        return any(self._near(value * scale, half * scale, number) for scale in _SCALES)

    def _near(self, value: Fraction, half: Fraction, number: Printed) -> bool:
        precise = number.digits >= 2
        if any(value == m or (precise and abs(value - m) <= max(half, _NOISE * m)) for m in self.measured):
            return True
        decimals = number.half < Decimal("0.5")
        for claimed, rounding in self.claimed:
            if value == claimed or (precise and abs(value - claimed) <= max(half, rounding)):
                return True
            if decimals and precise and abs(value - claimed) <= _BAND * claimed:
                return True
        return False


def _deviations(measured: Sequence[Fraction], claimed: Sequence[Fraction]) -> list[Fraction]:
    """How far off each value is, plainly and relative to the claim: as telling as the value itself."""
    pairs = [(abs(m - c), c) for m in measured[:100] for c in claimed[:100] if m != c]
    return [off for off, _ in pairs] + [off / c for off, c in pairs if c]


def _flat(value: Any) -> list[Decimal]:
    """The finite numbers of a shown value, which may be a list or a text."""
    if isinstance(value, list | tuple):
        return [number for each in value for number in _flat(each)]
    if isinstance(value, dict):
        return _flat(list(value.values()))
    if isinstance(value, bool) or value is None:
        return []
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError, ValueError):
        return [n.value for n, _ in numbers_in(str(value)) if n.value.is_finite()]
    return [number] if number.is_finite() else []


def mask_text(text: str, claims: Sequence[Claim], *, measured: Iterable[Any] = ()) -> str:
    """The text with every telling number replaced by a mark; colour codes of terminals are left out.

    measured: values that `claim(...)` showed so far, in this cell or another.
    """
    return _mask(text, _Hidden(claims, measured))


def _mask(text: str, hidden: _Hidden) -> str:
    plain = _ANSI.sub("", text)
    parts, at = [], 0
    for number, span in _both_readings(plain):
        if span.start >= at and hidden.hides(number, plain[max(0, span.start - 80) : span.start]):
            parts += [plain[at : span.start], MARK]
            at = span.end
    return "".join([*parts, plain[at:]])


def _both_readings(text: str) -> list[Any]:
    """Numbers with and without spaces between thousands, and each ± by itself, in order of place."""
    found = [*numbers_in(text), *numbers_in(text, spaced=False)]
    inner = []
    for number, span in found:
        if number.uncertainty is not None:
            inner.append((number.uncertainty, span))
    return sorted([*found, *inner], key=lambda pair: (pair[1].start, -pair[1].end))


def mask_outputs(
    outputs: Sequence[Json], claims: Sequence[Claim], *, measured: Iterable[Any] = ()
) -> tuple[Json, ...]:
    """Nbformat outputs as the code-writing conversation may see them; the originals are not changed.

    measured: values that `claim(...)` showed in earlier cells; those in these outputs are found here.
    """
    shown = [o["data"][VALUE_MIME].get("value") for o in outputs if _shows_claim(o)]
    hidden = _Hidden(claims, [*measured, *shown])
    return tuple(_output(output, hidden) for output in outputs)


def mask_result(result: CellResult, claims: Sequence[Claim], *, measured: Iterable[Any] = ()) -> CellResult:
    """A cell's result as the code-writing conversation may see it."""
    known = [*measured, *(v.value for v in result.values if v.kind == "claim")]
    hidden = _Hidden(claims, known)
    return changed(
        result,
        outputs=mask_outputs(result.outputs, claims, measured=known),
        values=tuple(_value(value) for value in result.values),
        error_value=_mask(result.error_value, hidden),
    )


def _shows_claim(output: Json) -> bool:
    bundle = output.get("data", {}).get(VALUE_MIME) if isinstance(output.get("data"), dict) else None
    return isinstance(bundle, dict) and bundle.get("kind", "claim") == "claim"


def _value(value: Value) -> Value:
    return changed(value, value=MARK, output_hash="") if value.kind == "claim" else value


def _output(output: Json, hidden: _Hidden) -> Json:
    masked = dict(output)
    for key in ("text", "evalue"):
        if key in masked:
            masked[key] = _texts(masked[key], hidden)
    if "traceback" in masked:
        masked["traceback"] = [_mask(line, hidden) for line in masked["traceback"]]
    if isinstance(masked.get("data"), dict):
        masked["data"] = _bundle(masked["data"], hidden, claim=_shows_claim(output))
    return masked


def _bundle(data: Json, hidden: _Hidden, *, claim: bool) -> Json:
    masked: Json = {}
    for mime, content in data.items():
        if mime == VALUE_MIME and claim:
            masked[mime] = {**content, "value": MARK}
        elif claim and mime.startswith("text/"):
            masked[mime] = re.sub(
                r"(?i)[-+−]?(?:\d(?:[\d.,]*\d)?(?:e[-+]?\d+)?|\.\d+|\bnan\b|\binf\b)", MARK, _joined(content)
            )
        elif mime.startswith("image/") and hidden.claims:
            masked.setdefault("text/plain", f"{MARK} picture")
        else:
            masked[mime] = _texts(content, hidden)
    return masked


def _joined(content: Any) -> str:
    return "".join(content) if isinstance(content, list) else str(content)


def _texts(content: Any, hidden: _Hidden) -> Any:
    """Strings masked at any depth; in JSON, numbers that would tell become marks."""
    if isinstance(content, str):
        return _mask(content, hidden)
    if isinstance(content, list):
        if all(isinstance(part, str) for part in content):  # lines of one text: a number may span none, words may
            return _mask("".join(content), hidden)
        return [_texts(part, hidden) for part in content]
    if isinstance(content, dict):
        return {key: _texts(part, hidden) for key, part in content.items()}
    if isinstance(content, int | float) and not isinstance(content, bool):
        return MARK if _mask(repr(content), hidden) == MARK else content
    return content
