"""One text out of many files: inputs followed, conditionals decided, the authors' macros expanded outside formulas.

What comes out holds LaTeX commands that everybody knows, and formulas exactly as written. Formulas keep the
authors' macros, because a display is quoted as they wrote it; only macros that open or close a display
(`\\be` for `\\begin{equation}`) are expanded in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ....errors import PaperRefused
from . import conditionals
from .definitions import DEFINERS
from .files import SourceFolder
from .formulas import Formulas
from .lexing import DISPLAYS, VERBATIM, without_comments
from .macros import MAX_DEPTH, Macro, Macros, substitute, take_arguments
from .reading import MAX_ARGUMENT, Reader

MAX_TEXT = 20_000_000
MAX_WORK = 400_000_000
MAX_OPEN_FILES = 20
TEX_SUFFIXES = (".tex", "", ".ltx", ".latex", ".TEX")

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\$\$?|[{}]|\n[ \t]*\n", re.S)
_TOKEN_AT = re.compile(r"\\[a-zA-Z@]+|\\.|\$\$?|[{}]|\n[ \t]*\n", re.S)
_BODY = re.compile(r"\\begin\s*\{document\}(.*?)(?:\\end\s*\{document\}|\Z)", re.S)
_DISTRIBUTED = frozenset({"xy", "epsf", "epsf.sty", "psfig", "psfig.sty", "pictex", "amssym", "glyphtounicode"})
"""Files that come with TeX, not with papers."""
_PREFIXES = frozenset({"global", "long", "outer", "protected"})
_KEEP_ARGUMENT = frozenset({"url", "nolinkurl", "path", "label", "includegraphics", "bibliography", "verb"})


@dataclass
class _Frame(Reader):
    """A file or an expansion that is being read."""

    file: str = ""
    begins_body: bool = False


@dataclass
class _Math:
    """The formula we are in: what closes it, and how deep its braces are."""

    close: str
    depth: int = 0


@dataclass
class Flat:
    """A paper as one text, with what was met on the way."""

    text: str
    macros: Macros
    files: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class Flattener:
    """Reads one main file to its `\\end{document}`; use once."""

    folder: SourceFolder
    macros: Macros = field(default_factory=Macros)
    formulas: Formulas = field(init=False)
    files: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flags: dict[str, bool] = field(default_factory=dict)
    _out: list[str] = field(default_factory=list)
    _size: int = 0
    _stack: list[_Frame] = field(default_factory=list)
    _math: _Math | None = None
    _at_letter: bool = False
    _import_base: list[str] = field(default_factory=list)
    _work: int = 0

    def __post_init__(self) -> None:
        self.formulas = Formulas(self.macros)

    def flatten(self, main: str) -> Flat:
        """The text of a main file with everything that it pulls in."""
        self.open(main)
        return self._finish()

    def flatten_text(self, text: str) -> str:
        """A piece of LaTeX, for instance a .bbl, by the macros known so far."""
        self._out, self._size, self._math, self._at_letter = [], 0, None, False
        self._stack = [_Frame(without_comments(text))]
        return self._finish().text

    def _finish(self) -> Flat:
        while self._stack:
            self._step()
        text = "".join(self._out)
        unique = tuple(dict.fromkeys(self.missing))
        return Flat(text, self.macros, tuple(dict.fromkeys(self.files)), unique, tuple(dict.fromkeys(self.notes)))

    def open(self, name: str, *, body_only: bool = False) -> None:
        """Read a file from here on, then come back. One that includes itself is noted and left out."""
        if name in (frame.file for frame in self._stack):
            self.notes.append(f"{name} includes itself; read once")
            return
        if sum(1 for frame in self._stack if frame.file) >= MAX_OPEN_FILES:
            raise PaperRefused(f"{name}: files include each other more than {MAX_OPEN_FILES} deep", file=name)
        text = without_comments(self.folder.read(name))
        if body_only and (match := _BODY.search(text)):
            text = match[1]
        self.files.append(name)
        self._stack.append(_Frame(text, file=name))

    def push(self, text: str) -> None:
        """Read a piece of LaTeX from here on, then come back."""
        if not text:
            return
        # an expansion that is used up makes room, so that only true nesting is deep; files stay, to tell loops
        while self._stack and not self._stack[-1].file and self._stack[-1].at >= len(self._stack[-1].text):
            self._stack.pop()
        if len(self._stack) > MAX_DEPTH:
            self.macros.refuse()
        self._stack.append(_Frame(text))

    def emit(self, text: str) -> None:
        """Append to the flat text; keeps a control word and a letter of the next piece apart."""
        if not text:
            return
        if text[0].isalpha() and self._out and re.search(r"\\[a-zA-Z]+\Z", self._out[-1][-60:]):
            self._out.append(" ")
        self._out.append(text)
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise PaperRefused(f"the paper's text is longer than {MAX_TEXT:,} characters", characters=self._size)

    def _step(self) -> None:
        frame = self._stack[-1]
        match = (_TOKEN_AT if self._at_letter else _TOKEN).search(frame.text, frame.at)
        if match is None:
            self.emit(frame.text[frame.at :])
            self._stack.pop()
            return
        self.emit(frame.text[frame.at : match.start()])
        frame.at = match.end()
        step = match[0]
        if step[0] == "\\":
            self._command(frame, step)
        else:
            self._mark(step)
            self.emit(step)
        self._charge(frame)

    def _charge(self, frame: _Frame) -> None:
        self._work += frame.work + 1
        frame.work = 0
        if self._work > MAX_WORK:
            raise PaperRefused("the paper's arguments are nested or left open too often to be read", work=self._work)

    def _mark(self, step: str) -> None:
        """Follow formulas: what opens and closes them, and their braces."""
        math = self._math
        if math is None:
            if step in ("$", "$$"):
                self._math = _Math(step)
        elif step == "{":
            math.depth += 1
        elif step == "}":
            math.depth -= 1
        elif (step == math.close and math.depth <= 0) or (step.isspace() and math.close in ("$", "$$", "\\)")):
            self._math = None

    def _command(self, frame: _Frame, step: str) -> None:
        name = step[1:]
        if name in ("[", "(") and self._math is None:
            self._math = _Math({"[": "\\]", "(": "\\)"}[name])
        elif self._math and step == self._math.close:
            self._math = None
        if conditionals.handle(self, frame, name):
            return
        if (self._math is None or name == "input") and self._structural(frame, name):
            return
        if name == "begin" or name == "end":
            self._environment(frame, name)
        elif name == "verb" or name == "lstinline":
            self.emit(_verb(frame, step))
        elif name in DEFINERS and self._define(frame, name):
            return
        elif name in self.macros.commands:
            self._expand(frame, step)
        elif name in _PREFIXES:
            return
        else:
            self.emit(step)

    def _define(self, frame: _Frame, name: str) -> bool:
        start = frame.at
        if DEFINERS[name](frame, self.macros):
            return True
        frame.at = start
        self.emit("\\" + name)
        return True

    def _expand(self, frame: _Frame, step: str) -> None:
        macro = self.macros.commands[step[1:]]
        if self._math and not _opens_or_closes(macro.body):
            self.macros.kept.setdefault(step[1:], macro)
            self.emit(step)
            return
        self._complete(frame, macro)
        frame = self._stack[-1]
        arguments = take_arguments(frame, macro)
        if arguments is None:
            if not frame.file and frame.peek() == "{" and len(frame.text) - frame.at > MAX_ARGUMENT:
                self.macros.refuse()
            self.emit(step)
            return
        if step[1:].isalpha() and not macro.parameters:
            frame.at += len(frame.text[frame.at :][:80]) - len(frame.text[frame.at :][:80].lstrip(" \t"))
        body = substitute(macro.body, arguments)
        self.macros.count(body)
        if macro.final:
            self.emit(body)
        else:
            self.push(body)

    def _complete(self, frame: _Frame, macro: Macro) -> None:
        """Where a macro's arguments stand behind the end of an expansion, let reading go on there."""
        while macro.parameters and len(self._stack) > 1 and not frame.text[frame.at :].strip() and not frame.file:
            self._stack.pop()
            frame = self._stack[-1]

    def _environment(self, frame: _Frame, which: str) -> None:
        start = frame.at
        name = frame.group()
        if name is None or "\n" in name or len(name) > 60:
            frame.at = start
            self.emit("\\" + which)
            return
        name = name.strip()
        if name == "document" and which == "end":
            self._stack.clear()
            return
        if which == "begin" and name in VERBATIM:
            self._verbatim(frame, name)
            return
        macro = self.macros.environments.get(name)
        if macro is not None and self._math is None and name not in DISPLAYS | {"abstract", "document"}:
            self._own_environment(frame, which, name, macro)
            return
        if name in DISPLAYS and which == "begin" and self._math is None:
            self._math = _Math(f"\\end{{{name}}}")
        elif self._math and which == "end" and self._math.close == f"\\end{{{name}}}":
            self._math = None
        self.emit(f"\\{which}{{{name}}}")

    def _own_environment(self, frame: _Frame, which: str, name: str, macro: Macro) -> None:
        if which == "end":
            body = macro.end
        else:
            arguments = take_arguments(frame, macro)
            if arguments is None:
                self.emit(f"\\begin{{{name}}}")
                return
            body = substitute(macro.body, arguments)
        self.macros.count(body)
        self.push(body)

    def _verbatim(self, frame: _Frame, name: str) -> None:
        end = f"\\end{{{name}}}"
        stop = frame.text.find(end, frame.at)
        stop = len(frame.text) if stop < 0 else stop
        content = frame.text[frame.at : stop]
        frame.at = min(len(frame.text), stop + len(end))
        if name.startswith("filecontents"):
            reader = Reader(content)
            reader.optional()
            file = reader.group()
            if file and file not in self.folder.names and len(self.folder.virtual) < 100:
                self.folder.virtual[file.strip()] = content[reader.at :].lstrip("\n")
            return
        self.emit(f"\\begin{{{name}}}{content}{end}")

    def _structural(self, frame: _Frame, name: str) -> bool:
        """Follow what pulls in files and what changes how names are read."""
        if name in ("makeatletter", "makeatother"):
            self._at_letter = name == "makeatletter"
            return True
        if name in _KEEP_ARGUMENT:
            self.emit("\\" + name)
            return True
        if name in ("input", "include", "subfile", "subfileinclude", "InputIfFileExists", "import", "subimport"):
            return self._input(frame, name)
        if name in ("usepackage", "RequirePackage"):
            self._package(frame)
            return True
        return False

    def _input(self, frame: _Frame, name: str) -> bool:
        base = ""
        if name in ("import", "subimport"):
            base = self._expanded(frame.group() or "")
        asked = frame.group()
        if asked is None:
            match = re.compile(r'[ \t]*("[^"\n]*"|[^\s{}\\]+)').match(frame.text, frame.at)
            if match is None:
                self.emit("\\" + name)
                return True
            asked, frame.at = match[1], match.end()
        asked = base + self._expanded(asked).strip().strip('"')
        branches = [frame.group() or "", frame.group() or ""] if name == "InputIfFileExists" else ["", ""]
        current = next((f.file for f in reversed(self._stack) if f.file), "")
        near = current.rpartition("/")[0]
        found = self.folder.find(asked, TEX_SUFFIXES, near)
        if found is None:
            self.push(branches[1])
            if name != "InputIfFileExists" and asked not in _DISTRIBUTED:
                self._miss(asked)
            return True
        if found.rpartition("/")[2].split(".")[0] != asked.rpartition("/")[2].split(".")[0] or asked.startswith(".."):
            self.notes.append(f"{asked} was read from {found}")
        self.push(branches[0])
        if found.endswith((".bbl", ".bib")):
            return True
        self.open(found, body_only="subfile" in name or "documentclass" in self.folder.read(found)[:20_000])
        return True

    def _miss(self, asked: str) -> None:
        self.missing.append(asked if re.search(r"\.\w{1,5}\Z", asked) else f"{asked}.tex")
        # a visible mark keeps tables and sections honest about what is not there
        self.emit(f"\\jamissing{{{self.missing[-1]}}}")

    def _expanded(self, text: str) -> str:
        return self.formulas.expand(text)

    def _package(self, frame: _Frame) -> None:
        frame.optional()
        for name in (frame.group() or "").split(","):
            name = name.strip()
            found = self.folder.find(name, (".sty",)) if name else None
            if found is not None and found not in self.files:
                self._own_style(found)
            elif found is None and "/" in name:
                self.missing.append(f"{name}.sty")

    def _own_style(self, name: str) -> None:
        """Take the macros of a style file that came with the paper; its TeX programming is left alone."""
        reader = Reader(without_comments(self.folder.read(name)))
        self.files.append(name)
        while match := _TOKEN_AT.search(reader.text, reader.at):
            reader.at = match.end()
            definer = DEFINERS.get(match[0][1:])
            if definer is None:
                continue
            found = Macros()
            if definer(reader, found):
                self._take_clean(found)
            self._charge_style(reader)

    def _charge_style(self, reader: Reader) -> None:
        self._work += reader.work
        reader.work = 0
        if self._work > MAX_WORK:
            raise PaperRefused("the paper's style file cannot be read in reasonable time", work=self._work)

    def _take_clean(self, found: Macros) -> None:
        for name, macro in found.commands.items():
            if "@" not in name + macro.body:
                self.macros.define(name, macro)
        for name, macro in found.environments.items():
            if "@" not in macro.body + macro.end:
                self.macros.environments[name] = macro


_UNBALANCED = re.compile(r"\\(begin|end)\s*\{")


def _opens_or_closes(body: str) -> bool:
    """Whether a macro opens or closes a display, so that it must be expanded even in a formula."""
    found = _UNBALANCED.findall(body)
    return found.count("begin") != found.count("end") or body.strip() in ("$$", "\\[", "\\]", "$")


def _verb(frame: _Frame, step: str) -> str:
    match = re.compile(r"(?:\[[^\]\n]*\])?\*?([^\sA-Za-z*])").match(frame.text, frame.at)
    if match is None:
        return step
    close = "}" if match[1] == "{" else match[1]
    stop = frame.text.find(close, match.end())
    line = frame.text.find("\n", match.end())
    if stop < 0 or 0 <= line < stop:
        return step
    start, frame.at = match.end() - 1, stop + 1
    return f"\\verb{frame.text[start : frame.at]}"
