"""Arithmetic on constants in code, bounded: `2.0 + 0.24`, `-float("2.24")`, `round(2.2412, 2)`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

Number = int | float
CONVERTERS = frozenset(
    {
        "float", "int", "round", "abs", "str", "Decimal", "Fraction", "float16", "float32", "float64", "int32",
        "int64", "item", "array", "asarray", "tuple", "list", "dict", "complex", "bytes", "decode", "strip", "loads",
        "literal_eval", "eval",
    }
)  # fmt: skip
"""Calls through which a constant stays the constant it was."""

_BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip


def called(node: ast.Call) -> str:
    """The last part of what is called: `array` of `np.array(...)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def fold(node: ast.AST) -> Decimal | None:
    """The number that an expression of constants alone makes, None where it is none.

    Bounded by doing all arithmetic in floats and refusing what overflows, so `9**9**9` costs nothing.
    """
    try:
        value = _fold(node)
    except (OverflowError, ZeroDivisionError, ValueError, TypeError, InvalidOperation, RecursionError):
        return None
    return None if value is None else Decimal(repr(value))


def _fold(node: ast.AST) -> Number | None:
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _fold(node.operand)
        return None if inner is None else (-inner if isinstance(node.op, ast.USub) else inner)
    if isinstance(node, ast.BinOp):
        return _binary(node)
    if isinstance(node, ast.Call):
        return _call(node)
    return None


def _constant(value: object) -> Number | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, float) or abs(value) < 10**300 else None


def _binary(node: ast.BinOp) -> Number | None:
    left, right = _fold(node.left), _fold(node.right)
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.Pow):
        power = float(left) ** float(right)
        return power if isinstance(power, float) else None
    apply = _BINARY.get(type(node.op))
    result = apply(left, right) if apply else None
    return _constant(result)


def _call(node: ast.Call) -> Number | None:
    name = called(node)
    if name not in CONVERTERS or not node.args or node.keywords:
        return None
    first = node.args[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
        text = first.value if isinstance(first.value, str) else first.value.decode("utf-8", "replace")
        return float(text) if name != "int" else int(text)
    inner = _fold(first)
    if inner is None:
        return None
    if name == "round":
        digits = _fold(node.args[1]) if len(node.args) > 1 else 0
        return round(float(inner), int(digits or 0))
    return {"abs": abs(inner), "int": int(inner)}.get(name, inner)
