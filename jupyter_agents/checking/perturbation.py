"""Perturb what a claim says it depends on: a value that does not move was not computed from it.

The pure half: what to change into what, and what the outcome says. Running the cells again is the caller's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..records import Record, Verdict, changed

if TYPE_CHECKING:
    import numpy as np

_NOISE = 1e-9
"""Relative change below which a value only shows the rounding of another order of summation."""


class Perturbation(Record):
    """One perturbed run as seen by one claim."""

    claim: str
    names: tuple[str, ...]
    """Parameters or data files that were changed, together."""
    before: Any = None
    after: Any = None
    """None where the perturbed run showed no value, for instance because it failed."""

    @property
    def moved(self) -> bool | None:
        """Whether the value moved; None where the perturbed run says nothing."""
        return None if self.before is None or self.after is None else moved(self.before, self.after)


def perturb(value: Any, seed: int, *, choices: Sequence[Any] = ()) -> Any:
    """Another value of the same type and kind, the same for the same seed, always different from `value`.

    Whole numbers grow by 1 or up to 30 %, so counts stay counts; floats change by 5 to 30 % and keep their sign;
    zero becomes a small positive number; booleans flip; lists, dictionaries and arrays change element by element.
    A text can only become another of `choices`. Raises InputError for what cannot be perturbed.
    """
    draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
    others = [choice for choice in choices if choice != value]
    if others:
        return draw.choice(others)
    return _perturb(value, draw)


def _perturb(value: Any, draw: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        step = max(1, math.ceil(abs(value) * draw.uniform(0.05, 0.3)) if abs(value) < 10**15 else abs(value) // 10)
        return value - step if value < 0 else value + step
    if isinstance(value, float):
        return _other_float(value, draw)
    if isinstance(value, list | tuple) and value:
        return type(value)(_perturb(each, draw) for each in value)
    if isinstance(value, dict) and value:
        return {key: _perturb(each, draw) for key, each in value.items()}
    if type(value).__module__.startswith("numpy") and hasattr(value, "dtype"):
        return _other_array(value, draw)
    kind = type(value).__name__
    raise InputError(f"a value of type {kind} cannot be perturbed ({value!r:.60}); name the choices it has", kind=kind)


def _other_float(value: float, draw: random.Random) -> float:
    if not math.isfinite(value):
        raise InputError(f"a parameter that is {value} cannot be perturbed; give it a number")
    if value == 0.0:
        return draw.uniform(0.05, 0.3)
    by = draw.uniform(0.05, 0.3)
    # a fraction such as 0.9 stays below 1, where a probability would otherwise leave its range
    return value * (1 - by) if 0.5 < abs(value) <= 1 or abs(value) > 1e300 else value * (1 + by)


def _other_array(value: Any, draw: random.Random) -> np.ndarray[Any, Any]:
    """Noise of a tenth of the spread (of the size, where all are equal); whole numbers move by at least 1."""
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind == "b":
        return np.asarray(~array)
    if array.dtype.kind not in "iufc" or not array.size:
        raise InputError(f"an array of type {array.dtype} and shape {array.shape} cannot be perturbed; name numbers")
    scale = float(np.nanstd(array)) or float(np.nanmax(np.abs(array))) or 1.0
    noise = np.random.default_rng(draw.getrandbits(32)).uniform(0.05, 0.15, array.shape) * scale
    if array.dtype.kind in "iu":
        return np.asarray(array + np.maximum(1, np.rint(noise)).astype(array.dtype))
    signs = np.random.default_rng(draw.getrandbits(32)).choice([-1.0, 1.0], array.shape)
    return np.asarray(array + (noise * signs).astype(array.dtype))


def moved(before: Any, after: Any) -> bool:
    """Whether two shown values differ by more than rounding noise; NaN and NaN are the same."""
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return len(before) != len(after) or any(moved(b, a) for b, a in zip(before, after, strict=True))
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (before, after))
    if not numbers:
        return bool(before != after)
    if math.isnan(before) or math.isnan(after):
        return math.isnan(before) != math.isnan(after)
    return not math.isclose(before, after, rel_tol=_NOISE, abs_tol=0.0)


def downgrade(verdict: Verdict, perturbations: Iterable[Perturbation]) -> Verdict:
    """The verdict after perturbation: `unchecked` where no perturbed run moved the value and one or more could tell.

    A run that failed says nothing; where none says anything the verdict stays and its reason says so.
    """
    tried = [p for p in perturbations if p.claim == verdict.claim]
    if verdict.status not in ("reproduced", "mismatch") or not tried or any(p.moved for p in tried):
        return verdict
    told = [p for p in tried if p.moved is not None]
    if not told:
        return changed(
            verdict, reason=f"{verdict.reason}; the perturbed runs showed no value, so it is not known to depend on "
            f"{_listed(tried)}",
        )  # fmt: skip
    reason = f"the value does not move when {_listed(told)} is perturbed; before that: {verdict.reason}"
    return changed(verdict, status="unchecked", reason=reason)


def _listed(perturbations: Iterable[Perturbation]) -> str:
    names = dict.fromkeys(name for p in perturbations for name in p.names)
    return " or ".join(names)
