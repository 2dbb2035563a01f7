"""Data given to a run by `--data`: files, and variables of the notebook, written without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, UnknownName
from ..records import Record

if TYPE_CHECKING:
    import numpy
    import pandas

LARGEST = 200 * 1000 * 1000
"""Bytes of one variable or file."""


class Handed(Record):
    """One piece of data that a run gets."""

    name: str
    about: str
    """Its schema, for a person who looks before it goes."""
    file: str

    @property
    def path(self) -> Path:
        """Where it lies until the run has copied it."""
        return Path(self.file)


def hand_over(given: Sequence[str], folder: Path, variables: Mapping[str, object] | None) -> tuple[Handed, ...]:
    """Each `NAME=PATH` or `NAME` as a file; variables are written into `folder`.

    variables: those of the notebook, None in a shell. Raises DataError for what cannot be taken, saying why.
    """
    handed = [_one(text, folder, variables) for text in given]
    names = [item.name for item in handed]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"two pieces of data are named {name!r}; rename one by NAME=PATH", name=name)
    return tuple(handed)


def _one(text: str, folder: Path, variables: Mapping[str, object] | None) -> Handed:
    name, equals, path = text.partition("=")
    if not name.isidentifier():
        raise DataError(f"--data {text!r}: {name!r} cannot name data; write NAME=PATH", name=name)
    if equals:
        return _file(name, Path(path).expanduser())
    if variables is None:
        raise DataError(f"--data {name}: a shell has no variables; write {name}=PATH", name=name)
    if name not in variables:
        raise UnknownName("variable", name, [v for v in variables if not v.startswith("_")], where="this notebook")
    return _variable(name, variables[name], folder)


def _file(name: str, path: Path) -> Handed:
    if not path.exists():
        raise DataError(f"--data {name}: there is no file or folder {path}", name=name)
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    size = sum(p.stat().st_size for p in files)
    _check_size(name, size)
    kind = "file" if path.is_file() else f"folder of {len(files)} files"
    return Handed(name=name, about=f"{kind} {path.name}, {size:,} bytes", file=str(path.absolute()))


def _variable(name: str, value: object, folder: Path) -> Handed:
    """Types are told by name first, so that pandas and numpy are not imported for a number."""
    module = type(value).__module__.partition(".")[0]
    if module == "pandas":
        return _table(name, value, folder)
    if module == "numpy":
        return _array(name, value, folder)
    if value is None or isinstance(value, (bool, int, float, str)):
        return _scalar(name, value, folder)
    raise _untaken(name, value)


def _table(name: str, value: Any, folder: Path) -> Handed:
    import pandas
    import pyarrow

    if isinstance(value, pandas.Series):
        value = value.to_frame(name=str(value.name if value.name is not None else name))
    if not isinstance(value, pandas.DataFrame):
        raise _untaken(name, value)
    _check_size(name, int(value.memory_usage(deep=True).sum()))
    path = folder / f"{name}.parquet"
    try:
        value.to_parquet(path, engine="pyarrow")
    except (pyarrow.ArrowException, ValueError, TypeError) as exc:
        raise DataError(
            f"--data {name}: the table cannot be written as parquet: {_first(exc)}; make each column one type",
            name=name,
        ) from exc
    return Handed(name=name, about=_schema(value), file=str(path))


def _schema(table: pandas.DataFrame) -> str:
    columns = [f"{column} {kind}" for column, kind in table.dtypes.items()]
    shown = ", ".join(columns[:30]) + (f" … {len(columns) - 30} more" if len(columns) > 30 else "")
    return f"table of {len(table):,} rows: {shown}"


def _array(name: str, value: Any, folder: Path) -> Handed:
    import numpy

    if isinstance(value, numpy.generic):
        return _scalar(name, value.item(), folder)
    if type(value) is not numpy.ndarray or value.dtype.hasobject:  # a masked array would lose its mask
        raise _untaken(name, value)
    array: numpy.ndarray[Any, Any] = value
    _check_size(name, array.nbytes)
    path = folder / f"{name}.npy"
    numpy.save(path, array, allow_pickle=False)
    shape = " × ".join(f"{n:,}" for n in array.shape) or "scalar"
    return Handed(name=name, about=f"array {shape} of {array.dtype}", file=str(path))


def _scalar(name: str, value: object, folder: Path) -> Handed:
    if not (value is None or isinstance(value, (bool, int, float, str))):
        raise _untaken(name, value)
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    except ValueError as exc:
        raise DataError(f"--data {name}: {value} is no number that JSON knows", name=name) from exc
    _check_size(name, len(text))
    path = folder / f"{name}.json"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return Handed(name=name, about=f"{type(value).__name__}: {text[:80]}", file=str(path))


def _check_size(name: str, size: int) -> None:
    if size > LARGEST:
        raise DataError(
            f"--data {name} has {size / 1e6:,.0f} MB, {LARGEST / 1e6:.0f} MB are taken; give a sample of it",
            name=name,
            size=size,
        )


def _untaken(name: str, value: object) -> DataError:
    return DataError(
        f"--data {name} is a {type(value).__module__}.{type(value).__qualname__}; taken are DataFrames, numeric "
        f"arrays, texts and numbers. Write it to a file and give {name}=PATH",
        name=name,
    )


def _first(exc: Exception) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0][:300]
