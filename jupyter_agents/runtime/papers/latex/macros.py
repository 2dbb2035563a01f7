"""The authors' own macros: read from their definitions, expanded with bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from ....errors import PaperRefused
from .reading import Reader

MAX_EXPANSIONS = 200_000
MAX_DEPTH = 100
MAX_GROWTH = 20_000_000
"""Characters that expansion may produce in all: the same bound as for a source file."""

PROTECTED = frozenset(
    [
        "part",
        "chapter",
        "section",
        "subsection",
        "subsubsection",
        "paragraph",
        "subparagraph",
        "title",
        "author",
        "date",
        "abstract",
        "maketitle",
        "begin",
        "end",
        "caption",
        "label",
        "ref",
        "eqref",
        "pageref",
        "cite",
        "citep",
        "citet",
        "parencite",
        "textcite",
        "footnote",
        "footnotemark",
        "footnotetext",
        "item",
        "input",
        "include",
        "subfile",
        "import",
        "bibliography",
        "bibitem",
        "figure",
        "table",
        "par",
        "and",
        "thanks",
        "email",
        "affiliation",
        "affil",
        "address",
        "institute",
        "documentclass",
        "usepackage",
        "appendix",
        "newcommand",
        "renewcommand",
        "providecommand",
        "def",
        "let",
        "includegraphics",
        "multicolumn",
        "multirow",
        "textbf",
        "textit",
        "emph",
        "texttt",
        "text",
        "mathrm",
        "frac",
        "left",
        "right",
        "verb",
        "url",
        "href",
        "thebibliography",
        "tabular",
        "array",
        "equation",
        "align",
        "center",
        "itemize",
        "enumerate",
        "document",
        "fi",
        "else",
        "iffalse",
        "iftrue",
        "tableofcontents",
        "printbibliography",
        "newtheorem",
        "hline",
        "toprule",
        "midrule",
        "bottomrule",
        "endnote",
    ]
)
"""Names whose meaning this reader supplies; a paper's own restyling of them is ignored."""
_OWN_AFFILIATION = frozenset({"affil", "address", "institute", "email", "abstract", "date"})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a macro: `m` mandatory, `o` optional, `s` a star, `d` everything up to `mark`."""

    kind: str
    default: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Macro:
    """What a name stands for."""

    body: str
    parameters: tuple[Parameter, ...] = ()
    prefix: str = ""
    """Literal text that must follow the name, from `\\def\\x(#1)`."""
    final: bool = False
    """The body is not expanded again: an alias of a command that is not the authors'."""
    end: str = ""
    """For environments: what stands at the end."""


_PARAMETER = re.compile(r"#(#|[1-9])")
_ENDS_IN_WORD = re.compile(r"\\[a-zA-Z@]+\Z")


def substitute(body: str, arguments: list[str]) -> str:
    """A body with `#1` … replaced; `##` becomes `#`. A control word and a letter never become one word."""

    def fill(match: re.Match[str]) -> str:
        if match[1] == "#":
            return "#"
        index = int(match[1]) - 1
        given = arguments[index] if index < len(arguments) else ""
        before = body[max(0, match.start() - 60) : match.start()]
        return apart(before, given)[len(before) :] + apart(given, body[match.end() : match.end() + 1])

    return _PARAMETER.sub(fill, body)


def apart(text: str, following: str) -> str:
    """Text with a space behind it where its last control word and what follows would become one word."""
    return f"{text} " if following[:1].isalpha() and _ENDS_IN_WORD.search(text[-60:]) else text


def take_arguments(reader: Reader, macro: Macro) -> list[str] | None:
    """The arguments of a macro from where its name ended, or None (nothing read) where they are not there."""
    start = reader.at
    if macro.prefix:
        if not reader.text.startswith(macro.prefix, reader.at):
            return None
        reader.at += len(macro.prefix)
    arguments: list[str] = []
    for parameter in macro.parameters:
        if parameter.kind == "s":
            arguments.append("*" if reader.star() else "")
            continue
        if parameter.kind == "o":
            given = reader.optional()
            arguments.append(parameter.default if given is None else given)
            continue
        found = reader.until(parameter.mark) if parameter.kind == "d" else reader.argument()
        if found is None:
            reader.at = start
            return None
        arguments.append(found)
    return arguments


@dataclass
class Macros:
    """All macros known so far, and how much they have produced."""

    commands: dict[str, Macro] = field(default_factory=dict)
    environments: dict[str, Macro] = field(default_factory=dict)
    expansions: int = 0
    produced: int = 0
    kept: dict[str, Macro] = field(default_factory=dict)
    """What names meant that were left as written in a formula."""
    unsettled: set[str] = field(default_factory=set)
    """Names that got another meaning after that: in a formula nobody can tell any more which of them is meant."""

    def count(self, text: str) -> None:
        """Charge one expansion. Raises PaperRefused when macros never end or explode."""
        self.expansions += 1
        self.produced += len(text)
        if self.expansions > MAX_EXPANSIONS or self.produced > MAX_GROWTH:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise PaperRefused: these macros are not to be expanded any further."""
        raise PaperRefused(
            "the paper's macros do not end or explode; refused to expand them further; give its PDF or HTML instead",
            expansions=self.expansions,
            characters=self.produced,
        )

    def define(self, name: str, macro: Macro, *, only_if_new: bool = False) -> None:
        """Make a name mean a macro, unless the name is one whose meaning this reader supplies."""
        if name in PROTECTED and (name not in _OWN_AFFILIATION or not macro.parameters):
            return
        if name in PROTECTED and "#1" in macro.body and "\\" + name in macro.body:
            return
        if only_if_new and name in self.commands:
            return
        if self.kept.get(name, macro) != macro:
            self.unsettled.add(name)
        self.commands[name] = macro

    def alias(self, name: str, target: str) -> None:
        """`\\let\\name\\target`: the meaning that target has now."""
        if target.startswith("\\") and target[1:] in self.commands:
            self.define(name, self.commands[target[1:]])
        elif target != "\\" + name:
            self.define(name, Macro(target, final=True))
