"""The frozen scorer: computes a metric from predictions that came out of a sandbox and labels that never went in.

Its hash covers the metric's definition and code, the split and every label, so that each score says by what it was
made, and two scores with the same hash can be compared.
"""

from __future__ import annotations

import functools
import inspect
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import DataError
from ...records import digest
from . import metrics, tables
from .metrics import Metric
from .own import OwnMetric
from .tables import ROW, Part, Split

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

PREDICTION = "prediction"
"""The column of predictions."""
SHOWN = 5
"""How many offending rows a message names."""


class Scorer:
    """One metric on one split of one table; whatever it is asked later, these stay as they are."""

    def __init__(self, table: pd.DataFrame, target: str, metric: Metric, rule: Split, own: str = "") -> None:
        """Check and split the table. Raises DataError or UnknownName where that cannot be done.

        own: source of a person's own metric, which is part of the hash.
        """
        tables.check(table, target, classes=metric.kind != "regression")
        self.metric = metric
        self.target = target
        self.labels = metrics.in_order(table[target].unique()) if metric.kind != "regression" else []
        if metric.kind == "probability" and len(self.labels) != 2:
            raise DataError(
                f"{metric.name} needs two classes, {target!r} has {len(self.labels)}; choose accuracy or f1_macro"
            )
        self.parts = tables.split(table, rule)
        for part, rows in self.parts.items():
            missing = set(self.labels) - set(rows[target].map(str)) if self.labels else set()
            if missing and len(self.labels) <= tables.LEAST_ROWS:
                raise DataError(f"no {part} row is of class {sorted(missing)[0]!r}; give more data or split otherwise")
        self.hash = digest(
            [metric.name, own, inspect.getsource(metrics), inspect.getsource(tables), rule, _content(self.parts)]
        )

    def visible(self, part: Part) -> pd.DataFrame:
        """What a sandbox may see of a part: everything of the training rows, no labels of the others."""
        rows = self.parts[part]
        return rows if part == "train" else rows.drop(columns=self.target)

    def score(self, part: Part, predicted: pd.DataFrame) -> float:
        """The metric of predictions with the columns `row_id` and `prediction`, one row for each row of the part.

        Raises DataError saying what is wrong with them.
        """
        truth, given = self.aligned(part, predicted)
        return self.metric.function(truth, given)

    def aligned(self, part: Part, predicted: pd.DataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
        """Truth and predictions in the same order, as the metric wants them. Raises DataError."""
        rows = self.parts[part]
        given = _one_for_each(rows[ROW], predicted)
        return self._truth(rows[self.target]), self._predicted(given)

    def _truth(self, labels: pd.Series[Any]) -> NDArray[Any]:
        if self.metric.kind == "regression":
            return labels.to_numpy(dtype=float)
        texts = labels.map(str).to_numpy(dtype=str)
        return texts if self.metric.kind == "classes" else (texts == self.labels[-1]).astype(float)

    def _predicted(self, given: pd.Series[Any]) -> NDArray[Any]:
        if self.metric.kind == "classes":
            return self._classes(given)
        numbers = _numbers(given)
        if self.metric.kind == "probability" and ((numbers < 0) | (numbers > 1)).any():
            worst = numbers[(numbers < 0) | (numbers > 1)][0]
            raise DataError(
                f"{self.metric.name} needs the probability of {self.labels[-1]!r}, from 0 to 1; one is {worst:g}"
            )
        return numbers

    def _classes(self, given: pd.Series[Any]) -> NDArray[np.str_]:
        """Predicted classes as the labels are written; 1.0 is the class 1."""
        import numpy as np

        known = {label: label for label in self.labels}
        known |= {f"{label}.0": label for label in self.labels} | {label.removesuffix(".0"): label for label in known}
        texts = [known.get(str(value), str(value)) for value in given]
        strange = sorted({text for text in texts if text not in self.labels})
        if strange:
            raise DataError(
                f"{strange[0]!r} is no class; the classes are {', '.join(self.labels[:20])}, and "
                f"{self.metric.name} wants classes, not probabilities"
            )
        return np.array(texts, dtype=str)


def _one_for_each(wanted: pd.Series[Any], predicted: pd.DataFrame) -> pd.Series[Any]:
    """Predictions in the order of the wanted rows. Raises DataError where one is missing, double, extra or empty."""
    for column in (ROW, PREDICTION):
        if column not in predicted.columns:
            has = ", ".join(map(str, predicted.columns))
            raise DataError(f"the predictions have no column {column!r}; they have {has or 'none'}")
    ids = predicted[ROW].map(str)
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise DataError(f"{len(twice)} rows are predicted more than once: {_some(twice)}")
    missing, extra = sorted(set(wanted) - set(ids)), sorted(set(ids) - set(wanted))
    if missing:
        raise DataError(f"{len(missing)} of {len(wanted)} rows are not predicted: {_some(missing)}")
    if extra:
        raise DataError(f"{len(extra)} predictions are for rows that were not asked for: {_some(extra)}")
    given = predicted.assign(**{ROW: ids}).set_index(ROW)[PREDICTION].reindex(wanted)
    if n := int(given.isna().sum()):
        raise DataError(f"{n} predictions are missing or NaN: {_some(given.index[given.isna()])}")
    return given


def _numbers(given: pd.Series[Any]) -> NDArray[np.float64]:
    import numpy as np

    try:
        numbers: NDArray[np.float64] = given.to_numpy(dtype=float)
    except (ValueError, TypeError) as exc:
        raise DataError(f"predictions must be numbers: {exc}") from exc
    if not np.isfinite(numbers).all():
        raise DataError(f"{int((~np.isfinite(numbers)).sum())} predictions are infinite")
    return numbers


def _some(ids: Any) -> str:
    shown = ", ".join(map(str, list(ids)[:SHOWN]))
    return shown + (" …" if len(ids) > SHOWN else "")


def _content(parts: dict[Part, pd.DataFrame]) -> dict[str, str]:
    """A hash of every value of each part."""
    import hashlib

    import pandas as pd

    return {
        part: hashlib.sha256(
            pd.util.hash_pandas_object(rows.astype(str), index=False).to_numpy().tobytes()
        ).hexdigest()
        for part, rows in parts.items()
    }


@functools.lru_cache(maxsize=4)
def scorer(path: Path, fingerprint: str, target: str, metric: Metric | OwnMetric, rule: Split) -> Scorer:
    """The scorer of a file; kept, since all attempts ask for the same. Raises DataError if the file has changed."""
    if tables.fingerprint(path) != fingerprint:
        raise DataError(f"{path.name} has changed since this experiment began; start a new one", name=path.name)
    table = tables.read(path)
    if isinstance(metric, OwnMetric):
        return Scorer(table, target, _as_metric(metric, table, target), rule, metric.source)
    return Scorer(table, target, metric, rule)


def _as_metric(own: OwnMetric, table: pd.DataFrame, target: str) -> Metric:
    """A person's metric among ours; its own function is called elsewhere, in a sandbox."""
    import pandas as pd

    number = target in table.columns and pd.api.types.is_numeric_dtype(table[target])
    kind: metrics.Kind = "regression" if number else "classes"
    return Metric(own.name, "by the person's own file", own.higher, kind, math.nan, _elsewhere)


def _elsewhere(truth: object, predicted: object) -> float:
    raise DataError("a person's own metric runs in a sandbox, not here")
