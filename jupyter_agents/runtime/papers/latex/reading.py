"""A place in a text and the arguments that TeX would take from there."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_ARGUMENT = 200_000
_SPACE = re.compile(r"[ \t]*\n?[ \t]*")
_STEP = re.compile(r"\\.|[{}\[\]]", re.S)
_TOKEN = re.compile(r"\\[a-zA-Z@]+|\\.|.", re.S)


@dataclass
class Reader:
    """Reads arguments one after the other; `at` moves behind what was read, `work` counts characters looked at."""

    text: str
    at: int = 0
    work: int = 0

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

    def closed(self, opening: str, closing: str) -> str | None:
        """What stands between `{`…`}` or `[`…`]`, braces balanced; None, and nothing read, where it never closes."""
        self.space()
        if self.peek() != opening:
            return None
        depth, at, stop = 0, self.at + 1, min(len(self.text), self.at + MAX_ARGUMENT)
        while match := _STEP.search(self.text, at, stop):
            at, step = match.end(), match[0]
            if step == closing and depth == 0:
                inner = self.text[self.at + 1 : match.start()]
                self.work += at - self.at
                self.at = at
                return inner
            depth += (step == "{") - (step == "}")
            if depth < 0:
                break
        self.work += at - self.at
        return None

    def group(self) -> str | None:
        """A `{…}` argument."""
        return self.closed("{", "}")

    def optional(self) -> str | None:
        """A `[…]` argument, or None where none follows."""
        return self.closed("[", "]")

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
