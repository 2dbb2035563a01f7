"""The metrics that code computes, each with its definition and whether more is better.

Classes are compared as texts. Where two classes need a positive one, it is the one that sorts last: 1 over 0, True
over False, `yes` over `no`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ...errors import DataError, UnknownName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Classes = NDArray[np.str_]

Kind = Literal["regression", "classes", "probability"]
TINY = 1e-15
"""Probabilities are kept this far from 0 and 1 before a logarithm."""


@dataclass(frozen=True)
class Metric:
    """One way to score predictions."""

    name: str
    about: str
    """Its definition, in one line."""
    higher: bool
    """Whether more is better."""
    kind: Kind
    """What is predicted: a number, a class, or the probability of the positive of two classes."""
    best: float
    """The value of perfect predictions."""
    function: Callable[[Any, Any], float]
    """Of truth and predictions, arrays of equal length: floats, for classes texts, for probabilities 0 or 1 and p."""

    @property
    def direction(self) -> str:
        """`higher is better` or `lower is better`."""
        return f"{'higher' if self.higher else 'lower'} is better"


def names() -> list[str]:
    """All metrics there are."""
    return sorted(_METRICS)


def load(name: str) -> Metric:
    """The metric with this name. Raises UnknownName naming the nearest."""
    if name not in _METRICS:
        raise UnknownName("metric", name, names())
    return _METRICS[name]


def _rmse(truth: Numbers, predicted: Numbers) -> float:
    return float(((truth - predicted) ** 2).mean() ** 0.5)


def _mae(truth: Numbers, predicted: Numbers) -> float:
    return float(abs(truth - predicted).mean())


def _median_ae(truth: Numbers, predicted: Numbers) -> float:
    import numpy as np

    return float(np.median(abs(truth - predicted)))


def _r2(truth: Numbers, predicted: Numbers) -> float:
    spread = float(((truth - truth.mean()) ** 2).sum())
    if spread == 0.0:
        raise DataError("r2 is not defined where all true values are equal; choose rmse or mae")
    return 1.0 - float(((truth - predicted) ** 2).sum()) / spread


def _accuracy(truth: Classes, predicted: Classes) -> float:
    return float((truth == predicted).mean())


def _balanced_accuracy(truth: Classes, predicted: Classes) -> float:
    import numpy as np

    return float(np.mean([(predicted[truth == label] == label).mean() for label in np.unique(truth)]))


def _f1_of(label: str, truth: Classes, predicted: Classes) -> float:
    both = int(((truth == label) & (predicted == label)).sum())
    all_said = int((truth == label).sum() + (predicted == label).sum())
    return 2.0 * both / all_said if all_said else 0.0


def _f1(truth: Classes, predicted: Classes) -> float:
    import numpy as np

    labels = np.unique(truth)
    if len(labels) != 2:
        raise DataError(f"f1 needs exactly two classes, there are {len(labels)}; choose f1_macro")
    return _f1_of(in_order(labels)[-1], truth, predicted)


def _f1_macro(truth: Classes, predicted: Classes) -> float:
    import numpy as np

    return float(np.mean([_f1_of(label, truth, predicted) for label in np.unique(truth)]))


def _log_loss(truth: Numbers, p: Numbers) -> float:
    import numpy as np

    q = np.clip(p, TINY, 1.0 - TINY)
    return float(-(truth * np.log(q) + (1.0 - truth) * np.log1p(-q)).mean())


def _brier(truth: Numbers, p: Numbers) -> float:
    return float(((p - truth) ** 2).mean())


def _auc(truth: Numbers, p: Numbers) -> float:
    from scipy import stats

    positive = truth == 1.0
    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        raise DataError("auc is not defined where only one class is there; choose another metric or split")
    return float((stats.rankdata(p)[positive].sum() - n * (n + 1) / 2) / (n * m))


def in_order(labels: Any) -> list[str]:
    """Class labels sorted: as numbers where all are numbers, else as texts."""
    try:
        return sorted(map(str, labels), key=float)
    except ValueError:
        return sorted(map(str, labels))


_METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "share of rows whose class is right", True, "classes", 1.0, _accuracy),
        Metric(
            "balanced_accuracy",
            "mean over the classes of the share of each class's rows that are right",
            True,
            "classes",
            1.0,
            _balanced_accuracy,
        ),
        Metric("f1", "2·TP / (2·TP + FP + FN) of the class that sorts last of two", True, "classes", 1.0, _f1),
        Metric("f1_macro", "unweighted mean of every class's f1", True, "classes", 1.0, _f1_macro),
        Metric(
            "log_loss",
            "mean of −log of the probability given to what was true (natural logarithm, kept 1e-15 from 0 and 1)",
            False,
            "probability",
            0.0,
            _log_loss,
        ),
        Metric("brier", "mean of (p − y)², y 1 for the class that sorts last", False, "probability", 0.0, _brier),
        Metric(
            "auc",
            "chance that a random positive row is ranked above a random negative one, ties count half",
            True,
            "probability",
            1.0,
            _auc,
        ),
        Metric("rmse", "root of the mean squared error", False, "regression", 0.0, _rmse),
        Metric("mae", "mean absolute error", False, "regression", 0.0, _mae),
        Metric("median_ae", "median absolute error", False, "regression", 0.0, _median_ae),
        Metric("r2", "1 − squared error over the truth's spread about its mean", True, "regression", 1.0, _r2),
    )
}
