"""Commands that define: \\newcommand and its kin, read where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable

from .macros import Macro, Macros, Parameter
from .reading import Reader

Definer = Callable[[Reader, Macros], bool]
"""Reads one definition; False, with the place unchanged as far as it matters, where it is malformed."""


def _parameters(count: str | None, default: str | None) -> tuple[Parameter, ...]:
    number = int(count) if count is not None and count.strip().isdigit() else 0
    number = min(number, 9)
    if default is None:
        return (Parameter("m"),) * number
    return (Parameter("o", default), *(Parameter("m"),) * (number - 1))


def _newcommand(reader: Reader, macros: Macros, *, only_if_new: bool = False) -> bool:
    reader.star()
    name = reader.name()
    count = reader.optional()
    default = reader.optional() if count is not None else None
    body = reader.argument()
    if name is None or body is None:
        return False
    macros.define(name, Macro(body, _parameters(count, default)), only_if_new=only_if_new)
    return True


def _providecommand(reader: Reader, macros: Macros) -> bool:
    return _newcommand(reader, macros, only_if_new=True)


_DEF_TEXT = re.compile(r"[^{}\n\\]*(?:\\[^{}\n][^{}\n\\]*)*")


def _def(reader: Reader, macros: Macros) -> bool:
    name = reader.name()
    pattern = _DEF_TEXT.match(reader.text, reader.at, reader.at + 300)
    if name is None or pattern is None:
        return False
    reader.at = pattern.end()
    body = reader.group()
    if body is None:
        return False
    pieces = re.split(r"#[1-9]", pattern[0].strip() if "#" not in pattern[0] else pattern[0])
    parameters = tuple(Parameter("d", mark=mark) if mark.strip() else Parameter("m") for mark in pieces[1:])
    macros.define(name, Macro(body, parameters, prefix=pieces[0].lstrip()))
    return True


def _let(reader: Reader, macros: Macros) -> bool:
    name = reader.name()
    reader.space()
    if reader.peek() == "=":
        reader.at += 1
        reader.space()
    match = re.compile(r"\\[a-zA-Z@]+|\\.|[^\s{}]").match(reader.text, reader.at)
    if name is None or match is None:
        return False
    reader.at = match.end()
    macros.alias(name, match[0])
    return True


def _operator(reader: Reader, macros: Macros) -> bool:
    star = "*" if reader.star() else ""
    name, body = reader.name(), reader.argument()
    if name is None or body is None:
        return False
    macros.define(name, Macro(f"\\operatorname{star}{{{body}}}"))
    return True


def _delimiter(reader: Reader, macros: Macros) -> bool:
    name, left, right = reader.name(), reader.argument(), reader.argument()
    if name is None or left is None or right is None:
        return False
    body = f"{left} #3 {right}"
    macros.define(name, Macro(body, (Parameter("s"), Parameter("o"), Parameter("m"))))
    return True


def _environment(reader: Reader, macros: Macros) -> bool:
    reader.star()
    name = reader.group()
    count = reader.optional()
    default = reader.optional() if count is not None else None
    begin, end = reader.group(), reader.group()
    if name is None or begin is None or end is None:
        return False
    macros.environments[name.strip()] = Macro(begin, _parameters(count, default), end=end)
    return True


_SPECIFIER = re.compile(r"\s*[+!>]*\s*([a-zA-Z])")


def _specified(specification: str) -> tuple[Parameter, ...]:
    """Parameters of an xparse specification such as `s O{x} m`; kinds we do not know end the list."""
    found: list[Parameter] = []
    reader = Reader(specification)
    while match := _SPECIFIER.match(reader.text, reader.at):
        reader.at = match.end()
        kind = match[1]
        if kind in "mov":
            found.append(Parameter("o" if kind == "o" else "m"))
        elif kind == "s":
            found.append(Parameter("s"))
        elif kind == "O":
            found.append(Parameter("o", reader.argument() or ""))
        else:
            break
    return tuple(found)


def _document_command(reader: Reader, macros: Macros) -> bool:
    name, specification, body = reader.name(), reader.argument(), reader.argument()
    if name is None or specification is None or body is None:
        return False
    macros.define(name, Macro(body, _specified(specification)))
    return True


DEFINERS: dict[str, Definer] = {
    "newcommand": _newcommand,
    "renewcommand": _newcommand,
    "DeclareRobustCommand": _newcommand,
    "providecommand": _providecommand,
    "def": _def,
    "gdef": _def,
    "edef": _def,
    "xdef": _def,
    "let": _let,
    "DeclareMathOperator": _operator,
    "DeclarePairedDelimiter": _delimiter,
    "newenvironment": _environment,
    "renewenvironment": _environment,
    "NewDocumentCommand": _document_command,
    "RenewDocumentCommand": _document_command,
    "DeclareDocumentCommand": _document_command,
    "ProvideDocumentCommand": _document_command,
}
