"""`claim`, `metric` and `predictions` inside the sandbox, and their values read from a cell's outputs outside.

Inside they are plain functions of the user's namespace, put there when the kernel starts, by whoever starts it;
nothing needs to be installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...records import Json, Value, digest

MIME = "application/vnd.jupyter-agents.value+json"
_KINDS = ("claim", "metric", "predictions")


def source() -> str:
    """The code that defines the helpers in a kernel; every sandboxed one runs it as its `PYTHONSTARTUP`."""
    return (Path(__file__).parent / "inside.py").read_text(encoding="utf-8")


def values_in(outputs: Iterable[Json], cell: str = "") -> tuple[Value, ...]:
    """The values that the helpers displayed among a cell's outputs; what does not look like theirs is passed over.

    Each carries the hash of the output that holds it. Numbers that JSON lacks come as the texts `nan`, `inf`
    and `-inf`.
    """
    found = []
    for output in outputs:
        data = output.get("data")
        shown = data.get(MIME) if isinstance(data, dict) else None
        if not isinstance(shown, dict) or shown.get("kind") not in _KINDS or not isinstance(shown.get("name"), str):
            continue
        found.append(
            Value(
                kind=shown["kind"], name=shown["name"], value=shown.get("value"), cell=cell, output_hash=digest(output)
            )
        )
    return tuple(found)
