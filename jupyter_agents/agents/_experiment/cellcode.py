"""A user's cell before it is swept: which variables it reads, which it sets itself, what it would overwrite."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Collection, Iterator
from typing import Any

from ...errors import InputError
from ...records import Record
from .asked import SEED

FILE = "swept_cell"


class Prepared(Record):
    """A cell that takes its parameters from outside."""

    file: str
    """Its name as a file that `%run -i` runs in the notebook's own namespace; `.ipy` where it holds magics."""
    source: str
    """The cell, its own defaults of swept variables commented out."""
    defaults: dict[str, str]
    """The defaults that the cell sets, as written."""
    warnings: tuple[str, ...] = ()


def prepare(source: str, swept: Collection[str]) -> Prepared:
    """Make a cell ready for a sweep over these variables.

    A default such as `lr = 0.1` at the cell's top level is commented out, so that the sweep's value holds. Raises
    InputError where the cell never reads a variable, sets it in another way, or is no Python.
    """
    if not source.strip():
        raise InputError("the cell is empty; there is nothing to run")
    if source.lstrip().startswith("%%"):
        raise InputError(f"the cell begins with {source.split()[0]}; leave this magic out, or its code cannot be read")
    source = textwrap.dedent(source).lstrip("\n")  # as IPython reads it, so that line numbers agree
    tree, magics = _parsed(source)
    reads = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    alone = [node for node in tree.body if sum(_overlap(node, other) for other in tree.body) == 1]
    found = {name: node for node in alone for name in _default(node) if name in {*swept, SEED}}
    for name in swept:
        if name not in reads:
            raise InputError(f"the cell never reads {name!r}, so a sweep over it changes nothing", name=name)
        others = [node for node in _assignments(tree, name) if node is not found.get(name)]
        if others:
            raise InputError(
                f"the cell sets {name!r} itself in line {others[0].lineno}, so a sweep over it changes nothing; "
                "leave it out there or give it as a plain default at the top",
                name=name,
            )
    warnings = () if SEED in reads else (f"the cell never reads `{SEED}`: all seeds do the same unless it draws anew",)
    if not _shows_metric(tree):
        raise InputError('the cell shows no value; end it with metric("NAME", VALUE), which the sandbox knows')
    defaults = {name: ast.unparse(node.value) for name, node in found.items() if isinstance(node, ast.Assign)}
    file = f"{FILE}.{'ipy' if magics else 'py'}"
    return Prepared(file=file, source=_without(source, found.values()), defaults=defaults, warnings=warnings)


def _parsed(source: str) -> tuple[ast.Module, bool]:
    """The cell's syntax, magics translated, and whether it holds any. Raises InputError."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        manager: Any = TransformerManager  # IPython has no types
        plain = manager().transform_cell(source)
        return ast.parse(plain), "get_ipython()" in plain and "get_ipython()" not in source
    except (SyntaxError, ValueError) as exc:
        raise InputError(f"the cell is no Python that can be read: {exc}") from exc


def _default(node: ast.stmt) -> Iterator[str]:
    """The name that a plain default sets: `name = literal`."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        try:
            ast.literal_eval(node.value)
        except ValueError:
            return
        yield node.targets[0].id


def _overlap(a: ast.stmt, b: ast.stmt) -> bool:
    """Whether two statements share a line."""
    return a.lineno <= (b.end_lineno or b.lineno) and b.lineno <= (a.end_lineno or a.lineno)


def _assignments(tree: ast.Module, name: str) -> list[ast.stmt]:
    """Statements at the cell's top level, blocks included, that set a variable; functions have names of their own."""
    found = []
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        waiting += inner
        own = [n for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt) for n in ast.walk(child)]
        if any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in own):
            found.append(node)
    return found


def _shows_metric(tree: ast.Module) -> bool:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(isinstance(call, ast.Name) and call.id == "metric" for call in calls)


def _without(source: str, nodes: Collection[ast.stmt]) -> str:
    """The source with these statements commented out; lines of magics keep their places, so numbers hold."""
    lines = source.splitlines()
    for node in nodes:
        for number in range(node.lineno - 1, (node.end_lineno or node.lineno)):
            lines[number] = f"# {lines[number]}  (set from outside)"
    return "\n".join(lines) + "\n"
