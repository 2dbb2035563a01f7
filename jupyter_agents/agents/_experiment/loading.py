"""Data that came with a request: where it lies, and code that loads it under its name inside a kernel."""

from __future__ import annotations

from pathlib import Path

from ...errors import DataError
from ...records import Record
from ...tools import Desk
from .tables import READ

LOADERS = {
    **{suffix: f"pandas.{reader}({{file!r}})" for suffix, reader in READ.items() if suffix != ".json"},
    ".npy": "numpy.load({file!r}, allow_pickle=False)",
    ".json": "json.loads(pathlib.Path({file!r}).read_text())",
}
"""By suffix; anything else is given as a path."""


class Given(Record):
    """One piece of data of a request."""

    name: str
    path: Path


def root_of(desk: Desk) -> Path:
    """The run's own folder, from any branch of it."""
    for folder in (desk.folder, *desk.folder.parents):
        if (folder / "request.json").is_file():
            return folder
    return desk.folder


def given(desk: Desk) -> tuple[Given, ...]:
    """The data that came with the request, by name. They lie outside what any kernel sees."""
    folder = root_of(desk) / "data"
    if not folder.is_dir():
        return ()
    return tuple(Given(name=path.name.split(".")[0], path=path) for path in sorted(folder.iterdir()))


def the_table(desk: Desk, name: str) -> Given:
    """The data with this name; without a name the only one there is. Raises DataError."""
    there = given(desk)
    named = [one for one in there if one.name == name] if name else list(there)
    if len(named) == 1:
        return named[0]
    has = ", ".join(one.name for one in there) or "none"
    raise DataError(f"which data are meant by {name!r}? There are: {has}", name=name)


def place_all(desk: Desk) -> None:
    """Put all data of the request where the run's kernels see them."""
    for one in given(desk):
        desk.place(one.path.name, one.path)


def loading(there: tuple[Given, ...]) -> str:
    """Code that loads each piece under its name; empty where there is none."""
    lines = [f"{one.name} = {_loader(one.path)}" for one in there]
    modules = [m for m in ("json", "numpy", "pandas", "pathlib") if any(f"{m}." in line for line in lines)]
    return "\n".join([*(f"import {module}" for module in modules), *lines])


def _loader(path: Path) -> str:
    suffix = path.suffix if path.is_file() else ""
    return LOADERS.get(suffix, "pathlib.Path({file!r})").format(file=path.name)
