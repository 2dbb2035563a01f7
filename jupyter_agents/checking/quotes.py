"""Find a quote again in the stored text: verbatim, forgiving only how text is set, never what it says.

Forgiven: white space between the same words, words broken over lines by a hyphen, ligatures, the shapes of quotation
marks and dashes, Unicode normalisation. Not forgiven: case, a changed, missing or added word or digit, an accent, a
superscript. A match never cuts a number: `of 93.1` is not found in `of 93.15`, nor `5.0` in `-5.0`.

Both sides are folded to a key in one pass, the key is found by exact search, and hyphens inside words, which the
key leaves out, are then compared: one side may lack a hyphen only where the other breaks a line.
"""

from __future__ import annotations

import bisect
import functools
import re
import unicodedata
from array import array
from collections.abc import Iterator

from ..records import Span

_COMBINING = "\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PIECE = re.compile(rf"[A-Za-z0-9]+(?![{_COMBINING}])|\s+|-{{2,3}}|''|``|.[{_COMBINING}]*", re.DOTALL)
_DASHES = frozenset("-‐‑‒–—―−﹘﹣－")
_MARKS = str.maketrans(
    {**dict.fromkeys("“”„‟«»″〝〞", '"'), **dict.fromkeys("‘’‚‛`´′‹›", "'"), **dict.fromkeys(_DASHES, "-")}
)
_DROPPED = frozenset("\u200b\u200c\u200d\u2060\ufeff")
_SOFT = "\u00ad"
_KEEP = ("<super>", "<sub>", "<fraction>")
"""Compatibility forms that mean something else than their plain characters: 10² is not 102."""


class _Folded:
    """A text as a key, with the way back from each character of the key to the characters it stands for."""

    def __init__(self, text: str) -> None:
        self.parts: list[str] = []
        self.starts = array("l")
        self.ends = array("l")
        self.hyphens = array("l")
        """Places in the key where a hyphen stood between two letters."""
        self.breaks: set[int] = set()
        """Those of them, and of soft hyphens, where the text breaks a line."""
        self._last = ""
        self._space: tuple[int, int] | None = None
        self._hyphen: tuple[int, int, bool] | None = None
        for match in _PIECE.finditer(text):
            self._take(match[0], match.start(), match.end())
        self._settle("")
        self.key = "".join(self.parts)

    def _take(self, piece: str, start: int, end: int) -> None:
        if piece.isspace():
            self._space = (start, end)
            return
        if piece.isascii() and piece.isalnum():
            self._settle(piece[0])
            self.parts.append(piece)
            self.starts.extend(range(start, end))
            self.ends.extend(range(start + 1, end + 1))
            self._last = piece[-1]
            return
        folded = _fold(piece)
        if folded and folded.isspace():
            self._space = (start, end)
        elif folded in ("-", _SOFT) and self._last.isalpha() and not self._space and not self._hyphen:
            self._hyphen = (start, end, folded == _SOFT)
        elif folded and folded != _SOFT:
            self._settle(folded[0])
            self._put(folded, start, end)

    def _settle(self, following: str) -> None:
        """Decide what a pending hyphen or white space is, now that it is known what follows it."""
        if self._hyphen:
            start, end, soft = self._hyphen
            broken = self._space is not None or soft
            self._hyphen = None
            if following.isalpha():
                self.hyphens.append(len(self.starts))
                if broken:
                    self.breaks.add(len(self.starts))
                self._space = None
            elif not soft:
                self._put("-", start, end)
        if self._space and _parts_words(self._last, following):
            self._put(" ", *self._space)
        self._space = None

    def _put(self, folded: str, start: int, end: int) -> None:
        self.parts.append(folded)
        self.starts.extend([start] * len(folded))
        self.ends.extend([end] * len(folded))
        self._last = folded[-1]

    def whole(self, first: int, after: int) -> bool:
        """Whether these places of the key begin and end with whole characters of the text."""
        begins = first == 0 or self.starts[first - 1] != self.starts[first]
        return begins and (after == len(self.starts) or self.starts[after] != self.starts[after - 1])


def _fold(piece: str) -> str:
    if piece in _DROPPED:
        return ""
    if piece in ("''", "``"):
        return '"'
    if piece.startswith("--"):
        return "-"
    marks = piece.translate(_MARKS)
    form = "NFD" if unicodedata.decomposition(marks[0]).startswith(_KEEP) else "NFKD"
    return unicodedata.normalize(form, marks) if not marks.isascii() else marks  # type: ignore[arg-type]


def _parts_words(before: str, after: str) -> bool:
    """Whether white space between two characters carries meaning: between words, and around a digit's point."""
    if not before or not after:
        return False
    word = (before.isalnum() or unicodedata.combining(before) != 0) and after.isalnum()
    return word or (before.isdigit() and after in ".,") or (before in ".," and after.isdigit())


_folded = functools.lru_cache(maxsize=8)(_Folded)


def find(quote: str, text: str, near: Span | None = None) -> Span | None:
    """Where a quote stands in the text, as a span of the stored characters; None where it does not stand.

    Of several places the one nearest to `near`, else the first. Time grows with the length of both; the folded
    text is kept for the next quote from it.
    """
    inner = quote.strip().strip("".join(_DASHES) + _SOFT).strip()
    wanted = _Folded(inner)
    if not wanted.key:
        return None
    lead, tail = quote.strip().partition(inner)[::2]
    best: Span | None = None
    for found in _places(wanted, _folded(text)):
        span = _with_dashes(found, text, bool(lead), bool(tail))
        if span is None or _cuts_number(span, text):
            continue
        if near is None:
            return span
        if best is not None and _distance(span, near) >= _distance(best, near):
            if span.start > near.end:  # places come in order: the following ones are only farther
                break
            continue
        best = span
    return best


def _places(wanted: _Folded, stored: _Folded) -> Iterator[Span]:
    size = len(wanted.key)
    at = stored.key.find(wanted.key)
    while at >= 0:
        if stored.whole(at, at + size) and _same_hyphens(wanted, stored, at, size):
            yield Span(start=stored.starts[at], end=stored.ends[at + size - 1])
        at = stored.key.find(wanted.key, at + 1)


def _same_hyphens(wanted: _Folded, stored: _Folded, at: int, size: int) -> bool:
    low = bisect.bisect_right(stored.hyphens, at)
    high = bisect.bisect_left(stored.hyphens, at + size)
    theirs = {place - at for place in stored.hyphens[low:high]}
    ours = set(wanted.hyphens)
    return all((place in wanted.breaks) or (place + at in stored.breaks) for place in ours ^ theirs)


def _with_dashes(span: Span, text: str, lead: bool, tail: bool) -> Span | None:
    """The span widened by the dashes at a quote's edges, which must stand in the text too."""
    start, end = span.start, span.end
    if lead:
        before = re.search(r"([-‐‑‒–—―−﹘﹣－\u00ad]+)\s*$", text[max(0, start - 16) : start])
        start = start - len(before[0]) if before else -1
    if tail:
        after = re.match(r"\s*[-‐‑‒–—―−﹘﹣－\u00ad]+", text[end : end + 16])
        end = end + len(after[0]) if after else -1
    return Span(start=start, end=end) if min(start, end) >= 0 else None


_NUMBER_BEFORE = re.compile(r"\d[.,]?$|(?:^|[^\w)\]}.])[-−]$|(?<![\w)])\.$")
"""A digit, a sign that is no dash between words, or a bare point right before a digit."""


def _cuts_number(span: Span, text: str) -> bool:
    """Whether an edge of the span lies inside a number, its sign included."""
    head, tail = text[max(0, span.start - 3) : span.start], text[span.end : span.end + 2]
    first, last = text[span.start], text[span.end - 1]
    if first.isdigit() and _NUMBER_BEFORE.search(head):
        return True
    if last.isdigit() and re.match(r"\d|[.,]\d", tail):
        return True
    return (first in ".," and _digit_around(text, span.start)) or (last in ".," and _digit_around(text, span.end - 1))


def _digit_around(text: str, place: int) -> bool:
    return text[place - 1 : place].isdigit() and text[place + 1 : place + 2].isdigit()


def _distance(span: Span, near: Span) -> int:
    return max(span.start - near.end, near.start - span.end, 0)
