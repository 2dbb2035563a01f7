"""Scores that are too good to be true, and data that give the answer away. Findings, never a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scorer import Scorer
from .tables import ROW

if TYPE_CHECKING:
    import pandas as pd

SAME = 0.999
"""Correlation with the target from which on a column counts as the target itself."""


def in_data(scorer: Scorer) -> tuple[str, ...]:
    """What in the data could give labels away: copies of rows across the split, columns that hold the target."""
    train, found = scorer.parts["train"], []
    features = [column for column in train.columns if column not in (ROW, scorer.target)]
    seen = _hashes(train[features])
    for part in ("validation", "test"):
        rows = scorer.parts[part]
        n = int(_hashes(rows[features]).isin(seen).sum())
        if n:
            found.append(f"{n} of {len(rows)} {part} rows have exactly the features of a training row")
    numeric = scorer.metric.kind == "regression"
    given = [column for column in features if _is_target(train[column], train[scorer.target], numeric=numeric)]
    found += [
        f"the column {column!r} gives {scorer.target!r} away: it determines it almost exactly" for column in given
    ]
    return tuple(found)


def in_score(scorer: Scorer, value: float) -> tuple[str, ...]:
    """Whether a validation or test score is suspiciously perfect."""
    metric = scorer.metric
    if not abs(value - metric.best) <= 1e-9:  # of a person's own metric nobody knows the best value
        return ()
    return (f"{metric.name} is {value:g}, perfect: the predictions equal the labels, look for a leak",)


def _hashes(rows: pd.DataFrame) -> pd.Series[int]:
    import pandas as pd

    return pd.util.hash_pandas_object(rows.astype(str), index=False)


def _is_target(column: pd.Series[float], target: pd.Series[float], *, numeric: bool) -> bool:
    """Whether a column says what the target is: equal texts, or a straight line through all rows."""
    import pandas as pd

    if (column.map(str) == target.map(str)).all():
        return True
    if not numeric or not pd.api.types.is_numeric_dtype(column) or column.nunique() < 3:
        return False
    return bool(abs(column.astype(float).corr(target.astype(float))) > SAME)
