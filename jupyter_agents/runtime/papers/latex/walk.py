"""From flat LaTeX to readable text and its parts, in one pass that knows where it is.

The walker goes through the flat text by position. Braces and environments were paired beforehand, so no argument
is searched twice. What a command or an environment means stands in `commands`, `environments` and `tables`, which
register themselves in `COMMANDS` and `ENVIRONMENTS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ....errors import PaperRefused
from ....records import Span
from .. import Block, Citation, Equation, Figure, InlineMath, Paragraph, Role, Section, Table
from .counters import Counters, Label, TheoremKind
from .lexing import brace_pairs, environment_ends
from .symbols import ACCENTS, ESCAPED, accented, ligatures, symbol
from .writer import Writer

MAX_NESTING = 40
MAX_FORMULA = 20_000

Command = Callable[["Walker", str, int, int], int]
"""(walker, name, place behind the name, end of the range) → where to go on."""
Environment = Callable[["Walker", str, int, int], None]
"""(walker, name, start and end of what stands inside)."""
COMMANDS: dict[str, Command] = {}
ENVIRONMENTS: dict[str, Environment] = {}

_TOKEN = re.compile(r"\\[a-zA-Z@]+\*?|\\.|\$\$?|[{}~&]|\n[ \t]*\n\s*", re.S)
_BLANKS = re.compile(r"[ \t]*\n?[ \t]*")
_OPTIONAL = re.compile(r"\[(?:[^\[\]{}]|\{(?:[^{}]|\{[^{}]*\})*\}|\[[^\[\]]*\])*\]")
_CLOSERS = {"$": re.compile(r"\\.|[{}]|\$|\n[ \t]*\n", re.S), "$$": re.compile(r"\\.|\$\$", re.S)}
_CLOSERS["\\)"] = _CLOSERS["\\]"] = re.compile(r"\\.", re.S)


@dataclass
class Source:
    """Flat LaTeX with its braces and environments paired."""

    text: str
    pairs: dict[int, int] = field(default_factory=dict)
    ends: dict[int, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Source:
        """Pair a text's braces and environments, once."""
        return cls(text, brace_pairs(text), environment_ends(text))

    def blanks(self, at: int) -> int:
        """Behind blanks and at most one line end."""
        match = _BLANKS.match(self.text, at)
        stop = match.end() if match else at
        return at if self.text[stop : stop + 1] == "\n" else stop

    def group(self, at: int) -> tuple[int, int, int] | None:
        """A `{…}` that follows: start and end of its inside, and where to go on."""
        start = self.blanks(at)
        close = self.pairs.get(start)
        return None if close is None else (start + 1, close, close + 1)

    def argument(self, at: int) -> tuple[int, int, int] | None:
        """A `{…}` or the single step that follows."""
        found = self.group(at)
        if found:
            return found
        start = self.blanks(at)
        match = re.compile(r"\\[a-zA-Z]+|\\.|[^\s{}]").match(self.text, start)
        return (start, match.end(), match.end()) if match else None

    def optional(self, at: int) -> tuple[str, int] | None:
        """A `[…]` that follows, without its brackets, and where to go on."""
        start = self.blanks(at)
        if self.text[start : start + 1] != "[":
            return None
        match = _OPTIONAL.match(self.text, start, start + 5_000)
        return (match[0][1:-1], match.end()) if match else None

    def after_optionals(self, at: int) -> int:
        """Behind all `[…]` that follow."""
        while found := self.optional(at):
            at = found[1]
        return at

    def drop(self, at: int, groups: int) -> int:
        """Behind `[…]`s and a number of arguments."""
        for _ in range(groups):
            at = self.after_optionals(at)
            found = self.argument(at)
            if found is None:
                return at
            at = found[2]
        return at


@dataclass
class Parts:
    """What was found, in reading order."""

    sections: list[Section] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    inline_math: list[InlineMath] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    algorithms: list[Block] = field(default_factory=list)
    theorems: list[Block] = field(default_factory=list)
    footnotes: list[Block] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Pictures that are not there."""
    references: list[Span] = field(default_factory=list)
    """Printed numbers of sections, displays, floats: no quantities."""


@dataclass
class Float:
    """A table or figure that is being read."""

    kind: str
    number: str = ""
    captions: list[tuple[str, Span]] = field(default_factory=list)
    label: str = ""
    files: list[str] = field(default_factory=list)
    tables: int = 0
    parts: int = 0
    """Sub-figures so far; their captions are lettered."""
    in_part: bool = False
    missing: list[str] = field(default_factory=list)
    text: str = ""


@dataclass
class Walker:
    """Reads a range of a source into a writer and parts."""

    source: Source
    theorems: dict[str, TheoremKind]
    counters: Counters
    known: dict[str, Label] = field(default_factory=dict)
    """Labels of the whole paper, from an earlier pass."""
    find_graphic: Callable[[str], str | None] = lambda name: None
    figure_text: Callable[[str], str] = lambda name: ""
    expand: Callable[[str], str] = lambda latex: latex
    writer: Writer = field(default_factory=Writer)
    parts: Parts = field(default_factory=Parts)
    section: str = "s0"
    here: Label = field(default_factory=lambda: Label("", ""))
    """What a `\\label` would point at."""
    role: Role = "text"
    floats: list[Float] = field(default_factory=list)
    lists: list[tuple[str, int]] = field(default_factory=list)
    cell: bool = False
    nesting: int = 0
    pending_caption: tuple[str, str, str] = ("", "", "")
    """Caption, label and number that a table outside of floats has brought along."""
    home_title: str | None = None
    """A title that stands in the body as a heading; it is no section."""
    _cites: list[str] = field(default_factory=list)
    _waiting: list[Callable[[], None]] = field(default_factory=list)
    _footnote_number: int = 0
    _unclosed: dict[str, int] = field(default_factory=dict)

    def run(self, start: int, stop: int) -> None:
        """Read a range of the source. Raises PaperRefused where things nest too deeply."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise PaperRefused(f"the paper nests more than {MAX_NESTING} deep; refused to read it", depth=self.nesting)
        text, at = self.source.text, start
        while at < stop:
            match = _TOKEN.search(text, at, stop)
            if match is None:
                self.writer.write(ligatures(text[at:stop]))
                break
            if match.start() > at:
                self.writer.write(ligatures(text[at : match.start()]))
            at = self._token(match[0], match.end(), stop)
        self.nesting -= 1

    def _token(self, step: str, at: int, stop: int) -> int:
        if step[0] == "\\":
            return self._command(step[1:], at, stop)
        if step in ("$", "$$"):
            return self._dollars(step, at, stop)
        if step == "~" or step == "&":
            self.writer.write(" ")
        elif step[0] == "\n":
            self.paragraph()
        return at

    def _command(self, name: str, at: int, stop: int) -> int:
        if not name[0].isalpha():
            if not (name == '"' or name in ACCENTS):
                return self._escaped(name, at, stop)
        elif name.endswith("*"):
            name = name[:-1] if name[:-1] not in COMMANDS or name not in COMMANDS else name
        handler = COMMANDS.get(name)
        if handler is not None:
            return handler(self, name, at, stop)
        if name in ACCENTS:
            return self._accent(name, at)
        shown = self.counters.shown(name) or symbol(name)
        if shown is not None:
            self.writer.write(shown)
            return self._behind_word(at, empty_group=True)
        found = self.source.optional(at) if self.source.text[at : at + 1] == "[" else None
        return found[1] if found and self.source.group(found[1]) else self._behind_word(at)

    def _behind_word(self, at: int, *, empty_group: bool = False) -> int:
        """TeX skips blanks behind a control word; `{}` keeps them."""
        text = self.source.text
        if empty_group and text[at : at + 2] == "{}":
            return at + 2
        return self.source.blanks(at)

    def _accent(self, accent: str, at: int) -> int:
        found = self.source.argument(at)
        if found is None:
            return at
        start, end, after = found
        self.writer.write(accented(accent, self.plain(start, end)))
        return after

    def _escaped(self, name: str, at: int, stop: int) -> int:
        if name in ("[", "("):
            return self._bracketed("\\]" if name == "[" else "\\)", at, stop)
        if name == "\\":
            self.writer.write(" ")
            at += self.source.text[at : at + 1] == "*"
            found = self.source.optional(at)
            return found[1] if found and re.match(r"\s*[-\d.]", found[0]) else at
        self.writer.write(ESCAPED.get(name, name))
        return at

    def _dollars(self, step: str, at: int, stop: int) -> int:
        end = self._formula_end(step, at, stop)
        if end is None:
            self.writer.write(step if step == "$" else "")
            return at
        if self.floats and self.floats[-1].kind == "table" and not self.cell and self._array(at, end):
            return end + len(step)
        if step == "$$":
            self.display(at - 2, end + 2, "$$")
        else:
            self.inline(self.source.text[at:end])
        return end + len(step)

    def _array(self, start: int, end: int) -> bool:
        from . import tables

        return tables.array(self, start, end)

    def _bracketed(self, close: str, at: int, stop: int) -> int:
        end = self._formula_end(close, at, stop)
        if end is None:
            return at
        if close == "\\]":
            self.display(at - 2, end + 2, "\\[")
        else:
            self.inline(self.source.text[at:end])
        return end + 2

    def _formula_end(self, close: str, at: int, stop: int) -> int | None:
        """Where a formula closes; braces are jumped over in `$…$`, which ends with its paragraph at the latest."""
        text, limit = self.source.text, min(stop, at + MAX_FORMULA)
        place = max(at, self._unclosed.get(close, 0)) if close != "$" else at
        while match := _CLOSERS[close].search(text, place, limit):
            place = match.end()
            if match[0] == close:
                return match.start()
            if match[0].isspace() or match[0] == "}":
                return None
            if match[0] == "{":
                if match.start() not in self.source.pairs:
                    return None
                place = self.source.pairs[match.start()] + 1
        # what was searched once in vain is not searched again: many openings stay cheap
        self._unclosed[close] = limit
        return None

    def inline(self, latex: str) -> None:
        """A formula in the text, on one line, the authors' macros expanded."""
        latex = _on_one_line(latex)
        # a macro may stand for nothing at all: then the formula is shown as it was written
        shown = _on_one_line(self.expand(latex)) or latex
        if not latex:
            return
        self.writer.exact("$")
        span = self.writer.exact(shown)
        self.parts.inline_math.append(InlineMath(latex=latex, span=span, expanded="" if shown == latex else shown))
        self.writer.exact("$")

    def display(self, start: int, end: int, environment: str) -> None:
        """A displayed formula on lines of its own."""
        from . import maths

        maths.display(self, start, end, environment)

    def paragraph(self) -> None:
        """End the paragraph that is open, then read what waited for its end: footnotes, floats."""
        if self.cell:
            self.writer.write(" ")
            return
        self.close()
        if self._waiting and not self.floats:
            waiting, self._waiting = self._waiting, []
            for read in waiting:
                read()
                self.close()
            self.paragraph()

    def close(self, role: Role | None = None) -> Paragraph | None:
        """Record the open paragraph, if it holds anything."""
        span = self.writer.close()
        cites, self._cites = tuple(dict.fromkeys(self._cites)), []
        if span is None:
            return None
        number = len(self.parts.paragraphs) + 1
        paragraph = Paragraph(
            id=f"p{number}",
            section=self.section,
            span=span,
            role=role or self.role,
            cites=cites,
        )
        self.parts.paragraphs.append(paragraph)
        return paragraph

    def later(self, read: Callable[[], None]) -> None:
        """Read something once the open paragraph is complete; at once where none is open."""
        self._waiting.append(read)
        if not self.writer.open and not self.floats and not self.cell:
            self.paragraph()

    def covered(self, first: int) -> Span:
        """From paragraph `first` (an index) to the last one; empty where none was written since."""
        read = self.parts.paragraphs[first:]
        if not read:
            return Span(start=self.writer.length, end=self.writer.length)
        return Span(start=read[0].span.start, end=read[-1].span.end)

    def as_role(self, role: Role, start: int, end: int) -> Paragraph | None:
        """Read a range as one or more paragraphs of a role; returns the last."""
        if self.cell:
            self.run(start, end)
            return None
        self.close()
        before, self.role = self.role, role
        count = len(self.parts.paragraphs)
        self.run(start, end)
        self.close()
        self.role = before
        return self.parts.paragraphs[-1] if len(self.parts.paragraphs) > count else None

    def cite(self, keys: tuple[str, ...], shown: str) -> None:
        """A citation, as it is shown."""
        span = self.writer.exact(shown)
        self.parts.citations.append(Citation(keys=keys, span=span))
        self._cites.extend(keys)

    def set_label(self, name: str) -> None:
        """A `\\label`: it points at the last thing that was numbered."""
        self.parts.labels.setdefault(name.strip(), self.here)
        if self.floats and not self.floats[-1].label:
            self.floats[-1].label = name.strip()

    def next_footnote(self) -> str:
        """The next footnote's number."""
        self._footnote_number += 1
        return str(self._footnote_number)

    def plain(self, start: int, end: int) -> str:
        """A range as readable text, with nothing recorded: for titles and keys."""
        scratch = Walker(
            self.source,
            self.theorems,
            self.counters.copy(),
            known=self.known,
            nesting=self.nesting,
            cell=True,
            expand=self.expand,
        )
        scratch.run(start, end)
        return scratch.writer.text


def _on_one_line(latex: str) -> str:
    return re.sub(r"\s*\n\s*", " ", latex).strip()
