"""Numbers in running text, with the precision they are printed with."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from ...records import Span
from . import Number

_DIGITS = r"\d{1,3}(?:[,\u2009\u202f]\d{3})+(?!\d)|\d{1,3}(?:\{,\}\d{3})+|\d{1,3}(?:\\,\d{3})+(?!\d)|\d+"
_VALUE = rf"10\s*\^\s*(?:\{{\s*[-−]?\d+\s*\}}|\d+)|(?:{_DIGITS})(?:\.\d+)?|\.\d+"
_POWER = r"(?:\s*(?:\\times|\\cdot|×|·)\s*10\s*\^\s*(?:\{\s*[-−+]?\d+\s*\}|[-−]?\d+)|[eE][-+−]?\d{1,3}(?![\w.]))"
_NUMBER = re.compile(
    rf"(?<![\w.\\^_])(?<![_^]\{{)(?P<sign>[-−–+](?=[\d.]))?(?P<value>{_VALUE})(?P<power>{_POWER})?"
    rf"(?P<brackets>\(\d+(?:\.\d+)?\)(?=[\s,.;:%$)}}\]\\]|$))?"
    rf"(?:\s*(?:\$\s*)?(?:\\pm|±|\+/-|\+-)\s*(?:\$\s*)?(?P<error>{_VALUE})(?P<error_power>{_POWER})?)?"
)
_AFTER = re.compile(r"[A-Za-z_]|\d|\.\d")
_GLUED = re.compile(
    r"(?:[kKMBx×]|[munkMG]?[smgB]|[a-zµ]{2,5}|[munkMGT](?:Hz|eV|W|V|Pa)|(?:k|ki|M|Mi|G|Gi|T)B)(?![A-Za-z0-9])"
)
"""What may follow without a blank: magnitudes (8.1M) and units; not the D of 2D or the A of Figure 1A."""
_SCRIPTS = re.compile(r"[_^]\s*\{[^{}]*\}")
_UNITS = (
    "%", "‰", "GHz", "MHz", "kHz", "Hz", "keV", "MeV", "GeV", "TeV", "eV", "km/s", "m/s", "mm", "cm", "km", "nm", "µm",
    "μm", "kg", "mg", "µg", "ms", "µs", "ns", "min", "mJ", "kJ", "MW", "kW", "mW", "GB", "MB", "KB", "kB", "TB", "mV",
    "kV", "mA", "Pa", "kPa", "MPa", "GPa", "mol", "dB", "pp", "kpc", "Mpc", "pc", "AU", "K", "V", "A", "W", "J", "N",
    "°C", "°", "s", "m", "g", "h", "T", "L", "px", "FLOPs", "GFLOPs", "TFLOPs", "hours", "hour", "minutes", "seconds",
    "days", "years", "epochs", "fps", "bits", "bytes", "deg", "arcsec", "mas",
)  # fmt: skip
_UNIT = re.compile(
    r"(?:\s|\\[,;: ]|~|\$)*(?:(?P<percent>\\?%|percent\b|per cent\b)"
    r"|\\(?:mathrm|text|textrm|rm|unit)\s*\{\s*~?(?P<inner>[^{}$]{1,12}?)\s*\}"
    rf"|(?P<unit>{'|'.join(re.escape(u) for u in sorted(_UNITS, key=len, reverse=True))})(?![A-Za-z]))"
)
_SUBTRACTS = re.compile(r"(?:[\w)\]}]|[\d)\]}]\s+)\Z")


def find(text: str, *, within: Iterable[Span] | None = None, without: Iterable[Span] = ()) -> tuple[Number, ...]:
    """The numbers of a text, in order.

    within: look only there; without: nor there (displays, citation keys). A `±` beside a value is kept as its
    uncertainty, as is the bracketed last digit of `1.234(5)`; a sign counts where it does not subtract.
    Numbers that are part of a word, an index or an exponent are left out.
    """
    scripts = (Span(start=match.start(), end=match.end()) for match in _SCRIPTS.finditer(text))
    hidden = _Ranges((*without, *scripts))
    found = {
        number.span.start: number
        for span in (within if within is not None else (Span(start=0, end=len(text)),))
        for match in _NUMBER.finditer(text, span.start, span.end)
        if not hidden.covers(match.start("value")) and not _cut_short(text, match.end())
        for number in (_number(text, match, span.end),)
    }
    return tuple(found[start] for start in sorted(found))


def _cut_short(text: str, end: int) -> bool:
    """Whether a match is only the head of a word or of a longer number."""
    if not _AFTER.match(text, end):
        return False
    glued = _GLUED.match(text, end)
    return glued is None or (len(glued[0]) > 1 and glued[0] not in _UNITS)


def _number(text: str, match: re.Match[str], stop: int) -> Number:
    start = match.start("value")
    if match["sign"] and not _SUBTRACTS.search(text[max(0, match.start() - 3) : match.start()]):
        start = match.start("sign")
    end = match.end("power") if match["power"] else match.end("value")
    error = match["error"] or (match["brackets"] or "").strip("()")
    unit = _UNIT.match(text, _behind(text, match), min(stop, match.end() + 40))
    shown = ""
    magnitude = re.compile(r"[kKMBx×](?![A-Za-z])").match(text, match.end())
    if magnitude:
        shown = magnitude[0]
    elif unit:
        shown = "%" if unit["percent"] else (unit["inner"] or unit["unit"] or "")
    return Number(text=text[start:end], span=Span(start=start, end=end), uncertainty=error, unit=shown)


def _behind(text: str, match: re.Match[str]) -> int:
    """Where a unit may stand; behind the bracket of `(9.8 ± 0.2) ms`."""
    bracket = text[match.end() : match.end() + 1] == ")" and match["error"] is not None
    return match.end() + 1 if bracket else match.end()


class _Ranges:
    """Whether a place lies in one of many ranges."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted((span.start, span.end) for span in spans)
        self._starts = [start for start, _ in ordered]
        self._ends = [end for _, end in ordered]

    def covers(self, place: int) -> bool:
        index = bisect_right(self._starts, place) - 1
        return index >= 0 and place < self._ends[index]
