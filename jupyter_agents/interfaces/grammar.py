"""The one grammar of `%agent` and `jupyter agents`: what a command is, and how a line becomes one.

The verbs themselves stand in `verbs.py`. After the verb only `--options` and quotes are parsed; a request is kept as
it was typed. A request stands in one piece, before or after the options.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import InputError, UnknownName
from ..settings import converted, plain, wanted
from .words import Word

Face = Literal["notebook", "shell"]
_OPTION = re.compile(r"--([A-Za-z][\w-]*)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Option:
    """One `--name` of a command."""

    name: str
    """As typed, without the dashes."""
    about: str
    kind: Any
    """The annotated type of its value; `bool` makes it a switch, a tuple lets it take several words."""
    metavar: str = ""
    face: Face | None = None
    """Where it works; None: everywhere."""

    @property
    def switch(self) -> bool:
        """Whether it takes no value."""
        return plain(self.kind) is bool

    @property
    def many(self) -> bool:
        """Whether it takes several words, or may be repeated."""
        return typing.get_origin(plain(self.kind)) is tuple

    @property
    def choices(self) -> tuple[str, ...]:
        """The values it may have, where they are few and known."""
        kind = plain(self.kind)
        return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()

    @property
    def usage(self) -> str:
        """How it is typed."""
        if self.switch:
            return f"--{self.name}"
        return f"--{self.name} {'|'.join(self.choices) or self.metavar or 'VALUE'}{' …' if self.many else ''}"


@dataclass(frozen=True)
class Place:
    """A word that a command takes by its position."""

    name: str
    about: str
    rest: bool = False
    """Takes all that is typed, as it is typed; only the last place can."""
    required: bool = True


@dataclass(frozen=True)
class Verb:
    """One command."""

    words: tuple[str, ...]
    about: str
    places: tuple[Place, ...] = ()
    options: tuple[Option, ...] = ()
    face: Face | None = None
    agent: str = ""
    """The agent it starts; empty for all other commands."""

    @property
    def name(self) -> str:
        """Its words as typed."""
        return " ".join(self.words)

    @property
    def usage(self) -> str:
        """How it is typed, on one line."""
        places = [p.name if p.required else f"[{p.name}]" for p in self.places]
        return " ".join([self.name, *places, *(["[OPTIONS]"] if self.options else [])])

    def option(self, name: str) -> Option:
        """The option with this name. Raises UnknownName naming the nearest."""
        for option in self.options:
            if option.name == name.replace("_", "-"):
                return option
        raise UnknownName("option", f"--{name}", [f"--{o.name}" for o in self.options], where=self.name)


@dataclass(frozen=True)
class Command:
    """What was asked, checked as far as a line can be."""

    verb: Verb
    places: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    """Values of the right type, by option name; only those that were given."""

    def switch(self, name: str) -> bool:
        """Whether a switch was given."""
        return bool(self.options.get(name, False))


def parse(
    line: str,
    words: Sequence[Word],
    verbs: Sequence[Verb],
    face: Face,
    *,
    body: str | None = None,
    fill: Callable[[str], str] = str,
) -> Command:
    """A command from a line and its words.

    body: the text of a cell, which then is the request. fill: what is done to each text after it was parsed, so that
    a variable's value is never read as an option. Raises InputError and UnknownName, saying what exists.
    """
    verb, rest = find(words, verbs)
    _works_here(verb.face, face, verb.name)
    pieces, given = _sort(verb, rest, face, text_is_elsewhere=body is not None)
    places = _places(verb, line, pieces, body)
    options = {option.name: _value(option, [fill(v) for v in values]) for option, values in given}
    return Command(verb, {name: fill(text) for name, text in places.items()}, options)


def find(words: Sequence[Word], verbs: Sequence[Verb]) -> tuple[Verb, Sequence[Word]]:
    """The verb a line begins with, and the words after it."""
    names = {verb.words for verb in verbs}
    first = words[0].value if words else ""
    if first not in {name[0] for name in names}:
        raise UnknownName("command", first, {name[0] for name in names})
    group = sorted(name[1] for name in names if name[0] == first and len(name) > 1)
    if not group:
        return next(verb for verb in verbs if verb.words == (first,)), words[1:]
    if len(words) < 2:
        raise InputError(f"{first} needs one of: {', '.join(group)}")
    if words[1].value not in group:
        raise UnknownName("command", f"{first} {words[1].value}", [f"{first} {name}" for name in group])
    return next(verb for verb in verbs if verb.words == (first, words[1].value)), words[2:]


def _sort(
    verb: Verb, words: Sequence[Word], face: Face, *, text_is_elsewhere: bool
) -> tuple[list[list[Word]], list[tuple[Option, list[str]]]]:
    """Words apart: pieces of text that stand together, and options with their words."""
    pieces: list[list[Word]] = [[]]
    given: dict[str, tuple[Option, list[str]]] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        match = None if word.quoted else _OPTION.fullmatch(word.value)
        if match is None:
            if word.value == "--" and not any(pieces):  # all that follows is text
                pieces[-1], waiting = waiting, []
            else:
                pieces[-1].append(word)
            continue
        option = verb.option(match[1])
        _works_here(option.face, face, f"--{option.name}")
        greedy = option.many and (text_is_elsewhere or any(pieces) or not _takes_text(verb))
        values = [match[2]] if match[2] is not None else _take(option, waiting, greedy=greedy)
        if option.name in given and not option.many:
            raise InputError(f"--{option.name} is given twice; keep one")
        if option.switch and match[2] is not None:
            raise InputError(f"--{option.name} takes no value")
        given.setdefault(option.name, (option, []))[1].extend(values)
        pieces.append([])
    return [piece for piece in pieces if piece], list(given.values())


def _take(option: Option, waiting: list[Word], *, greedy: bool) -> list[str]:
    values: list[str] = []
    while not option.switch and waiting and (greedy or not values):
        if not waiting[0].quoted and _OPTION.fullmatch(waiting[0].value):
            break
        values.append(waiting.pop(0).value)
    if not values and not option.switch:
        raise InputError(f"--{option.name} needs a value; wanted: {wanted(option.kind)}")
    return values


def _takes_text(verb: Verb) -> bool:
    return bool(verb.places) and verb.places[-1].rest


def _places(verb: Verb, line: str, pieces: list[list[Word]], body: str | None) -> dict[str, str]:
    if not _takes_text(verb):
        if body is not None:
            raise InputError(f"{verb.name} takes no cell body; write it as a line: %agent {verb.name}")
        return _one_each(verb.places, [word for piece in pieces for word in piece], verb)
    fixed, text = verb.places[:-1], verb.places[-1]
    words = [word for piece in pieces for word in piece]
    found = _one_each(fixed, words[: len(fixed)], verb)
    rest = [piece for piece in _without(pieces, len(fixed)) if piece]
    if body is not None:
        return found | _body(verb, text, rest, body)
    if len(rest) > 1:
        raise InputError(
            f"unexpected {_typed(line, rest[1])!r} after the options; "
            f"write {text.name} in one piece before the options, or in quotes"
        )
    typed = _typed(line, rest[0]).strip() if rest else ""
    return found | ({text.name: typed} if typed else _missing(verb, text))


def _without(pieces: list[list[Word]], n: int) -> list[list[Word]]:
    """The pieces after their first n words."""
    left: list[list[Word]] = []
    for piece in pieces:
        left.append(piece[n:])
        n = max(0, n - len(piece))
    return left


def _body(verb: Verb, text: Place, rest: list[list[Word]], body: str) -> dict[str, str]:
    if rest:
        raise InputError(f"with %%agent the {text.name} is the cell's body; move {rest[0][0].value!r} … into it")
    return {text.name: body.strip()} if body.strip() else _missing(verb, text)


def _typed(line: str, piece: Sequence[Word]) -> str:
    if len(piece) == 1:
        return piece[0].value
    return line[piece[0].start : piece[-1].end]


def _one_each(places: Sequence[Place], words: Sequence[Word], verb: Verb) -> dict[str, str]:
    if len(words) > len(places):
        raise InputError(f"unexpected {words[len(places)].value!r}; usage: {verb.usage}")
    found = {place.name: word.value for place, word in zip(places, words, strict=False) if word.value.strip()}
    for place in places:
        found |= {} if place.name in found else _missing(verb, place)
    return found


def _missing(verb: Verb, place: Place) -> dict[str, str]:
    if place.required:
        raise InputError(f"{verb.name} needs {place.name}: {place.about.rstrip('.')}; usage: {verb.usage}")
    return {}


def _works_here(where: Face | None, face: Face, name: str) -> None:
    if where is not None and where != face:
        hint = f"run `jupyter agents {name}` in a shell" if where == "shell" else "use it with %agent"
        raise InputError(f"{name} works in a {where} only; {hint}" if name[0] != "-" else f"{name}: {where} only")


def _value(option: Option, values: list[str]) -> Any:
    if option.switch:
        return True
    return converted(values if option.many else values[0], option.kind, f"--{option.name}")
