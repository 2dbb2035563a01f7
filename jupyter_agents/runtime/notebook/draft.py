"""A run's cells as a real notebook, and cells out of notebooks that people bring.

The notebook is a projection: everything in it comes from the cells, so writing it again gives the same bytes. Each
cell carries in `metadata.jupyter_agents` where it came from and a hash of its source, by which an edit shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ...records import Cell, CellResult, Json, digest

OURS = "jupyter_agents"
"""The key of everything that is ours in a notebook's and a cell's metadata."""
PERSON = "person"
"""`written_by` of cells that no agent wrote."""
SANDBOXED = "python3-sandboxed"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DISPLAY = {SANDBOXED: "Python 3 (sandboxed)", "python3": "Python 3 (ipykernel)"}


def to_notebook(
    cells: Sequence[Cell],
    *,
    kernel_name: str = SANDBOXED,
    kernel_display: str = "",
    title: str = "",
    run: str = "",
    agent: str = "",
    model: str = "",
    papers: Sequence[str] = (),
) -> Json:
    """The notebook of a draft, valid nbformat 4.5; outputs, execution counts and provenance are recorded.

    model: the one that answered, empty where none did. papers: ids with version that the whole notebook rests on.
    Ids of cells stay as they are where nbformat allows; others are made valid and unique, always the same way.
    """
    about = {"run": run, "agent": agent, "model": model, "papers": list(papers)}
    names = valid_ids([cell.id for cell in cells])
    common = {key: about[key] for key in ("run", "agent", "model") if about[key]}
    metadata: Json = {
        "kernelspec": {
            "name": kernel_name,
            "display_name": kernel_display or _DISPLAY.get(kernel_name, kernel_name),
            "language": "python",
        },
        "language_info": {"name": "python"},
        OURS: {key: value for key, value in about.items() if value},
    }
    if title:
        metadata["title"] = title
    nodes = [_node(cell, id, common, kernel_name) for cell, id in zip(cells, names, strict=True)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": nodes}


def valid_ids(ids: Iterable[str]) -> list[str]:
    """The ids as nbformat allows them (1 to 64 letters, digits, `-`, `_`), unique, changed only where they must be."""
    taken: set[str] = set()
    names = []
    for id in ids:
        name = base = id if _ID.fullmatch(id) else (re.sub(r"[^A-Za-z0-9_-]+", "-", id)[:64] or "cell")
        count = 2
        while name in taken:
            name, count = f"{base[:58]}-{count}", count + 1
        taken.add(name)
        names.append(name)
    return names


def source_hash(source: str) -> str:
    """What an agent's cell was when it wrote it: SHA-256 of the source, 64 hexadecimal digits."""
    return digest(source)


def edited(node: Json) -> bool:
    """Whether a person changed this notebook cell since an agent wrote it; False for cells that people wrote."""
    written = node.get("metadata", {}).get(OURS)
    if by_person(node) or not isinstance(written, dict):
        return False
    known = written.get("source_hash")
    return bool(written.get("edited")) or (known is not None and known != source_hash(joined(node.get("source", ""))))


def joined(text: Any) -> str:
    """A notebook's text, which may be stored as a list of lines."""
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def by_person(node: Json) -> bool:
    """Whether no agent wrote this notebook cell."""
    ours = node.get("metadata", {}).get(OURS)
    return not isinstance(ours, dict) or ours.get("written_by") == PERSON


def _ours(cell: Cell, common: Json) -> Json:
    """A cell's provenance. A person's cell is not put down to the agent, and an edited one keeps the mark of it."""
    if cell.provenance.get("written_by") == PERSON:
        return {**{key: common[key] for key in ("run",) if key in common}, **cell.provenance}
    return {**common, **cell.provenance, "source_hash": source_hash(cell.source)}


def _node(cell: Cell, id: str, common: Json, kernel_name: str) -> Json:
    ours = _ours(cell, common)
    metadata: Json = {OURS: ours}
    if cell.tags:
        metadata["tags"] = list(dict.fromkeys(cell.tags))
    node: Json = {"cell_type": cell.kind, "id": id, "metadata": metadata, "source": cell.source}
    if cell.kind == "code":
        node |= {"execution_count": None, "outputs": []}
        if cell.result is not None:
            ours["status"] = cell.result.status
            ours.setdefault("executed_in", kernel_name)
            if cell.result.dropped_bytes:
                ours["dropped_bytes"] = cell.result.dropped_bytes
            node["execution_count"] = cell.result.execution_count
            node["outputs"] = _outputs(cell.result)
    return node


_ENDS = {
    "timeout": "The cell ran over its time limit and was stopped.",
    "interrupted": "The cell was interrupted.",
    "died": "The kernel died while this cell ran.",
}


def _outputs(result: CellResult) -> list[Json]:
    outputs = [clean for output in result.outputs if (clean := _output(output, result.execution_count))]
    if not result.ok and not any(o["output_type"] == "error" for o in outputs):
        if result.error_name:
            text = f"{result.error_name}: {result.error_value}"
            outputs.append(
                {
                    "output_type": "error",
                    "ename": result.error_name,
                    "evalue": result.error_value,
                    "traceback": [text],
                }
            )
        else:
            text = _ENDS.get(result.status, "The cell failed.") + "\n"
            outputs.append({"output_type": "stream", "name": "stderr", "text": text})
    return outputs


def _output(output: Json, count: int | None) -> Json | None:
    """An output reduced to what nbformat allows for its type: kernels are not trusted to send valid ones."""
    kind = output.get("output_type")
    if kind == "stream":
        name = output.get("name")
        return {
            "output_type": kind,
            "name": name if name in ("stdout", "stderr") else "stdout",
            "text": joined(output.get("text", "")),
        }
    if kind == "error":
        frames = output.get("traceback")
        return {
            "output_type": kind,
            "ename": str(output.get("ename", "")),
            "evalue": str(output.get("evalue", "")),
            "traceback": [str(line) for line in frames] if isinstance(frames, list) else [],
        }
    if kind not in ("display_data", "execute_result") or not isinstance(output.get("data"), dict):
        return None
    metadata = output.get("metadata")
    clean: Json = {
        "output_type": kind,
        "data": {str(mime): _content(str(mime), content) for mime, content in output["data"].items()},
        "metadata": metadata if isinstance(metadata, dict) else {},
    }
    if kind == "execute_result":
        given = output.get("execution_count", count)
        clean["execution_count"] = given if isinstance(given, int) else None
    return clean


def _content(mime: str, content: Any) -> Any:
    if mime == "application/json" or mime.endswith("+json"):
        return content
    return content if isinstance(content, str) else joined(content)
