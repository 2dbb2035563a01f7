"""Judge a claim by the values that one clean run showed.

Decimal and exact: a measured float is taken as the shortest decimal that names it (its `repr`), so 2.245, which binary
holds as 2.24500000000000010…, is the tie it looks like, and ties count as equal. A computation whose rounding
noise shows in `repr` (2.2450000000000006) is taken at its word and lies outside; the reason shows all its digits.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from ..records import CellStatus, Claim, Record, Status, Verdict, changed
from .numbers import Printed, parse
from .statistics import SEEDS, interval, sd, sign_test, t_quantile

Measured = float | int | str | Decimal | None
"""A value as a cell showed it; a text is read as printed, with its unit."""


class Facts(Record):
    """What is known of the run beside the values. Each reason is a sentence or clause for a person."""

    cell: str = ""
    output_hash: str = ""
    cell_status: CellStatus = "ok"
    error: str = ""
    """Name and text of the exception, where the cell failed."""
    reduced: str = ""
    """How the run is smaller than the paper's, if it is."""
    other_data: str = ""
    """Which data stood in for the paper's, if others did."""
    typed: str = ""
    """Where the value is only typed into the code (`literals.py`)."""
    unmoved: str = ""
    """What was perturbed without moving the value (`perturbation.py`)."""
    unit: str = ""
    """Unit of the measured values, if the code said: `%`, `fraction` …"""


def judge(
    claim: Claim, values: Sequence[Measured], *, against: Sequence[Measured] = (), facts: Facts | None = None
) -> Verdict:
    """The verdict on one claim.

    values: one for a deterministic claim (of several all must fit), one a seed for a stochastic one, for an ordering
    the paired differences or, with `against`, the values whose paired difference ours − theirs decides.
    Never raises for what a cell showed: values that are no numbers leave their own claim unchecked.
    """
    known = facts or Facts()
    status, reason, measured = _status(claim, values, against, known)
    return Verdict(
        claim=claim.id,
        status=status,
        reason=reason,
        claimed=_claimed(claim),
        measured=measured,
        cell=known.cell,
        output_hash=known.output_hash,
        seeds=len(values) if claim.kind != "deterministic" else 0,
    )


_Outcome = tuple[Status, str, str]


def _status(claim: Claim, values: Sequence[Measured], against: Sequence[Measured], facts: Facts) -> _Outcome:
    shown = [v for v in values if v is not None]
    if facts.cell_status != "ok":
        return "failed", f"the cell did not finish: {facts.error or facts.cell_status}", ""
    if not shown:
        return "unchecked", "no cell showed a value for it", ""
    measured, printed = _numbers(shown), parse_claim(claim)
    if measured is None:
        return "unchecked", f"what was shown is not a number: {str(shown[0])[:60]!r}", str(shown[0])[:60]
    text = _summary([value for value, _ in measured])
    why_not = _cannot_count(facts)
    if why_not:
        return "unchecked", why_not, text
    if any(value.is_nan() for value, _ in measured):
        return "mismatch", f"measured NaN where {_claimed(claim)} is claimed", "NaN"
    if claim.kind == "ordering":
        return _ordering(claim, [value for value, _ in measured], _numbers(against))
    if printed is None:
        return "unchecked", f"no number can be read in the claim {claim.value!r}", text
    other = _other_unit(printed, measured, facts.unit)
    if other:
        return "unchecked", f"measured in {other} where {_claimed(claim)} is claimed; show it in {printed.unit}", text
    fitting = _in_claims_unit(printed, measured, facts.unit)
    rule = _stochastic if claim.kind == "stochastic" else _deterministic
    status, reason = rule(claim, printed, fitting.values)
    return status, reason + fitting.note, text


def _cannot_count(facts: Facts) -> str:
    if facts.reduced:
        return f"run at reduced scale: {facts.reduced}"
    if facts.other_data:
        return f"run on other data: {facts.other_data}"
    if facts.typed:
        return f"the value is typed into the code: {facts.typed}"
    return f"the value does not move when {facts.unmoved} is perturbed" if facts.unmoved else ""


def parse_claim(claim: Claim) -> Printed | None:
    """The claim's value as printed, with the unit and ± that the claim carries beside it."""
    printed = parse(claim.value)
    if printed is None:
        return None
    if claim.uncertainty and printed.uncertainty is None:
        error = parse(claim.uncertainty.lstrip("± ").removeprefix("\\pm").strip())
        printed = changed(printed, uncertainty=error)
    if not printed.unit and claim.unit:
        unit = "%" if re.fullmatch(r"\\?%|per ?cent", claim.unit.strip(), re.IGNORECASE) else claim.unit
        printed = changed(printed, unit=unit)
    return printed


def apart(claim: Claim) -> tuple[Claim, ...]:
    """A claim and, where it prints a ±, a second claim for that: `ID` and `ID-uncertainty`.

    The value keeps its ± as what a stochastic verdict's width is measured by.
    """
    printed = parse_claim(claim)
    if printed is None or printed.uncertainty is None:
        return (claim,)
    error = printed.uncertainty
    text = str(error.value) if "(" in claim.value else error.text
    value = changed(claim, uncertainty=text)
    second = changed(
        claim,
        id=f"{claim.id}-uncertainty",
        value=text,
        uncertainty="",
        metric=f"uncertainty of {claim.metric or claim.id}",
    )
    return value, second


def _claimed(claim: Claim) -> str:
    unit = claim.unit if claim.unit and claim.unit.replace("\\", "") not in claim.value else ""
    return f"{claim.value} {unit}".strip()


_Numbers = list[tuple[Decimal, str]]


def _numbers(values: Sequence[Measured]) -> _Numbers | None:
    """Values as exact decimals with the unit that came along; None if one of them is no number."""
    numbers = []
    for value in values:
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, str):
            printed = parse(value)
            if printed is None or printed.high or printed.relation or printed.text != value.strip().strip("$"):
                return None
            numbers.append((printed.value, printed.unit))
            continue
        try:
            numbers.append((Decimal(repr(value) if isinstance(value, float) else value), ""))
        except (InvalidOperation, TypeError, ValueError):
            return None
    return numbers


class _Fitting(Record):
    values: list[Decimal]
    note: str = ""


_HUNDREDTHS = ("", "%", "fraction", "1")


def _other_unit(printed: Printed, measured: _Numbers, unit: str) -> str:
    """The measured unit, where it and the claim's are both known and cannot be compared; else empty."""
    units = {u.replace("\\", "").strip() for u in (unit, *(u for _, u in measured)) if u}
    if printed.unit in _HUNDREDTHS:
        return next((u for u in units if printed.unit and u not in _HUNDREDTHS), "")
    return next((u for u in units if u != printed.unit.replace("\\", "").strip()), "")


def _in_claims_unit(printed: Printed, measured: _Numbers, unit: str) -> _Fitting:
    """Measured values in the unit of the claim: percent and fractions are turned into each other where units say so.

    Where only one of the two says percent and the other nothing, the reading nearer to the claim is taken.
    """
    values = [value for value, _ in measured]
    unit = unit or next((u for _, u in measured if u), "")
    in_percent = unit.strip().replace("\\", "") == "%"
    note = "; the value is printed differently (percent and fraction)"
    if any(v.is_infinite() for v in values) or printed.value.is_infinite():
        return _Fitting(values=values)
    scaled = [v.scaleb(-2 if in_percent else 2) for v in values]
    nearer = _off(scaled, printed) < _off(values, printed)
    if printed.percent and not in_percent and (unit in ("fraction", "1") or (not unit and nearer)):
        return _Fitting(values=scaled, note=note)
    if in_percent and not printed.percent and (printed.unit in ("fraction", "1") or (not printed.unit and nearer)):
        return _Fitting(values=scaled, note=note)
    return _Fitting(values=values)


def _off(values: Sequence[Decimal], printed: Printed) -> Fraction:
    return abs(sum(map(Fraction, values), Fraction()) / len(values) - Fraction(printed.value))


def _deterministic(claim: Claim, printed: Printed, values: Sequence[Decimal]) -> tuple[Status, str]:
    outside = [value for value in values if not _within(value, printed)]
    if not outside:
        how = f"within half a unit of the last printed digit of {_claimed(claim)}"
        return "reproduced", f"{_summary(values)} is {how if not _bounds(printed) else f'inside {_claimed(claim)}'}"
    others = f" ({len(outside)} of {len(values)} values)" if len(values) > 1 else ""
    return "mismatch", f"{_short(outside[0])}{others} against {_claimed(claim)}{_deviation(outside[0], printed)}"


def _deviation(value: Decimal, printed: Printed) -> str:
    if _bounds(printed) or not (value.is_finite() and printed.value.is_finite()):
        return ""
    return f": off by {_short(value - printed.value)}, allowed is {_short(printed.half)}"


def _bounds(printed: Printed) -> bool:
    return bool(printed.high) or printed.relation not in ("", "≈")


_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt, "≤": operator.le, ">": operator.gt, "≥": operator.ge,
}  # fmt: skip


def _within(value: Decimal, printed: Printed) -> bool:
    """Half a unit of the last printed digit, ties included; bounds as they are written; infinities by sign."""
    if printed.relation in _COMPARE:
        return _COMPARE[printed.relation](value, printed.value)
    if not value.is_finite() or not printed.value.is_finite():
        return value == printed.value
    low, high = Fraction(printed.value) - Fraction(printed.half), Fraction(printed.value) + Fraction(printed.half)
    if printed.high is not None:
        high = Fraction(printed.high.value) + Fraction(printed.high.half)
    return low <= Fraction(value) <= high


def _stochastic(claim: Claim, printed: Printed, values: Sequence[Decimal]) -> tuple[Status, str]:
    n = len(values)
    if n < SEEDS:
        return "unchecked", f"{n} of the {SEEDS} seeds that a stochastic claim needs"
    if not all(math.isfinite(v) for v in map(float, values)):
        return "mismatch", f"a seed gave an infinite value where {_claimed(claim)} is claimed"
    if _bounds(printed):
        return _deterministic(claim, printed, [_mean(values)])
    floats = [float(v) for v in values]
    width = t_quantile(n - 1) * sd(floats) * math.sqrt(1 / n + 1 / (claim.n_paper or 1))
    centre = _mean(values)
    off = abs(float(centre - printed.value))
    said = f"mean {_short(centre)} of {n} seeds against {_claimed(claim)}: off by {off:.4g}, interval ± {width:.4g}"
    if off > width and not _within(centre, printed):
        return "mismatch", said
    limit, what = _widest(printed)
    if width > limit:
        return "unchecked", f"{said}, too wide to tell (over {limit:.4g}, {what})"
    return "reproduced", said


def _widest(printed: Printed) -> tuple[float, str]:
    if printed.uncertainty is not None:
        return float(printed.uncertainty.value), "the printed ±"
    return 0.05 * abs(float(printed.value)), "5 % of the value"


def _mean(values: Sequence[Decimal]) -> Decimal:
    total = sum(map(Fraction, values), Fraction()) / len(values)
    return Decimal(total.numerator) / Decimal(total.denominator)


def _ordering(claim: Claim, ours: Sequence[Decimal], theirs: _Numbers | None) -> _Outcome:
    if theirs is None:
        return "unchecked", "what was measured for the other side is not a number", ""
    if theirs and len(theirs) != len(ours):
        return "unchecked", f"{len(ours)} values cannot be paired with {len(theirs)}", ""
    wanted = _direction(claim)
    if wanted is None:
        return "unchecked", f"the claim {claim.value!r} does not say which is larger", ""
    differences = [a - b for a, (b, _) in zip(ours, theirs, strict=True)] if theirs else list(ours)
    if any(d.is_nan() for d in differences):
        return "mismatch", "the paired difference is NaN", "NaN"
    centre = sum(differences, Decimal()) / len(differences)
    said = f"paired difference {_short(centre)}{_spread(differences)} where {_claimed(claim)} is claimed"
    agrees = _COMPARE[wanted](centre, Decimal())
    return ("reproduced" if agrees else "mismatch"), said, _short(centre)


def _direction(claim: Claim) -> str | None:
    """The sign that the claim gives the difference: by its `A > B`, else by the sign of its number."""
    relation = re.search(r"[<>≤≥]=?", claim.value.replace("\\geq", "≥").replace("\\leq", "≤"))
    if relation:
        return {"<=": "≤", ">=": "≥"}.get(relation[0], relation[0][0])
    printed = parse(claim.value)
    if printed is None or printed.value.is_nan() or not printed.value:
        return None
    return ">" if printed.value > 0 else "<"


def _spread(differences: Sequence[Decimal]) -> str:
    floats = [float(d) for d in differences]
    if len(floats) < 2 or not all(map(math.isfinite, floats)):
        return ""
    around = interval(floats)
    zero = ", which holds zero" if around.holds_zero else ""
    chance = sign_test(floats)
    ends = f"{around.low:.4g} to {around.high:.4g}"
    return f" over {around.n} pairs, 95 % interval {ends}{zero} (sign test p = {chance:.2g})"


def _summary(values: Sequence[Decimal]) -> str:
    if len(values) == 1 or any(not v.is_finite() for v in values):
        return _short(values[0])
    return _short(_mean(values))


def _short(value: Decimal) -> str:
    """Seventeen significant digits at most, no trailing zeros: every float by its own name."""
    if not value.is_finite():
        return str(value)
    text = f"{value:.17g}"
    mantissa, _, exponent = text.partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{exponent}" if exponent else mantissa
