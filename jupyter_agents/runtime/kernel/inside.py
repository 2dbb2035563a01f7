"""Runs in the sandboxed kernel's own namespace, under any Python: defines `claim`, `metric` and `predictions`."""


def _jupyter_agents_helpers() -> "tuple[object, object, object]":
    import hashlib
    import math
    import numbers
    import os
    import pathlib
    import re
    from typing import Any

    mime = "application/vnd.jupyter-agents.value+json"

    def show(kind: str, name: str, value: object, text: str, **more: object) -> None:
        from IPython import display

        bundle = {mime: {"v": 1, "kind": kind, "name": name, "value": value, **more}, "text/plain": text}
        shower: Any = display.display  # IPython has no types
        shower(bundle, raw=True)

    def named(name: Any, what: str) -> str:
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"the {what} must be a text that is not empty, not {name!r}")
        return name.strip()

    def single(value: Any) -> Any:
        """A plain number or text out of numpy's, pandas', torch's and Python's kinds of one value."""
        if isinstance(value, (bool, str)):
            return value
        if hasattr(value, "item") and callable(value.item):
            try:
                value = value.item()
            except (ValueError, RuntimeError, TypeError) as error:
                shape = getattr(value, "shape", None)
                raise TypeError(f"one value is needed, not {type(value).__name__} of shape {shape}") from error
        while isinstance(value, (list, tuple)) and len(value) == 1:
            value = value[0]
        if isinstance(value, (bool, str)):
            return value
        if isinstance(value, numbers.Integral):
            return int(value)
        if isinstance(value, numbers.Real) or type(value).__name__ == "Decimal":
            return float(value)
        if type(value).__name__ in ("NAType", "NaTType") or value is None:
            return math.nan
        raise TypeError(f"one number or text is needed, not {type(value).__name__}: {str(value)[:80]}")

    def portable(value: Any) -> Any:
        """JSON has no NaN or infinity, and its readers lose digits of integers above 2**53."""
        if isinstance(value, float) and not math.isfinite(value):
            return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
            return str(value)
        return value

    def claim(id: str, value: Any) -> None:
        """Show the measured value of a claim, with all its digits.

        id: the claim's id. value: a number or text; numpy and pandas scalars and arrays of one element are taken.
        """
        plain = single(value)
        show("claim", named(id, "claim's id"), portable(plain), f"{id} = {plain!r}")

    def metric(name: str, value: Any) -> None:
        """Show the value of a metric, with all its digits."""
        plain = single(value)
        if isinstance(plain, str):
            raise TypeError(f"the metric {name!r} must be a number, not the text {plain!r}")
        show("metric", named(name, "metric's name"), portable(plain), f"{name} = {plain!r}")

    def predictions(name: str, table: Any) -> None:
        """Hand over predictions: a DataFrame, Series, array or list of rows, written as CSV into the work folder."""
        named(name, "name of the predictions")
        import pandas

        frame = table if isinstance(table, pandas.DataFrame) else pandas.DataFrame(table)
        if frame.empty:
            raise ValueError(f"the predictions {name!r} are empty")
        safe = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("._") or "predictions"
        folder = pathlib.Path(os.environ.get("JUPYTER_AGENTS_WORK", "."))
        path = folder / f"predictions-{safe}.csv"
        content = frame.rename(columns=str).to_csv(index=False).encode()
        if path.is_symlink():
            path.unlink()
        path.write_bytes(content)
        shape, digest = [int(size) for size in frame.shape], hashlib.sha256(content).hexdigest()
        text = f"{name}: {shape[0]} rows, {shape[1]} columns in {path.name}"
        show("predictions", name, path.name, text, shape=shape, sha256=digest)

    return claim, metric, predictions


claim, metric, predictions = _jupyter_agents_helpers()
del _jupyter_agents_helpers
