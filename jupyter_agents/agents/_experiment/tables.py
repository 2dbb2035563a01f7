"""Data given to an experiment: read as a table, checked, and split into training, validation and test rows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import DataError, UnknownName
from ...records import Record

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Part = Literal["train", "validation", "test"]
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
LEAST_ROWS = 10
"""Of each part; fewer say nothing."""
ROW = "row_id"
"""The column that names a row; drawn, so that the order of the file says nothing about the label."""
READ = {".csv": "read_csv", ".tsv": "read_table", ".parquet": "read_parquet", ".json": "read_json"}


class Split(Record):
    """How rows are divided; the same values give the same division."""

    seed: int
    how: Literal["random", "grouped", "ordered"] = "random"
    """`grouped`: rows with the same value of `by` stay together. `ordered`: the last rows by `by` are the test."""
    by: str = ""


def read(path: Path) -> pd.DataFrame:
    """The table in a file. Raises DataError saying what can be read."""
    import pandas as pd
    import pyarrow

    if path.suffix == ".npy":
        return _array(path)
    if path.suffix not in READ:
        raise DataError(f"{path.name} is no table; give one of {', '.join([*READ, '.npy'])}", name=path.name)
    try:
        table = getattr(pd, READ[path.suffix])(path)
    except (ValueError, OSError, pyarrow.ArrowException) as exc:
        raise DataError(f"{path.name} cannot be read as a table: {_first_line(exc)}", name=path.name) from exc
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{path.name} holds no table but one value; give a table", name=path.name)
    return table.rename(columns=str)


def _array(path: Path) -> pd.DataFrame:
    """A two-dimensional array as columns `x0`, `x1` …"""
    import numpy as np
    import pandas as pd

    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError) as exc:
        raise DataError(f"{path.name} cannot be read as an array: {_first_line(exc)}", name=path.name) from exc
    if array.ndim != 2:
        raise DataError(f"{path.name} has {array.ndim} dimensions; a table has rows and columns", name=path.name)
    return pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])])


def fingerprint(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(table: pd.DataFrame, target: str, *, classes: bool) -> None:
    """Raises DataError, UnknownName where a table cannot be learnt from: no target, no labels, nothing to learn."""
    import numpy as np
    import pandas as pd

    if not target:
        raise DataError("nobody said which column is to be predicted; say --target COLUMN", target=target)
    if target not in table.columns:
        raise UnknownName("column", target, map(str, table.columns), where="the data")
    if table.columns.duplicated().any():
        twice = sorted(set(table.columns[table.columns.duplicated()]))
        raise DataError(f"the data have more than one column named {', '.join(twice)}; rename them")
    if ROW in table.columns:
        raise DataError(f"the data have a column {ROW!r}, which is the name of ours; rename it")
    if table.shape[1] < 2:
        raise DataError(f"the data have no column beside {target!r}; there is nothing to predict it from")
    labels = table[target]
    if missing := int(labels.isna().sum()):
        raise DataError(f"{missing} of {len(table)} rows have no {target!r}; drop or fill them first", missing=missing)
    if not classes and not pd.api.types.is_numeric_dtype(labels):
        raise DataError(f"{target!r} holds {labels.dtype}, no numbers; choose a metric for classes such as accuracy")
    if not classes and not np.isfinite(labels.to_numpy(dtype=float)).all():
        raise DataError(f"{target!r} holds infinities; drop these rows first")
    if labels.nunique() < 2:
        raise DataError(f"{target!r} has the same value in every row; there is nothing to learn")


def split(table: pd.DataFrame, rule: Split) -> dict[Part, pd.DataFrame]:
    """Training, validation and test rows with a column `row_id`. Raises DataError where a part would be too small."""
    import numpy as np

    if rule.how != "random" and rule.by not in table.columns:
        raise UnknownName("column", rule.by, map(str, table.columns), where=f"the data, to split {rule.how} by")
    draw = np.random.default_rng(rule.seed)
    ids = [f"r{i:06d}" for i in draw.permutation(len(table))]
    named = table.reset_index(drop=True)
    named.insert(0, ROW, ids)
    parts: dict[Part, pd.DataFrame] = {}
    for part, rows in _rows(table, rule, draw).items():
        parts[part] = named.iloc[rows].sort_values(ROW).reset_index(drop=True)
    for part, rows_of in parts.items():
        if len(rows_of) < LEAST_ROWS:
            raise DataError(
                f"{len(table)} rows leave {len(rows_of)} for {part}, at least {LEAST_ROWS} are needed; give more data",
                rows=len(table),
            )
    return parts


def _rows(table: pd.DataFrame, rule: Split, draw: np.random.Generator) -> dict[Part, NDArray[np.int64]]:
    """Row numbers of each part."""
    import numpy as np

    n = len(table)
    if rule.how == "random":
        return _cut(draw.permutation(n))
    if rule.how == "ordered":
        if table[rule.by].isna().any():
            raise DataError(f"{rule.by!r} is missing in some rows, so they have no place in time; drop them first")
        return _cut(np.argsort(table[rule.by].to_numpy(), kind="stable"))
    if table[rule.by].isna().any():
        raise DataError(f"{rule.by!r} is missing in some rows, so they belong to no group; drop or fill them first")
    codes, groups = table[rule.by].factorize()
    if len(groups) < len(SHARES):
        raise DataError(f"{rule.by!r} has {len(groups)} groups; three parts need at least {len(SHARES)}")
    return {part: np.flatnonzero(np.isin(codes, mine)) for part, mine in _cut(draw.permutation(len(groups))).items()}


def _cut(order: NDArray[np.int64]) -> dict[Part, NDArray[np.int64]]:
    """An order cut into the three shares; every part gets at least one where there are three."""
    n = len(order)
    n_test, n_validation = (max(1, round(SHARES[part] * n)) for part in ("test", "validation"))
    cut = max(n - n_test - n_validation, 0)
    return {
        "train": order[:cut],
        "validation": order[cut : cut + n_validation],
        "test": order[cut + n_validation :],
    }


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0][:200]
