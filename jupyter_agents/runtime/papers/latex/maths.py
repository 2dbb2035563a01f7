"""Displays: kept exactly, shown without the authors' macros, counted once per block, numbered as LaTeX would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import Equation
from .counters import Label
from .lexing import DISPLAYS

if TYPE_CHECKING:
    from .walk import Walker

_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_NO_NUMBER = re.compile(r"\\(?:nonumber|notag)\b")
_ROWS = re.compile(r"\\\\(?:\s*\[[^\]]*\])?")
_BY_ROW = frozenset({"align", "gather", "eqnarray", "flalign", "alignat", "xalignat", "IEEEeqnarray"})
_INNER = re.compile(
    r"\\begin\s*\{(array|split|aligned|gathered|cases|matrix|[pbvV]matrix|smallmatrix)\*?\}.*?\\end\s*\{\1\*?\}", re.S
)


def display(walker: Walker, start: int, end: int, environment: str) -> None:
    """Write a display on lines of its own and record it."""
    latex = walker.source.text[start:end]
    numbers = _numbers(walker, latex, environment)
    labels = _LABEL.findall(latex)
    for name, number in zip(labels, numbers or [""] * len(labels), strict=False):
        walker.parts.labels.setdefault(name.strip(), Label("equation", number))
    expanded = walker.expand(latex)
    walker.writer.line()
    span = walker.writer.exact(expanded)
    walker.writer.line()
    walker.parts.equations.append(
        Equation(
            id=f"eq{len(walker.parts.equations) + 1}",
            latex=latex,
            expanded="" if expanded == latex else expanded,
            environment=environment,
            label=labels[0].strip() if labels else "",
            section=walker.section,
            span=span,
        )
    )


def _numbers(walker: Walker, latex: str, environment: str) -> list[str]:
    """One number per label of a numbered display; none for starred and bare ones."""
    if environment not in DISPLAYS or environment.endswith("*") or environment == "displaymath":
        return []
    if environment not in _BY_ROW:
        number = "" if _NO_NUMBER.search(latex) else walker.counters.step("equation")
        return [number] * max(1, len(_LABEL.findall(latex)))
    found: list[str] = []
    waiting = 0
    for row in _ROWS.split(_INNER.sub(lambda m: "".join(f"\\label{{{x}}}" for x in _LABEL.findall(m[0])), latex)):
        labels = len(_LABEL.findall(row))
        if _NO_NUMBER.search(row):
            # a label in a row without number means the next one that has it
            waiting += labels
            continue
        if not re.sub(r"\\(?:begin|end)\s*\{[^{}]*\}", "", row).strip():
            continue
        number = walker.counters.step("equation")
        found.extend([number] * (waiting + labels))
        waiting = 0
    return found
