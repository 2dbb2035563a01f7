"""Runs in the sandboxed kernel: another value of the same kind for data that a cell typed in."""


def _jupyter_agents_perturbed(value: object, seed: int) -> object:
    """Numbers move by 5 to 15 % of their spread (of their size, where they are equal); texts stay as they are."""
    import numbers
    from typing import Any

    import numpy
    import pandas

    draw = numpy.random.default_rng(seed)

    def array(values: Any) -> Any:
        given = numpy.asarray(values)
        if given.dtype.kind == "b":
            return numpy.logical_xor(given, draw.random(given.shape) < 0.2)
        if given.dtype.kind not in "iuf" or not given.size:
            return values
        flat = given.ravel()
        if given.dtype.kind in "iu" and flat.size > 2 and set(numpy.diff(flat)) == {1}:
            return values  # a running number is a name, not a measurement
        scale = float(numpy.nanstd(given)) or float(numpy.nanmax(numpy.abs(given))) or 1.0
        noise = draw.uniform(0.05, 0.15, given.shape) * draw.choice([-1.0, 1.0], given.shape) * scale
        if given.dtype.kind == "f":
            return given + noise
        return given + (numpy.sign(noise) * numpy.maximum(1, numpy.abs(numpy.rint(noise)))).astype(given.dtype)

    def other(data: Any) -> Any:
        if isinstance(data, pandas.DataFrame):
            changes = {name: array(data[name].to_numpy()) for name in data.columns if data[name].dtype.kind in "biuf"}
            return data.assign(**{str(k): v for k, v in changes.items()}) if changes else data
        if isinstance(data, pandas.Series):
            return pandas.Series(array(data.to_numpy()), index=data.index, name=data.name)
        if isinstance(data, numpy.ndarray):
            return array(data)
        if isinstance(data, bool):
            return not data
        if isinstance(data, numbers.Integral):
            return int(data) + max(1, round(abs(int(data)) * 0.1))
        if isinstance(data, numbers.Real):
            return float(data) * 1.1 or 0.1
        if isinstance(data, dict):
            return {key: other(part) for key, part in data.items()}
        if isinstance(data, (list, tuple)):
            if data and all(isinstance(part, numbers.Real) for part in data):
                return type(data)(array(data).tolist())
            return type(data)(other(part) for part in data)
        return data

    return other(value)
