"""Whether an expression of a notebook's code is made of constants only, followed through names. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from .folding import CONVERTERS, called

_HARMLESS = CONVERTERS | {"claim", "metric", "print", "display", "len", "sorted", "sum", "min", "max", "repr", "type"}
"""Calls that do not change a container handed to them."""
_VIEWS = frozenset({"items", "values", "keys"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class _Value(NamedTuple):
    """What is assigned somewhere, and the function or class it stands in; None: not known to be constant."""

    node: ast.expr | None
    scope: str


class Flow:
    """All assignments of a notebook by the text of their target: `m`, `results['m']`, `Fit.m`, `fit().m` inside `fit`.

    A name is constant only if *every* assignment to it is, so `best = 0.0` before a loop that improves it is not.
    What a function returns stands under `fit()`.
    """

    def __init__(self, trees: Iterable[ast.Module], parameters: Iterable[ast.Module] = ()) -> None:
        self._assigned: dict[str, list[_Value]] = {}
        self._scopes: dict[int, str] = {}
        self._globals: set[tuple[str, str]] = set()
        for tree in trees:
            self._collect(tree)
        self._fixed = dict.fromkeys(self._assigned, True)
        self._settle()
        self._parameters = {
            node.id
            for tree in parameters
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }

    def constant(self, node: ast.expr) -> bool:
        """Whether the value can come from nothing but constants in the code."""
        return self._known(_Value(node, self._scopes.get(id(node), "")))

    def parameter(self, node: ast.expr) -> bool:
        """Whether the value is a name of the parameters cell that nothing else assigns, at most converted."""
        seen: set[str] = set()
        while True:
            while isinstance(node, ast.Call) and called(node) in CONVERTERS and node.args:
                node = node.args[0]
            if not isinstance(node, ast.Name) or node.id in seen:
                return False
            assigned = self._assigned.get(node.id, [])
            if node.id in self._parameters:
                return not assigned
            if len(assigned) != 1 or assigned[0].node is None:
                return False
            seen.add(node.id)
            node = assigned[0].node

    def _settle(self) -> None:
        """Which names are constant: all at first, then fewer until nothing changes.

        So names that refer to each other cost no more than others, and `m = m + 1` leaves it to the first `m`.
        """
        unsettled = True
        while unsettled:
            unsettled = False
            for text, values in self._assigned.items():
                if self._fixed[text] and not all(map(self._known, values)):
                    self._fixed[text], unsettled = False, True

    def _collect(self, tree: ast.Module) -> None:
        waiting: list[tuple[ast.AST, str]] = [(tree, "")]
        while waiting:
            node, scope = waiting.pop()
            self._scopes[id(node)] = scope
            self._note(node, scope)
            if isinstance(node, _FUNCTIONS):
                scope = f"{scope}{node.name}()."
            elif isinstance(node, ast.ClassDef):
                scope = f"{node.name}."
            if isinstance(node, ast.Global):
                self._globals.update((scope, name) for name in node.names)
            waiting += [(child, scope) for child in reversed(list(ast.iter_child_nodes(node)))]

    def _note(self, node: ast.AST, scope: str) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value, scope)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            self._assign(node.target, node.value, scope)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._loop(node.target, node.iter, scope)
        elif isinstance(node, ast.withitem) and node.optional_vars:
            self._assign(node.optional_vars, None, scope)
        elif isinstance(node, ast.arg):
            self._put(scope + node.arg, None, scope)
        elif isinstance(node, ast.Return):
            self._put(scope.rstrip("."), node.value, scope)
        elif isinstance(node, ast.Call):
            self._may_change(node, scope)

    def _assign(self, target: ast.expr, value: ast.expr | None, scope: str) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            for i, part in enumerate(target.elts):
                one = parts[i] if len(parts) == len(target.elts) else value
                self._assign(part.value if isinstance(part, ast.Starred) else part, one, scope)
            return
        text = ast.unparse(target)
        where = "" if (scope, text) in self._globals else scope
        self._put(where + text, value, scope)
        if isinstance(value, ast.Lambda):
            self._put(f"{where}{text}()", value.body, scope)
        if isinstance(target, ast.Subscript | ast.Attribute):  # the whole is touched by each of its parts
            self._put(self._key(target.value, scope), value, scope)

    def _loop(self, target: ast.expr, over: ast.expr, scope: str) -> None:
        if isinstance(over, ast.Tuple | ast.List):
            for element in over.elts:
                self._assign(target, element, scope)
        elif isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute) and over.func.attr in _VIEWS:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                self._assign(part, over.func.value, scope)  # `for name, value in results.items()`
        else:
            self._assign(target, None, scope)

    def _may_change(self, call: ast.Call, scope: str) -> None:
        """A method may change its object, a function its arguments: what goes in then counts as assigned."""
        if called(call) in _HARMLESS | _VIEWS:
            return
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            key = self._key(call.func.value, scope)
            for given in call.args:
                self._put(key, given, scope)
            if not call.args:
                self._put(key, None, scope)
        for passed in call.args:
            if isinstance(passed, ast.Name) and self._holds(self._key(passed, scope)):
                self._put(self._key(passed, scope), None, scope)

    def _holds(self, name: str) -> bool:
        containers = (ast.List, ast.Dict, ast.Set, ast.Call)
        return any(isinstance(value.node, containers) for value in self._assigned.get(name, []))

    def _put(self, target: str, value: ast.expr | None, scope: str) -> None:
        if target:
            self._assigned.setdefault(target, []).append(_Value(value, scope))

    def _key(self, node: ast.expr, scope: str) -> str:
        """Under what a name is known: that of its own function first, then that of the notebook."""
        text = ast.unparse(node)
        return scope + text if scope + text in self._assigned else text

    def _known(self, value: _Value) -> bool:
        try:
            return value.node is not None and self._constant(value.node, value.scope)
        except RecursionError:
            return False

    def _constant(self, node: ast.expr, scope: str) -> bool:
        if isinstance(node, ast.Constant):
            return not isinstance(node.value, bool) and node.value is not None
        if isinstance(node, ast.UnaryOp):
            return self._constant(node.operand, scope)
        if isinstance(node, ast.BinOp):
            return self._constant(node.left, scope) and self._constant(node.right, scope)
        if isinstance(node, ast.IfExp):
            return self._constant(node.body, scope) and self._constant(node.orelse, scope)
        if isinstance(node, ast.NamedExpr):
            return self._constant(node.value, scope)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return bool(node.elts) and all(self._constant(e, scope) for e in node.elts)
        if isinstance(node, ast.Dict):
            return bool(node.values) and all(self._constant(v, scope) for v in node.values)
        if isinstance(node, ast.Call):
            return self._call(node, scope)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            key = self._key(node, scope)
            if key in self._fixed:
                return self._fixed[key]
            return isinstance(node, ast.Subscript) and self._constant(node.value, scope)
        return False

    def _call(self, node: ast.Call, scope: str) -> bool:
        if called(node) in CONVERTERS:
            inside = [node.func.value] if isinstance(node.func, ast.Attribute) and not node.args else node.args
            return bool(inside) and all(self._constant(argument, scope) for argument in inside)
        return isinstance(node.func, ast.Name) and self._fixed.get(f"{node.func.id}()", False)
