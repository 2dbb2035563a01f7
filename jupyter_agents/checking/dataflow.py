"""Whether an expression of a notebook's code is made of constants only, followed through names. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .folding import CONVERTERS, called

_HARMLESS = CONVERTERS | {
    "claim",
    "metric",
    "print",
    "display",
    "len",
    "sorted",
    "sum",
    "min",
    "max",
    "repr",
    "type",
    "items",
    "values",
    "keys",
}
"""Calls that do not change a container handed to them."""

_VIEWS = frozenset({"items", "values"})


class Flow:
    """All assignments of a notebook by the text of their target: `m`, `results['m']`, `Fit.m`.

    A name is constant only if *every* assignment to it is, so `best = 0.0` before a loop that improves it is not.
    """

    def __init__(self, trees: Iterable[ast.Module], parameters: Iterable[ast.Module] = ()) -> None:
        self._assigned: dict[str, list[ast.expr | None]] = {}
        self._returned: dict[str, list[ast.expr | None]] = {}
        for tree in trees:
            self._collect(tree.body, "")
        self._parameters = {
            node.id
            for tree in parameters
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }

    def constant(self, node: ast.expr) -> bool:
        """Whether the value can come from nothing but constants in the code."""
        return self._constant(node, frozenset())

    def parameter(self, node: ast.expr) -> bool:
        """Whether the value is a name of the parameters cell that nothing else assigns, at most converted."""
        while isinstance(node, ast.Call) and called(node) in CONVERTERS and node.args:
            node = node.args[0]
        if isinstance(node, ast.Name) and node.id not in self._parameters:
            assigned = self._assigned.get(node.id, [])
            if len(assigned) == 1 and isinstance(assigned[0], ast.Name) and assigned[0].id != node.id:
                return self.parameter(assigned[0])
        return isinstance(node, ast.Name) and node.id in self._parameters and node.id not in self._assigned

    def _collect(self, body: Iterable[ast.stmt], scope: str) -> None:
        for statement in body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                self._returned[statement.name] = [
                    node.value for node in ast.walk(statement) if isinstance(node, ast.Return) and node.value
                ] or [None]
            if isinstance(statement, ast.ClassDef):
                self._collect(statement.body, f"{statement.name}.")
                continue
            for node in ast.walk(statement):
                self._note(node, scope)

    def _note(self, node: ast.AST, scope: str) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value, scope)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            self._assign(node.target, node.value, scope)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._loop(node.target, node.iter, scope)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if item.optional_vars:
                    self._assign(item.optional_vars, None, scope)
        elif isinstance(node, ast.arguments):
            for argument in [*node.posonlyargs, *node.args, *node.kwonlyargs]:
                self._put(argument.arg, None)
        elif isinstance(node, ast.Call):
            self._may_change(node)

    def _assign(self, target: ast.expr, value: ast.expr | None, scope: str) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            paired = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
            for i, part in enumerate(target.elts):
                one = value.elts[i] if paired and isinstance(value, ast.Tuple | ast.List) else value
                self._assign(part.value if isinstance(part, ast.Starred) else part, one, scope)
            return
        self._put(scope + ast.unparse(target), value)
        if isinstance(target, ast.Subscript | ast.Attribute):  # the whole is touched by each of its parts
            self._put(ast.unparse(target.value), value)

    def _loop(self, target: ast.expr, over: ast.expr, scope: str) -> None:
        if isinstance(over, ast.Tuple | ast.List):
            for element in over.elts:
                self._assign(target, element, scope)
        elif isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute) and over.func.attr in _VIEWS:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            for part in parts:  # `for name, value in results.items()`: as constant as the dictionary
                self._assign(part, over.func.value, scope)
        else:
            self._assign(target, None, scope)

    def _may_change(self, call: ast.Call) -> None:
        """A method may change its object, a function its arguments: what goes in then counts as assigned."""
        if called(call) in _HARMLESS:
            return
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            given: list[ast.expr | None] = [*call.args] or [None]
            for argument in given:
                self._put(call.func.value.id, argument)
        for passed in call.args:
            if isinstance(passed, ast.Name) and self._holds(passed.id):
                self._put(passed.id, None)

    def _holds(self, name: str) -> bool:
        containers = (ast.List, ast.Dict, ast.Set, ast.Call)
        return any(isinstance(value, containers) for value in self._assigned.get(name, []))

    def _put(self, target: str, value: ast.expr | None) -> None:
        self._assigned.setdefault(target, []).append(value)

    def _constant(self, node: ast.expr | None, seen: frozenset[str]) -> bool:
        if node is None:
            return False
        if isinstance(node, ast.Constant):
            return not isinstance(node.value, bool) and node.value is not None
        if isinstance(node, ast.UnaryOp):
            return self._constant(node.operand, seen)
        if isinstance(node, ast.BinOp):
            return self._constant(node.left, seen) and self._constant(node.right, seen)
        if isinstance(node, ast.IfExp):
            return self._constant(node.body, seen) and self._constant(node.orelse, seen)
        if isinstance(node, ast.NamedExpr):
            return self._constant(node.value, seen)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return bool(node.elts) and all(self._constant(e, seen) for e in node.elts)
        if isinstance(node, ast.Dict):
            return bool(node.values) and all(self._constant(v, seen) for v in node.values)
        if isinstance(node, ast.Call):
            return self._call(node, seen)
        return self._named(node, seen)

    def _named(self, node: ast.expr, seen: frozenset[str]) -> bool:
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return False
        text = ast.unparse(node)
        if text in seen:
            return True  # `m = m + 1`: the other assignments decide
        if text in self._assigned:
            return all(self._constant(value, seen | {text}) for value in self._assigned[text])
        if isinstance(node, ast.Subscript):
            return self._constant(node.value, seen)
        return False

    def _call(self, node: ast.Call, seen: frozenset[str]) -> bool:
        name = called(node)
        if name in CONVERTERS:
            inside = [node.func.value] if isinstance(node.func, ast.Attribute) and not node.args else node.args
            return bool(inside) and all(self._constant(argument, seen) for argument in inside)
        if isinstance(node.func, ast.Name) and name in self._returned and name not in seen:
            return all(self._constant(value, seen | {name}) for value in self._returned[name])
        return False
