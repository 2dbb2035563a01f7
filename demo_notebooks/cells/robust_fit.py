"""One fit of a straight line, as a sweep runs it: `loss` and `seed` come from outside, and so do the `points`."""

import numpy as np
from scipy.optimize import least_squares

loss = "linear"
draw = np.random.default_rng(seed)
order = draw.permutation(len(points))
fitted, held_out = points.iloc[order[: len(points) // 2]], points.iloc[order[len(points) // 2 :]]


def misses(line, rows):
    return line[0] * rows["x"] + line[1] - rows["y"]


line = least_squares(misses, x0=[0.0, 0.0], args=(fitted,), loss=loss, f_scale=0.5).x
metric("median_ae", np.median(abs(misses(line, held_out))))
metric("slope", line[0])
