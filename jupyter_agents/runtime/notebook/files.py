"""Notebooks on disk: written whole or not at all, read with care, for they come from anywhere."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any, cast

from ...errors import InputError, UnknownName
from ...records import Cell, CellResult, CellStatus, Json, digest
from .draft import OURS, PERSON, by_person, edited, joined, valid_ids

MAX_BYTES = 64 << 20
"""Of a notebook that people bring; larger ones hold outputs nobody reads."""
MAX_CODE_BYTES = 1 << 20


def write(path: Path, notebook: Json) -> None:
    """Write a notebook so that whoever looks sees the old one or the new one, never half of it.

    Raises InputError where it is no valid notebook or its folder cannot be written.
    """
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it would only warn of (no ids) cannot come out of a draft
            nbformat.validate(notebook)
    except nbformat.ValidationError as exc:
        raise InputError(f"the notebook for {path} is not valid and was not written: {_first_line(exc)}") from exc
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    try:
        replace(path, text.encode("utf-8", "replace"))
    except OSError as exc:
        raise InputError(f"cannot write {path}: {exc.strerror}; choose another folder") from exc


def replace(path: Path, data: bytes) -> None:
    """Put these bytes at the path through a synced temporary file beside it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's umask; reading it means setting it, so it is set to something safe for the moment."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def read(path: Path) -> Json:
    """A notebook as valid nbformat 4.5, older formats upgraded; cells without an id get one that stays the same.

    Raises InputError for what is missing, too large, no JSON or no notebook.
    """
    import nbformat

    text = _text(path, MAX_BYTES, "notebook")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{path} is not a notebook: it is no JSON ({exc})", path=str(path)) from exc
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise InputError(f"{path} is not a notebook: it has no `nbformat` number", path=str(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids that are missing or double: they are given below
            notebook = _upgraded(raw)
            nbformat.validate(notebook)
    except (nbformat.ValidationError, ValueError, KeyError, AttributeError, TypeError, IndexError) as exc:
        raise InputError(f"{path} is not a valid notebook: {_first_line(exc)}", path=str(path)) from exc
    return notebook


def _upgraded(raw: Json) -> Json:
    import nbformat

    if raw["nbformat"] > 4:
        raise ValueError(f"its format {raw['nbformat']} is newer than 4, the newest that can be read here")
    untyped: Any = nbformat
    old = raw["nbformat"] < 4
    notebook: Json = json.loads(json.dumps(untyped.convert(untyped.from_dict(raw), 4))) if old else raw
    if not isinstance(notebook.get("cells"), list):
        raise ValueError("it has no list of cells")
    given = [cell.get("id") if not old else None for cell in notebook["cells"]]
    made = [_made_id(i, cell) for i, cell in enumerate(notebook["cells"])]
    ids = valid_ids(g if isinstance(g, str) else m for g, m in zip(given, made, strict=True))
    cells = [{**cell, "id": id} for cell, id in zip(notebook["cells"], ids, strict=True)]
    minor = max(5, int(notebook.get("nbformat_minor", 0)))
    return {**notebook, "cells": cells, "nbformat_minor": minor}


def _made_id(index: int, cell: Json) -> str:
    return f"cell-{index + 1}-{digest(joined(cell.get('source', '')))[:8]}"


def from_notebook(path: Path) -> tuple[Cell, ...]:
    """The code and markdown cells of a notebook with their stored outputs; raw cells are left out.

    Raises InputError as `read` does.
    """
    return tuple(_cell(node) for node in read(path)["cells"] if node["cell_type"] in ("code", "markdown"))


def _cell(node: Json) -> Cell:
    metadata = node.get("metadata", {})
    return Cell(
        id=node["id"],
        kind=node["cell_type"],
        source=joined(node.get("source", "")),
        tags=tuple(map(str, metadata.get("tags", ()))),
        result=_result(node) if node["cell_type"] == "code" else None,
        provenance=_provenance(node),
    )


def _provenance(node: Json) -> Json:
    """What is known of where a cell came from; that a person edited it is remembered when it is written again."""
    if by_person(node):
        return {"written_by": PERSON}
    ours = {k: v for k, v in node["metadata"][OURS].items() if k not in ("status", "source_hash")}
    return {**ours, "edited": True} if edited(node) else ours


def _result(node: Json) -> CellResult | None:
    outputs, count = node.get("outputs", []), node.get("execution_count")
    ours: Any = node.get("metadata", {}).get(OURS)
    status = ours.get("status") if isinstance(ours, dict) else None
    if not outputs and count is None and status is None:
        return None
    error = next((o for o in outputs if o.get("output_type") == "error"), None)
    if status not in ("ok", "error", "timeout", "interrupted", "died"):
        status = "error" if error else "ok"
    return CellResult(
        status=cast(CellStatus, status),
        outputs=tuple(outputs),
        execution_count=count,
        error_name=error["ename"] if error else "",
        error_value=error["evalue"] if error else "",
    )


def find_cell(which: str, *, notebook: Path | None = None, folder: Path | None = None) -> Cell:
    """The code that `--cell ID|FILE.py` names: a file of Python, or a code cell of the notebook by its id.

    A beginning of an id will do where only one cell has it. Raises InputError, for an unknown id UnknownName.
    """
    if which.endswith(".py"):
        path = (folder or Path()) / Path(which).expanduser()
        return Cell(id=valid_ids([path.stem])[0], kind="code", source=_text(path, MAX_CODE_BYTES, "Python file"))
    if notebook is None:
        raise InputError(f"cell {which!r} is in no notebook here; name a file that ends in .py", cell=which)
    cells = {cell.id: cell for cell in from_notebook(notebook) if cell.kind == "code"}
    if which in cells:
        return cells[which]
    begins = [id for id in cells if which and id.startswith(which)]
    if len(begins) == 1:
        return cells[begins[0]]
    raise UnknownName("cell", which, cells, where=str(notebook))


def _text(path: Path, limit: int, what: str) -> str:
    """A regular file's text. The limit is kept while reading, for a file may grow or be no file at all."""
    try:
        if not path.is_file():
            raise InputError(f"there is no {what} {path}; check the path", path=str(path))
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as exc:
        raise InputError(f"cannot read {path}: {exc.strerror}", path=str(path)) from exc
    if len(data) > limit:
        raise InputError(
            f"{path} is larger than {limit >> 20} MB; clear its outputs or make a smaller copy", path=str(path)
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError(f"{path} is not UTF-8 text (byte {exc.start}); save it as UTF-8", path=str(path)) from exc


def _first_line(exc: Exception) -> str:
    lines = str(exc).strip().splitlines()
    return lines[0][:200] if lines else type(exc).__name__
