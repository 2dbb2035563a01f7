"""The numbers LaTeX would print: of sections, displays, floats and theorems."""

from __future__ import annotations

from dataclasses import dataclass, field

LEVELS = {
    "part": 0, "chapter": 0, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4, "subparagraph": 5,
}  # fmt: skip


@dataclass(frozen=True)
class Label:
    """What a `\\label` points at."""

    kind: str
    number: str


@dataclass
class TheoremKind:
    """A `\\newtheorem`: its printed name and the counter it steps; empty for the starred form."""

    title: str
    counter: str


@dataclass
class Counters:
    """All counters of one paper; a step resets what is counted within it."""

    values: dict[str, int] = field(default_factory=dict)
    within: dict[str, str] = field(default_factory=dict)
    """`theorem` counted within `section`: prints 2.1 and restarts with each section."""
    appendix: bool = False
    has_chapters: bool = False

    def step(self, name: str) -> str:
        """Count one more and return the number as printed."""
        self.values[name] = self.values.get(name, 0) + 1
        for inner, outer in self.within.items():
            if outer == name:
                self.values[inner] = 0
        return self.printed(name)

    def printed(self, name: str) -> str:
        """The number as it stands, with those it is counted within before it."""
        own = self.values.get(name, 0)
        outer = self.within.get(name)
        top = "chapter" if self.has_chapters else "section"
        shown = chr(ord("A") + (own - 1) % 26) if self.appendix and name == top and own else str(own)
        return f"{self.printed(outer)}.{shown}" if outer else shown

    def copy(self) -> Counters:
        """The same numbers, to be counted on without effect here."""
        return Counters(dict(self.values), dict(self.within), self.appendix, self.has_chapters)

    def shown(self, name: str) -> str | None:
        """What `\\thesection` and the like print, for a counter that is known; else None."""
        return self.printed(name[3:]) if name.startswith("the") and name[3:] in self.values else None

    def begin_appendix(self) -> None:
        """Sections become A, B, C …"""
        self.appendix = True
        self.values["chapter" if self.has_chapters else "section"] = 0
