"""Formulas without the authors' macros, so that every reader and renderer understands them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .macros import MAX_DEPTH, MAX_GROWTH, Macro, Macros, Parameter, apart, substitute, take_arguments
from .reading import Reader

MAX_IN_ONE = 20_000
MAX_IN_ALL = 1_000_000
"""Expansions in one formula, and in all of a paper: a book has some tens of thousands."""

_COMMAND = re.compile(r"\\([a-zA-Z@]+|.)", re.S)
_SINGLE = re.compile(r"\\[a-zA-Z@]+|\\.|.|\{.*", re.S)
_EVERYWHERE = {"ensuremath": Macro("#1", (Parameter("m"),)), "xspace": Macro("")}
"""Of use in running text only; renderers of formulas do not know them."""
_TAKES_NEXT = re.compile(
    r"(?:[_^]|\\(?:[dt]?frac|[dt]?binom|sqrt|hat|bar|tilde|vec|d{1,3}ot|overline|underline|widehat|widetilde|check|breve"
    r"|boldsymbol|bm|mathbf|mathrm|mathit|mathsf|mathtt|mathcal|mathbb|mathfrak|mathscr|operatorname))\s*\Z"
)
"""What takes the next token as its argument: the whole expansion of a macro must be that argument."""
_BOLD = re.compile(r"\\mbox\s*\{\s*\\boldmath\s*\$([^${}]*)\$\s*\}")
"""The usual way before amsmath; dollars inside a formula would end it for every renderer."""


@dataclass
class Formulas:
    """Expands the macros of one paper in its formulas, within bounds for each and for all."""

    macros: Macros
    _expansions: int = field(default=0, init=False)
    _produced: int = field(default=0, init=False)

    def expand(self, latex: str) -> str:
        """A formula with the authors' macros expanded; unknown names stay. Raises PaperRefused where they explode."""
        out: list[str] = []
        stack = [Reader(latex)]
        allowed = self._expansions + MAX_IN_ONE
        while stack:
            reader = stack[-1]
            match = _COMMAND.search(reader.text, reader.at)
            if match is None:
                out.append(reader.text[reader.at :])
                stack.pop()
                continue
            out.append(reader.text[reader.at : match.start()])
            reader.at = match.end()
            macro = self._meant(match[1])
            arguments = take_arguments(reader, macro) if macro else None
            if macro is None or arguments is None:
                out.append(match[0])
                continue
            body = self._body(macro, arguments, "".join(out[-4:])[-30:])
            self._count(body, allowed)
            body = apart(body, reader.peek())
            if macro.final:
                out.append(body)
                continue
            if reader.at >= len(reader.text):
                stack.pop()
            if len(stack) > MAX_DEPTH:
                self.macros.refuse()
            stack.append(Reader(body))
        expanded = "".join(out)
        return expanded if expanded == latex else _BOLD.sub(r"\\boldsymbol{\1}", expanded)

    def _meant(self, name: str) -> Macro | None:
        if name in self.macros.unsettled:
            return None
        return self.macros.commands.get(name) or _EVERYWHERE.get(name)

    def _body(self, macro: Macro, arguments: list[str], before: str) -> str:
        body = substitute(macro.body, arguments)
        whole = macro.parameters or macro.final or _SINGLE.fullmatch(body.strip()) or not _TAKES_NEXT.search(before)
        return apart(before, body)[len(before) :] + body if whole else f"{{{body}}}"

    def _count(self, body: str, allowed: int) -> None:
        self._expansions += 1
        self._produced += len(body)
        if self._expansions > min(allowed, MAX_IN_ALL) or self._produced > MAX_GROWTH:
            self.macros.refuse()
