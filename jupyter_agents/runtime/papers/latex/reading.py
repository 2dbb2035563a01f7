"""A place in a text and the arguments that TeX would take from there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .lexing import brace_pairs

MAX_ARGUMENT = 200_000
MAX_OPTIONAL = 2_000
_SPACE = re.compile(r"[ \t]*\n?[ \t]*")
_STEP = re.compile(r"\\.|[{}\[\]]", re.S)
_SIMPLE = re.compile(r"\{([^{}\\]{0,200})\}")
_TOKEN = re.compile(r"\\[a-zA-Z@]+|\\.|.", re.S)


@dataclass
class Reader:
    """Reads arguments one after the other; `at` moves behind what was read, `work` counts characters looked at."""

    text: str
    at: int = 0
    work: int = 0
    _pairs: dict[int, int] | None = field(default=None, init=False, repr=False)

    def space(self) -> None:
        """Skip blanks and at most one line end: an empty line ends every search for arguments."""
        match = _SPACE.match(self.text, self.at)
        if match and "\n" not in self.text[match.end() : match.end() + 1]:
            self.at = match.end()

    def peek(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def star(self) -> bool:
        """Whether a `*` follows; it is read."""
        self.space()
        if self.peek() == "*":
            self.at += 1
            return True
        return False

    def group(self) -> str | None:
        """A `{…}` argument; None, and nothing read, where none follows or it never closes."""
        self.space()
        if self.peek() != "{":
            return None
        simple = _SIMPLE.match(self.text, self.at)
        if simple:
            self.at = simple.end()
            return simple[1]
        if self._pairs is None:
            self._pairs = brace_pairs(self.text)
        close = self._pairs.get(self.at)
        if close is None or close - self.at > MAX_ARGUMENT:
            return None
        inner = self.text[self.at + 1 : close]
        self.work += len(inner)
        self.at = close + 1
        return inner

    def optional(self) -> str | None:
        """A `[…]` argument, or None where none follows."""
        self.space()
        if self.peek() != "[":
            return None
        depth, stop = 0, min(len(self.text), self.at + MAX_OPTIONAL)
        for match in _STEP.finditer(self.text, self.at + 1, stop):
            step = match[0]
            if step == "]" and depth == 0:
                inner = self.text[self.at + 1 : match.start()]
                self.at = match.end()
                return inner
            depth += (step == "{") - (step == "}")
            if depth < 0:
                break
        self.work += stop - self.at
        return None

    def argument(self) -> str | None:
        """A `{…}` argument or, as TeX allows, the single token that follows."""
        inner = self.group()
        if inner is not None:
            return inner
        match = _TOKEN.match(self.text, self.at)
        if match is None or match[0] in "{}":
            return None
        self.at = match.end()
        return match[0]

    def name(self) -> str | None:
        """A command's name without its backslash, in braces or not."""
        inner = self.group()
        token = inner.strip() if inner is not None else None
        if token is None:
            match = _TOKEN.match(self.text, self.at)
            token = match[0] if match else ""
            if token.startswith("\\"):
                self.at += len(token)
        return token[1:] if token.startswith("\\") and len(token) > 1 else None

    def until(self, mark: str) -> str | None:
        """What stands before a literal mark, which is read too."""
        stop = self.text.find(mark, self.at, self.at + MAX_ARGUMENT)
        self.work += (stop if stop >= 0 else min(len(self.text), self.at + MAX_ARGUMENT)) - self.at
        if stop < 0:
            return None
        inner = self.text[self.at : stop]
        self.at = stop + len(mark)
        return inner
