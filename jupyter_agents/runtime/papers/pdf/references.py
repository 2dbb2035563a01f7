"""The list of references parted into entries, and the places in the text that cite them."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from statistics import median
from typing import Final

from .. import Reference
from ..bibliography import reference
from ..draft import Flow
from .layout import Line

_MARK: Final = re.compile(r"\[(?P<square>[\w+.-]{1,12})\]\s*|(?P<plain>\d{1,3})\.\s+(?=\D)")
_NUMERIC: Final = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)(?:,\s*[^\]\d][^\]]{0,40})?\]")
_NAME: Final = r"[A-Z][^\W\d_]+(?:[-’'][^\W\d_]+)*"
_YEAR: Final = r"(?:1[89]|20)\d\d[a-z]?"
_AUTHOR_YEAR: Final = re.compile(
    rf"(?P<name>{_NAME})(?:\s+et\s+al\.?|(?:,\s+{_NAME}){{0,10}},?\s+(?:and|&)\s+{_NAME})?,?\s+\(?(?P<year>{_YEAR})\)?"
)


def entries(lines: list[Line], words: set[str]) -> list[Reference]:
    """References of the lines below their heading: by their marks, else by hanging indents."""
    from .writing import joined

    if not lines:
        return []
    marked = [bool(_MARK.match(line.text)) for line in lines]
    by_mark = sum(marked) >= 2 and marked[0]
    starts = marked if by_mark else _by_indent(lines)
    groups: list[list[Line]] = []
    for line, start in zip(lines, starts, strict=True):
        if start or not groups:
            groups.append([])
        groups[-1].append(line)
    found = []
    for count, group in enumerate(groups, 1):
        text = joined(group, words)
        match = _MARK.match(text) if by_mark else None
        key = (match["square"] or match["plain"]) if match else str(count)
        found.append(reference(key, text[match.end() :] if match else text))
    return found


def _by_indent(lines: list[Line]) -> list[bool]:
    """An entry begins where a line stands further left than those that go on, or after a wider gap."""
    hanging = any(line.indent > 0.5 for line in lines)
    pitches = [a.y0 - b.y0 for a, b in pairwise(lines) if 0 < a.y0 - b.y0 < 4 * a.size]
    usual = median(pitches) if pitches else 12.0
    starts = [True]
    for last, line in pairwise(lines):
        if hanging:
            starts.append(line.indent <= 0.5)
        else:
            starts.append(last.y0 - line.y0 > 1.25 * usual and last.page == line.page)
    return starts


class Citer:
    """Finds citations by number or by name and year."""

    def __init__(self, references: list[Reference]) -> None:
        self._keys = {r.key for r in references}
        self._named: dict[tuple[str, str], list[str]] = defaultdict(list)
        for r in references:
            surname = self._surname(r)
            for year in set(re.findall(_YEAR, r.text)) | ({r.year} if r.year else set()):
                self._named[surname, year].append(r.key)

    @staticmethod
    def _surname(r: Reference) -> str:
        first = r.authors[0] if r.authors else re.split(r",|\band\b|\.\s", r.text, maxsplit=1)[0]
        words = re.findall(r"[^\W\d_][\w’'-]+", first)
        return words[-1].lower() if words else ""

    def flow(self, text: str) -> Flow:
        """Text with its citations marked."""
        flow = Flow()
        at = 0
        for start, end, keys in sorted(self._found(text)):
            if start >= at:
                flow.add(text[at:start])
                flow.cite(text[start:end], keys)
                at = end
        flow.add(text[at:])
        return flow

    def _found(self, text: str) -> list[tuple[int, int, tuple[str, ...]]]:
        found = []
        for match in _NUMERIC.finditer(text):
            keys = _numbers(match[1])
            if keys and all(k in self._keys for k in keys):
                found.append((match.start(), match.end(), keys))
        for match in _AUTHOR_YEAR.finditer(text):
            for year in (match["year"], match["year"][:4]):
                named = self._named.get((match["name"].split("-")[-1].lower(), year)) or self._named.get(
                    (match["name"].lower(), year)
                )
                if named:
                    found.append((match.start(), match.end(), tuple(named[:1])))
                    break
        return found


def _numbers(text: str) -> tuple[str, ...]:
    """`3, 5-7` as keys; a range beyond fifty is no citation."""
    keys: list[str] = []
    for part in re.split(r"\s*[,;]\s*", text):
        ends = [int(n) for n in re.split(r"\s*[–-]\s*", part)]
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + 50:
            keys += [str(n) for n in range(ends[0], ends[1] + 1)]
        elif len(ends) == 1:
            keys.append(str(ends[0]))
        else:
            return ()
    return tuple(keys)
