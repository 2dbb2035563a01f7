"""Change the numbers of a data file so that it stays readable: same rows, columns, kinds and printed digits."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

from ..checking.perturbation import perturb
from ..errors import InputError

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_FIELD = re.compile(r"[^\s,;|]+")
_CHANGED = 0.2
"""Share of the entries of a column of labels that become another label."""
_LABELS = 12
"""A column of whole numbers with at most so many different ones holds labels."""


def perturb_file(path: Path, seed: int) -> bool:
    """Change a file in place; whether it holds numbers that could be changed. Text tables, JSON and `.npy` are."""
    if path.suffix == ".npy":
        return _npy(path, seed)
    content = path.read_bytes()
    if b"\0" in content:
        return False
    text = content.decode("utf-8", "surrogateescape")
    other = _json(text, seed) if path.suffix == ".json" else perturb_table(text, seed)
    if other == text:
        return False
    path.write_bytes(other.encode("utf-8", "surrogateescape"))
    return True


def perturb_table(text: str, seed: int) -> str:
    """A text table with its columns of numbers changed; comments, heads, running numbers and texts stay."""
    lines = text.split("\n")
    rows = [(i, list(_FIELD.finditer(line))) for i, line in enumerate(lines) if line.strip()[:1] not in ("", "#", "%")]
    width = max((len(fields) for _, fields in rows), default=0)
    draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
    changes: dict[tuple[int, int], tuple[int, str]] = {}
    for column in range(width):
        cells = [(i, f[column]) for i, f in rows if column < len(f) and _NUMBER.fullmatch(f[column][0])]
        new = _column([match[0] for _, match in cells], draw)
        changes.update({(i, m.start()): (m.end(), value) for (i, m), value in zip(cells, new, strict=True)})
    for (i, start), (end, value) in sorted(changes.items(), reverse=True):
        lines[i] = lines[i][:start] + value + lines[i][end:]
    return "\n".join(lines)


def _column(printed: Sequence[str], draw: random.Random) -> list[str]:
    values = [float(text) for text in printed]
    whole = all(re.fullmatch(r"[-+]?\d+", text) for text in printed)
    if whole and len(values) > 2 and {b - a for a, b in itertools.pairwise(values)} == {1.0}:
        return list(printed)  # a running number is a name, not a measurement
    different = sorted(set(printed))
    if whole and 1 < len(different) <= _LABELS and len(printed) > 2 * len(different):
        return [draw.choice([d for d in different if d != p]) if draw.random() < _CHANGED else p for p in printed]
    spread = (sum((v - sum(values) / len(values)) ** 2 for v in values) / len(values)) ** 0.5 if values else 0.0
    scale = spread or max(map(abs, values), default=0.0) or 1.0
    return [_other(text, value, scale, draw) for text, value in zip(printed, values, strict=True)]


def _other(printed: str, value: float, scale: float, draw: random.Random) -> str:
    """Another number with as many decimals; positive numbers stay positive, for many are sizes or errors."""
    step = draw.choice((-1, 1)) * draw.uniform(0.05, 0.15) * scale
    if value > 0 and value + step <= 0:
        step = value * draw.uniform(0.05, 0.15)
    if "e" in printed.lower():
        return f"{value + step:.6e}"
    decimals = len(printed.partition(".")[2])
    unit = 10.0**-decimals
    return f"{value + (step if abs(step) >= unit else unit):.{decimals}f}"


def _json(text: str, seed: int) -> str:
    try:
        return json.dumps(perturb(json.loads(text), seed))
    except (ValueError, InputError):
        return text


def _npy(path: Path, seed: int) -> bool:
    import numpy as np

    try:
        other = perturb(np.load(path, allow_pickle=False), seed)
    except (ValueError, InputError, OSError):
        return False
    np.save(path, other, allow_pickle=False)
    return True
