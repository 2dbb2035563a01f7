"""The readable text of a paper while it grows, with the places of its parts."""

from __future__ import annotations

from ....records import Span


class Writer:
    """Collects text; white space runs become one space, paragraphs stand apart by an empty line.

    White space is written only before the text that follows it, so a span never starts or ends with it.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.length = 0
        self._glue = ""
        self._start: int | None = None
        self.last = ""
        """The last character written; empty at the beginning."""

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._parts)

    @property
    def open(self) -> bool:
        """Whether a paragraph has begun."""
        return self._start is not None

    @property
    def spaced(self) -> bool:
        """Whether white space stands before what comes next."""
        return self._glue != "" or self.length == 0

    def _put(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self.length += len(text)
            self.last = text[-1]

    def _glued(self) -> None:
        self._put(self._glue if self.length else "")
        self._glue = ""

    def mark(self) -> int:
        """Where the next character will stand; begins a paragraph if none is open."""
        self._glued()
        if self._start is None:
            self._start = self.length
        return self.length

    def write(self, text: str) -> None:
        """Running text."""
        words = text.split()
        if not words:
            if text and self.open:
                self._glue = self._glue or " "
            return
        if text[0].isspace() and self.open:
            self._glue = self._glue or " "
        self.mark()
        self._put(" ".join(words))
        if text[-1].isspace():
            self._glue = " "

    def exact(self, text: str) -> Span:
        """Text whose white space counts, for instance a formula."""
        start = self.mark()
        self._put(text)
        return Span(start=start, end=self.length)

    def line(self) -> None:
        """What follows begins a new line of the same paragraph."""
        if self.open:
            self._glue = "\n"

    def separate_cell(self) -> int:
        """Begin the next cell of the row; returns where its text will start."""
        self._glue = ""
        self.mark()
        self._put(" | ")
        return self.length

    def trim(self) -> None:
        """Forget white space before what comes next: a cell's text ends here."""
        self._glue = ""

    def text_from(self, start: int) -> str:
        """What was written since a mark."""
        pieces: list[str] = []
        left = self.length - start
        for part in reversed(self._parts):
            if left <= 0:
                break
            pieces.append(part[-left:])
            left -= len(part)
        return "".join(reversed(pieces))

    def tight(self) -> None:
        """Forget white space that has not been written yet."""
        if self._glue == " ":
            self._glue = ""

    def close(self) -> Span | None:
        """End the paragraph; its place, or None where none was open or nothing was written."""
        start, self._start = self._start, None
        if start is None:
            return None
        self._glue = "\n\n"
        return Span(start=start, end=self.length) if self.length > start else None

    def prefix(self, text: str) -> None:
        """Words of ours before a paragraph, such as `Figure 1: `; no part of it."""
        self._glued()
        self._put(text)

    def heading(self, text: str) -> Span:
        """A line of its own between paragraphs."""
        self._glue = "\n\n"
        self._glued()
        start = self.length
        self._put(text)
        self._glue = "\n\n"
        return Span(start=start, end=self.length)
