"""A copy of a run's notebook where Jupyter can open it, with a kernel of its own."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ...records import Json
from .draft import OURS, SANDBOXED, valid_ids
from .files import read, write

_BANNER = (
    "> **A copy of run `{run}`.** The outputs below were recorded when the run executed these cells in its own "
    "kernel. Variables are not carried over: the kernel *{kernel}* of this copy is fresh, so run the cells from the "
    "top before you use their results. Files that the run wrote stay in the run's folder."
)


def export(
    notebook: Path,
    root: Path,
    *,
    name: str = "",
    run: str = "",
    kernel_name: str = SANDBOXED,
    kernel_display: str = "Python 3 (sandboxed)",
) -> Path:
    """Copy a notebook into a folder under Jupyter's root and say which kernel opens it; returns where it lies.

    Nothing is overwritten: a name that is taken becomes `name (1).ipynb`. The first cell says that variables are not
    carried over. Raises InputError where the source is no notebook, or the folder or the name cannot be used.
    """
    content = read(notebook)
    ours = content.get("metadata", {}).get(OURS, {})
    run = run or (str(ours.get("run", "")) if isinstance(ours, dict) else "")
    stem = (name or notebook.stem).removesuffix(".ipynb")
    if not stem or stem in (".", "..") or any(c in stem for c in '/\\\0\n\r<>:"|?*') or len(stem.encode()) > 200:
        raise InputError(f"{stem!r} cannot be the name of a notebook; use a plain name without slashes", name=stem)
    if not root.is_dir():
        raise InputError(f"there is no folder {root} to copy the notebook into; make it first", folder=str(root))
    spec = {"name": kernel_name, "display_name": kernel_display, "language": "python"}
    copy = _copy(content, run or notebook.stem, spec)
    target = _reserved(root, stem)
    try:
        write(target, copy)
    except InputError:
        target.unlink(missing_ok=True)
        raise
    return target


def _copy(content: Json, run: str, spec: Json) -> Json:
    taken = [cell["id"] for cell in content["cells"]]
    banner = {
        "cell_type": "markdown",
        "id": valid_ids([*taken, "jupyter-agents-copy"])[-1],
        "metadata": {OURS: {"banner": True}},
        "source": _BANNER.format(run=run.replace("`", "'"), kernel=spec["display_name"]),
    }
    cells = [c for c in content["cells"] if not _is_banner(c)]
    return {**content, "metadata": {**content["metadata"], "kernelspec": spec}, "cells": [banner, *cells]}


def _is_banner(cell: Json) -> bool:
    ours = cell.get("metadata", {}).get(OURS)
    return isinstance(ours, dict) and bool(ours.get("banner"))


def _reserved(root: Path, stem: str) -> Path:
    """The first free name, taken by creating it, so that two exports at once cannot meet."""
    for count in range(10_000):
        target = root / (f"{stem} ({count}).ipynb" if count else f"{stem}.ipynb")
        try:
            target.touch(exist_ok=False)
        except FileExistsError:
            continue
        except OSError as exc:
            raise InputError(f"cannot write into {root}: {exc.strerror}; choose another folder") from exc
        return target
    raise InputError(f"{root} holds ten thousand notebooks named {stem}; choose another name")
