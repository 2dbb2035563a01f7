"""A line of a magic as words, and variables filled in, without harm to LaTeX and apostrophes.

IPython's own expansion turns `\\frac{1}{2}` into `\\frac12`, and `shlex` stops at `What's`; so both are done here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from numbers import Number
from pathlib import PurePath

from ..errors import InputError
from ..records import Record


class Word(Record):
    """One word of a line."""

    value: str
    """Without its quotes."""
    start: int
    end: int
    """Where it stands in the line, quotes included."""
    quoted: bool = False


_BEFORE_QUOTE = re.compile(r"[^\s'\"=]*=(?=['\"])")
_UNTIL_SPACE = re.compile(r"\S+")
_CLOSED = {quote: re.compile(quote + r"(?=\s|$)") for quote in "'\""}
_VARIABLE = re.compile(r"(?<![\\{_^])(?<!\\[A-Za-z])\{([A-Za-z]\w*)\}")
_AFTER_COMMAND = re.compile(r"\\[A-Za-z]+\*?(\[[^\]]*\])*(\{[^{}]*\})*$")


def split(line: str) -> tuple[Word, ...]:
    """The words of a line. A quote opens one only at a word's start or after `=`, and only if one closes it."""
    words: list[Word] = []
    at = 0
    while (match := _UNTIL_SPACE.search(line, at)) is not None:
        words.append(_quoted(line, match.start()) or Word(value=match[0], start=match.start(), end=match.end()))
        at = words[-1].end
    return tuple(words)


def _quoted(line: str, start: int) -> Word | None:
    before = _BEFORE_QUOTE.match(line, start)
    opens = before.end() if before else start
    closes = _CLOSED[line[opens]].search(line, opens + 1) if line[opens] in _CLOSED else None
    if closes is None:
        return None
    value = line[start:opens] + line[opens + 1 : closes.start()]
    return Word(value=value, start=start, end=closes.end(), quoted=before is None)


def from_argv(argv: Iterable[str]) -> tuple[str, tuple[Word, ...]]:
    """What a shell has already split, as a line and its words."""
    words: list[Word] = []
    at = 0
    for value in argv:
        words.append(Word(value=value, start=at, end=at + len(value)))
        at += len(value) + 1
    return " ".join(word.value for word in words), tuple(words)


def fill(text: str, variables: Mapping[str, object]) -> str:
    """`{name}` of a variable that exists becomes its value; all else stays, also arguments of LaTeX commands.

    Raises InputError for a variable that is neither text nor number nor a list of them.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in variables or _AFTER_COMMAND.search(text, 0, match.start()):
            return match[0]
        return _shown(match[1], variables[match[1]])

    return _VARIABLE.sub(value, text)


def _shown(name: str, value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(name, item) for item in value)
    if isinstance(value, (str, Number, PurePath)):
        return str(value)
    raise InputError(
        f"{{{name}}} is of type {type(value).__name__}; only texts, numbers and lists of them are filled in. "
        f"Give data by --data {name}, or rename the variable",
        name=name,
    )
