"""Numbers as they are printed: their value, the precision they claim, and where they stand.

Decimal throughout: what a paper prints is decimal, and half a unit of its last digit is exact only there.

Read are `-0.5`, `.5`, `12,345`, `12 345`, `12{,}345`, `1.2e-3`, `1.2\\times10^{-3}`, `1.2×10⁻³`, `93.1\\%`,
`2.24±0.11`, `$2.24\\pm0.11$`, `2.24(11)`, `(2.2 ± 0.1)×10³`, `< 0.05`, each with the signs that Unicode has for
minus. Not read are numbers in words. `12,345` is a thousand, never a decimal comma; trailing zeros before the point
count as printed digits, so `12,000` claims to be exact to half a unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from ..records import Record, Span, changed

Relation = Literal["", "<", ">", "≤", "≥", "≈"]
Role = Literal["quantity", "citation", "reference", "year", "name"]

_MINUSES = tuple("-−–‐‑﹣－")
_MINUS = "".join(_MINUSES[1:]) + "-"  # the hyphen last, where it is no range of characters
_SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_SIGN = rf"(?:[+{_MINUS}]|\$[-−]\$|\{{[-−]\}})"
_GROUP = r"(?:,|\{,\}|\\,|[\u00a0\u2009\u202f]|'(?=\d{3}(?!\d))"
_DIGITS = r"(?:\d{{1,3}}(?:(?P<{sep}>{group})\d{{3}})(?:(?P={sep})\d{{3}})*(?!\d)|\d++)(?:\.\d++)?|\.\d++"
# Possessive throughout (`*+`): what is white space can be nothing else, and long runs of it must not be tried twice.
_POWER = (
    rf"(?:[eE](?P<e>[+{_MINUS}]?\d++)(?![\w.])"
    r"|\s*+\$?+\s*+(?:×|\\times|\\cdot|·|\*|x(?=\s*+10))\s*+\$?+\s*+10\s*+"
    rf"(?:\^\s*+\{{?\s*+(?P<p>[+{_MINUS}]?\s*+\d++)\s*+\}}?|\*\*\s*+(?P<q>[+{_MINUS}]?\d++)"
    rf"|(?P<s>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<m>[{_MINUS}]\d++)))"
)
_RELATION = r"(?:(?P<relation>[<>≤≥≈~∼]=?|\\leq?(?![a-z])|\\geq?(?![a-z])|\\lt|\\gt|\\approx|\\sim)\s*+\$?+\s*+)"
_PLUS_MINUS = r"[\s$]*+(?:±|\\pm(?![a-z])|\+/-|\+-)[\s$]*+\{?\s*+"
_UNIT = (
    r"\s*+\}?\s*+\$?+\s*+(?:\\[,;:! ]\s*+|~)?(?P<unit>\\?%|‰|per ?cent\b(?!age point)|percentage points?\b|pp\b|°C?"
    r"|×(?!\s*+\d)|(?<=\d)x(?![A-Za-z0-9])"
    r"|(?:milliseconds?|microseconds?|seconds?|minutes?|hours?|days?"
    r"|[kKMGT]i?B|ms|[µμ]s|ns|min|kg|mg|km|cm|mm|[µμ]m|nm|[kMG]?Hz|[kMG]?eV|dB|mK)(?![A-Za-z]))"
)


def _number(spaced: bool) -> re.Pattern[str]:
    group = _GROUP + ("| )" if spaced else ")")
    digits, error = (_DIGITS.format(sep=s, group=group) for s in ("sep", "sep2"))
    return re.compile(
        rf"{_RELATION}?"
        rf"(?:(?<![\w)\]}}%.{_MINUS}])(?P<sign>{_SIGN})\s?)?"
        rf"(?<![\w.\\^])"
        rf"(?:(?P<ten>10(?=\s*+(?:\^|[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹])))(?P<bare>\s*+\^\s*+\{{?\s*+[+{_MINUS}]?\s*+\d++\s*+\}}?|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
        rf"|(?P<digits>{digits})(?:\((?P<last>\d{{1,4}})\)|{_PLUS_MINUS}(?P<error>{error}))?(?:(?P<close>\))?{_POWER})?)"
        rf"(?:{_UNIT})?"
    )


_NUMBER = _number(spaced=True)
_NUMBER_UNSPACED = _number(spaced=False)
_RELATIONS: dict[str, Relation] = {
    "<": "<", "\\lt": "<", ">": ">", "\\gt": ">", "≤": "≤", "<=": "≤", "\\le": "≤", "\\leq": "≤",
    "≥": "≥", ">=": "≥", "\\ge": "≥", "\\geq": "≥",
}  # fmt: skip
_UNITS = {
    "\\%": "%", "percent": "%", "per cent": "%", "percentage point": "pp", "percentage points": "pp",
    "second": "s", "seconds": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h",
    "day": "d", "days": "d", "millisecond": "ms", "milliseconds": "ms", "microsecond": "µs", "microseconds": "µs",
    "x": "×", "μs": "µs", "μm": "µm",
}  # fmt: skip


class Printed(Record):
    """One number as printed."""

    text: str
    """The characters it was read from, sign, ± and unit included."""
    value: Decimal
    """May be NaN or infinite."""
    half: Decimal = Decimal(0)
    """Half a unit of the last printed digit: how far the true value may be off by rounding alone."""
    digits: int = 0
    """Significant digits printed."""
    uncertainty: Printed | None = None
    """The ± printed with it."""
    unit: str = ""
    """`%`, or the unit that directly follows where it is one of those commonly printed."""
    relation: Relation = ""
    """`<` of `p < 0.05`: the number bounds the value and is not the value."""
    high: Printed | None = None
    """The upper end, where a range was printed; only `parse` joins ranges."""

    @property
    def percent(self) -> bool:
        """Whether the number counts hundredths."""
        return self.unit == "%"


def numbers_in(text: str, *, spaced: bool = True) -> list[tuple[Printed, Span]]:
    """Every number of a text with the characters it covers, in order; ± belongs to its value, ranges are two numbers.

    Digits inside words (`F1`, `x2`, `1.2.3`) are no numbers. `role` tells quantities from citations, headings, names.
    spaced: whether `12 345` is one number; where columns of a table stand beside each other it is two.
    """
    pattern = _NUMBER if spaced else _NUMBER_UNSPACED
    found = []
    for match in pattern.finditer(text):
        printed = _printed(match, text)
        if not _inside_version(text, match):
            found.append((printed, Span(start=match.start(), end=match.start() + len(printed.text))))
    return found


def _inside_version(text: str, match: re.Match[str]) -> bool:
    """Whether the digits are the head of something like `1.2.3`."""
    end = match.end("digits")
    return end > 0 and not match["unit"] and bool(re.match(r"\.\d+\.?\d*", text[end : end + 8]))


def _printed(match: re.Match[str], text: str) -> Printed:
    if match["ten"]:
        exponent = _integer(re.sub(r"[\s^{}]", "", match["bare"].translate(_SUPERSCRIPTS)))
        value, half, digits = Decimal(1).scaleb(exponent), Decimal("0.5").scaleb(exponent), 1
        uncertainty = None
    else:
        exponent = _exponent(match, text)
        value, half, digits = _decimal(match["digits"], exponent)
        uncertainty = _uncertainty(match, exponent)
    if match["sign"] and any(m in match["sign"] for m in _MINUSES):
        value = -value
    relation: Relation = _RELATIONS.get(match["relation"], "≈") if match["relation"] else ""
    unit = match["unit"] or ""
    return Printed(
        text=match[0].rstrip(),
        value=value,
        half=half,
        digits=digits,
        uncertainty=uncertainty,
        unit=_UNITS.get(unit.lower(), _UNITS.get(unit, unit)),
        relation=relation,
    )


def _exponent(match: re.Match[str], text: str) -> int:
    """The power of ten; behind `)` it counts only for `(a ± b)`, where the bracket was opened right before."""
    if match["close"] and not (match["error"] and text[: match.start()].rstrip("$ ").endswith("(")):
        return 0
    raw = match["e"] or match["p"] or match["q"] or match["m"] or (match["s"] or "").translate(_SUPERSCRIPTS)
    return _integer(raw) if raw else 0


def _integer(raw: str) -> int:
    sign = -1 if raw.lstrip()[:1] in _MINUSES else 1
    # beyond Decimal's range no number of a paper lies; clamped so that hostile exponents cost nothing
    return sign * min(int("".join(filter(str.isdecimal, raw))[:7] or "0"), 99_999)


def _decimal(raw: str, exponent: int) -> tuple[Decimal, Decimal, int]:
    plain = re.sub(r"[^\d.]", "", raw)
    value = Decimal(plain).scaleb(exponent)
    decimals = len(plain.partition(".")[2])
    significant = len(plain.replace(".", "").lstrip("0")) or 1
    return value, Decimal("0.5").scaleb(exponent - decimals), significant


def _uncertainty(match: re.Match[str], exponent: int) -> Printed | None:
    if match["last"] and "." in match["digits"]:
        decimals = len(match["digits"].partition(".")[2])
        last = Decimal(match["last"]).scaleb(exponent - decimals)
        half = Decimal("0.5").scaleb(exponent - decimals)
        return Printed(text=match["last"], value=last, half=half, digits=len(match["last"].lstrip("0")) or 1)
    if match["error"]:
        value, half, digits = _decimal(match["error"], exponent)
        return Printed(text=match["error"], value=value, half=half, digits=digits)
    return None


_WORDS = {"nan": "NaN", "inf": "Infinity", "infinity": "Infinity", "∞": "Infinity", "\\infty": "Infinity"}
_RANGE = re.compile(rf"^\s*(?:\$\s*)?(?:to|(?:{'|'.join((*_MINUSES, '--', '---'))}))(?:\s*\$)?\s*$")


def parse(text: str) -> Printed | None:
    """The one number that a claim's text prints, or None where it prints none or several that are no range.

    A range `0.2–0.3` is one number with `high`; NaN and infinities are read here, and only here.
    """
    bare = text.strip().strip("$ ")
    sign = "-" if bare[:1] in _MINUSES else ""
    word = _WORDS.get(bare.lstrip("+" + _MINUS).lower())
    if word:
        return Printed(text=text, value=Decimal(sign + word))
    found = numbers_in(text)
    if len(found) == 2 and _RANGE.match(text[found[0][1].end : found[1][1].start].replace("\\%", "")):
        return _joined(text, found[0][0], found[1][0])
    return found[0][0] if len(found) == 1 else None


def _joined(text: str, low: Printed, high: Printed) -> Printed:
    return Printed(
        text=text.strip(),
        value=low.value,
        half=low.half,
        digits=low.digits,
        unit=low.unit or high.unit,
        relation=low.relation,
        high=high,
    )


def same_number(a: Printed, b: Printed) -> bool:
    """Whether two printed numbers say the same: equal values (`7.5` and `7.50`) in the same unit.

    Percent equals only percent: neither 0.075 nor a bare 7.5 is 7.5 %. Other units are compared where both are
    known. A bound equals only a bound of the same direction; `≈` is not held against a number. NaN equals NaN.
    """
    if a.value.is_nan() or b.value.is_nan():
        return a.value.is_nan() and b.value.is_nan()
    if a.value != b.value or a.percent != b.percent or (a.unit and b.unit and a.unit != b.unit):
        return False
    return a.relation.replace("≈", "") == b.relation.replace("≈", "")


_HEADINGS = re.compile(
    r"(?:\b(?:sections?|secs?\.|figures?|figs?\.|tables?|tabs?\.|equations?|eqs?\.|eqn\.|chapters?|chap\.|appendix|"
    r"algorithms?|theorems?|lemmas?|propositions?|corollary|definitions?|exercises?|examples?|refs?\.|references?|"
    r"pages?|pp?\.|footnotes?|steps?|lines?|problems?|notes?)|§)(?:\s|~|\u00a0)*\(?(?:[\d.,\s–-]*(?:\band\b\s*)?)$",
    re.IGNORECASE,
)
_CITED = re.compile(r"\[\s*[1-9]\d{0,3}(?:\s*[,;–-]+\s*[1-9]\d{0,3})*\s*\]|\\cite\w*\*?(?:\[[^\]]*\])*\{[^}]*\}")
_NOT_CITED = re.compile(r"(?:[}=$∈]|\\in|\b(?:range|interval|between|within|from|over))\s*$")
"""What stands before an interval or a LaTeX argument, never before a citation."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_BEFORE_YEAR = re.compile(
    r"(?:\(|,|\bet al\.?,?|\b(?:[Ii]n|[Ss]ince|[Uu]ntil|of|[Ff]rom|[Bb]y|early|late)|"
    r"(?:January|February|March|April|May|June|July|"
    r"August|September|October|November|December))\s*$"
)

_NO_NOUN = re.compile(
    r"s?(?:\s+(?:the|an?|and|or|but|to|by|we|it|they|he|she|as|with|at|on|in|for|that|this|which|was|were|is|are|had|"
    r"has|did|there|after|when|until|through)\b|\s*(?:[^\w\s%\\]|$)|\s+(?=\())"
)
"""What may follow a year: `in 2010 the …`, never the counted thing of `in 2000 samples`."""


def role(text: str, span: Span) -> Role:
    """What a number of a text is there for, as far as the text around it says so; in doubt a `quantity`.

    citation: alone or in a list of whole numbers in square brackets (not from 0 and not after *range*, `=` …, which
    make it an interval), or inside a cite command. reference: after *Section*, *Fig.*, *Eq.* … year: 1900 to 2099 in
    brackets or after words that go before years. name: joined to letters by a hyphen or running into letters
    (`ResNet-50`, `3D`).
    """
    raw = text[span.start : span.end]
    head, tail = text[max(0, span.start - 48) : span.start], text[span.end : span.end + 16]
    window = text[max(0, span.start - 120) : span.end + 120]
    at = span.start - max(0, span.start - 120)
    for cited in _CITED.finditer(window):
        if raw.isdecimal() and cited.start() < at < cited.end() and not _NOT_CITED.search(window[: cited.start()]):
            return "citation"
    if _HEADINGS.search(head) and re.fullmatch(r"[\d.]+", raw):
        return "reference"
    if _YEAR.fullmatch(raw) and _BEFORE_YEAR.search(head) and _NO_NOUN.match(tail):
        return "year"
    joined = re.search(rf"[A-Za-z][{_MINUS}]$", head) and re.fullmatch(r"[\d.]+", raw)
    return "name" if joined or (raw[-1:].isdecimal() and re.match(r"[A-Za-z]", tail)) else "quantity"


def quantities(text: str, *, spaced: bool = True) -> list[tuple[Printed, Span]]:
    """The numbers of a text that are no citations, headings, years or parts of names."""
    return [(n, s) for n, s in numbers_in(text, spaced=spaced) if role(text, s) == "quantity"]


def numbers_missing(sentence: str, quotes: Iterable[str]) -> tuple[str, ...]:
    """Quantities of a sentence, as printed there, that none of its quotes holds.

    A ± must be there too. Where a quote says percent somewhere (a table's heading), its bare numbers may be meant
    so. Numbers in quotes are taken whatever their role: the paper is not second-guessed.
    """
    held = [n for quote in quotes for n in _held(quote)]
    missing = []
    for number, _ in quantities(sentence):
        parts = [number.uncertainty] if number.uncertainty else []
        if not all(any(same_number(part, other) for other in held) for part in [number, *parts]):
            missing.append(number.text)
    return tuple(missing)


def _held(quote: str) -> list[Printed]:
    """Every number a quote can be said to hold, in each reading that its print allows."""
    held: list[Printed] = []
    for number, _ in [*numbers_in(quote), *numbers_in(quote, spaced=False)]:
        held.append(number)
        held += [number.uncertainty] if number.uncertainty else []
        held += [changed(number, relation="")] if number.relation else []
    if re.search(r"%|per ?cent", quote):
        held += [changed(n, unit="%") for n in held if not n.unit]
    return held
