"""The user's own cell, given by `--cell ID|FILE.py`: an agent always gets a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError

LARGEST = 1_000_000
"""Characters of a cell."""
FindCell = Callable[[str], str | None]
"""The source of a cell of the notebook by its id or number; None where it has not run."""


def cell_file(value: str, folder: Path, find: FindCell | None) -> str:
    """The file that holds a cell: the one named, or one written into `folder` with the source of the notebook's cell.

    find: None in a shell. Raises InputError, saying how a cell is named.
    """
    path = Path(value).expanduser()
    if path.is_file():
        return str(path.absolute())
    source = find(value) if find is not None else None
    if source is None:
        hint = "run that cell once, then give its id or its number [n]" if find else "a shell takes a file"
        raise InputError(f"--cell {value}: there is no such file, and no cell of this name; {hint}", cell=value)
    if len(source) > LARGEST:
        raise InputError(f"--cell {value} has {len(source):,} characters; {LARGEST:,} are taken", cell=value)
    content = source.encode("utf-8", "backslashreplace")
    written = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.py"
    folder.mkdir(parents=True, exist_ok=True)
    written.write_bytes(content)
    return str(written)
