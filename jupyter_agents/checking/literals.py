"""Values that were typed into the code instead of computed by it.

Two questions, asked of the syntax tree without running anything. *Does what a cell shows as the claim flow from
constants alone?* Followed through names, tuples, dictionaries, attributes and functions that only return constants;
any size of number counts. *Does a constant equal to the claim stand anywhere?* Only constants with at least three
significant digits count, or every `range(34)` would spoil the claim `34`.

The `parameters` cell is left out of both, except that a parameter shown unchanged as a claim is no computation
either. What this cannot see (a value split over digits, read from a file, built by `eval`) the perturbation finds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from ..records import Cell, Claim, Record
from .dataflow import Flow
from .folding import called, fold
from .numbers import Printed, numbers_in
from .verdicts import parse_claim

_DIGITS = 3
"""Fewer significant digits than this coincide by chance."""


class Typed(Record):
    """One place where a claim's value is typed into the code."""

    claim: str
    cell: str
    line: int
    """Counted from 1 within the cell."""
    code: str
    reason: str
    """A clause for the verdict."""


def typed_values(cells: Sequence[Cell], claim: Claim) -> tuple[Typed, ...]:
    """Every place outside the parameters cell where the claim's value is a literal; empty where it is computed."""
    printed = parse_claim(claim)
    trees = [(cell, parse_cell(cell.source)) for cell in cells if cell.kind == "code"]
    found = list(_shown_constants(trees, claim))
    if printed is not None and printed.digits >= _DIGITS:
        for cell, tree in trees:
            if "parameters" not in cell.tags:
                found += _equal_constants(cell, tree, claim, printed)
    return tuple({(t.cell, t.line, t.code): t for t in reversed(found)}.values())[::-1]


def parse_cell(source: str) -> ast.Module | None:
    """A cell's syntax tree; lines that are magics or shell commands become empty. None where it is not Python."""
    lines = ["" if re.match(r"\s*[%!?]", line) else line for line in source.split("\n")]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def claim_calls(tree: ast.Module | None, claim: str) -> Iterator[ast.expr]:
    """What is passed as the value by each `claim("ID", value)` of a cell; an id that is computed may be this one."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call) and called(node) == "claim":
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            name = node.args[0] if node.args else given.get("id")
            value = node.args[1] if len(node.args) > 1 else given.get("value")
            other = isinstance(name, ast.Constant) and name.value != claim
            if name is not None and value is not None and not other:
                yield value


_Trees = Sequence[tuple[Cell, ast.Module | None]]


def _shown_constants(trees: _Trees, claim: Claim) -> Iterator[Typed]:
    flow = Flow(
        [tree for cell, tree in trees if tree and "parameters" not in cell.tags],
        [tree for cell, tree in trees if tree and "parameters" in cell.tags],
    )
    for cell, tree in trees:
        for value in claim_calls(tree, claim.id):
            code = ast.unparse(value)[:80]
            if flow.constant(value):
                why = f"`{code}` in cell {cell.id} is made of constants only"
                yield Typed(claim=claim.id, cell=cell.id, line=value.lineno, code=code, reason=why)
            elif flow.parameter(value):
                why = f"`{code}` in cell {cell.id} is a parameter, shown unchanged"
                yield Typed(claim=claim.id, cell=cell.id, line=value.lineno, code=code, reason=why)


def _equal_constants(cell: Cell, tree: ast.Module | None, claim: Claim, printed: Printed) -> Iterator[Typed]:
    if tree is None:  # not Python: numbers of its text, so that nothing hides behind a magic
        places = [(cell.source.count("\n", 0, s.start) + 1, n.value, n.text) for n, s in numbers_in(cell.source)]
    else:
        places = list(_constants(tree))
    for line, value, code in places:
        if _equals(value, printed):
            why = f"`{code[:60]}` stands in cell {cell.id}, line {line}"
            yield Typed(claim=claim.id, cell=cell.id, line=line, code=code[:60], reason=why)


def _constants(tree: ast.Module) -> Iterator[tuple[int, Decimal, str]]:
    """Numbers, folded arithmetic and numbers in texts that hold nothing else, or look like JSON, or are parsed."""
    passed_over = _descriptions(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or id(node) in passed_over:
            continue
        number = fold(node)
        if number is not None:
            yield node.lineno, number, ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("utf-8", "replace")
            if re.match(r"\s*[\[{(]", text) or not re.search(r"[^\W\d_eE]", text):
                for inner, _ in numbers_in(text, spaced=False):
                    yield node.lineno, inner.value, repr(text)


def _descriptions(tree: ast.Module) -> set[int]:
    """Constants standing alone as statements: docstrings, which nothing computes with."""
    alone = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return {id(value) for value in alone if isinstance(value, ast.Constant)}


def _equals(value: Decimal, printed: Printed) -> bool:
    """Equal as printed, up to sign, and as a fraction of a percentage."""
    if not value.is_finite() or not printed.value.is_finite() or not printed.value:
        return False
    claimed = abs(Fraction(printed.value))
    scales = (1, 100) if printed.percent else (1,)
    return any(abs(Fraction(value)) * scale == claimed for scale in scales)
