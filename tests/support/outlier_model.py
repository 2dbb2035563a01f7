"""A model that plays the lead of an experiment on a line with outliers: least squares first, then robust fits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .model_replies import Json, Reply, text, tools

READ = """\
import numpy as np
import pandas as pd
train, rows = pd.read_csv("train.csv"), pd.read_csv("predict.csv")
x, y = train["x"].to_numpy(), train["y"].to_numpy()
"""
HAND_IN = """
predictions("validation", pd.DataFrame({"row_id": rows["row_id"], "prediction": a * rows["x"] + b}))
"""
LEAST_SQUARES = f"{READ}a, b = np.polyfit(x, y, 1){HAND_IN}"
BROKEN = LEAST_SQUARES.replace("np.polyfit(x, y, 1)", "np.polyfitt(x, y, 1)")
ROBUST = f"""{READ}from scipy.optimize import least_squares
a, b = least_squares(lambda p: p[0] * x + p[1] - y, np.polyfit(x, y, 1), loss="soft_l1", f_scale=0.3).x{HAND_IN}"""
CONSTANT = f"{READ}a, b = 0.0, np.median(y){HAND_IN}"

PLAN: Json = {
    "question": "Does a robust loss predict better than least squares where some points are outliers?",
    "baseline": "least squares",
    "ideas": ["soft L1 loss", "median of slopes"],
    "attempts": 4,
    "metric": "median_ae",
    "data": "line",
    "target": "y",
}
CONCLUSION: Json = {
    "answer": "Yes: the median absolute error is {{best}} against {{baseline}}, a difference of {{difference}}.",
    "limits": "One data set, one kind of outlier.",
}


def line_with_outliers(path: Path, n: int = 120) -> Path:
    """y = 2x + 1 with small noise; every fifth point lies far above at large x."""
    draw = np.random.default_rng(7)
    x = draw.uniform(0, 10, n)
    y = 2 * x + 1 + draw.normal(0, 0.3, n)
    y = np.where((np.arange(n) % 5 == 0) & (x > 5), y + 30, y)
    pd.DataFrame({"x": x, "y": y}).to_csv(path, index=False)
    return path


def attempt(code: str, change: str, parent: str = "", **more: Any) -> Reply:
    return tools(("try_attempt", {"change": change, "code": code, "parent": parent, **more}))


def ids(request: Json) -> list[str]:
    """Ids of all attempts that a request mentions, in order."""
    return list(dict.fromkeys(re.findall(r"try-[0-9a-z]{8}", json.dumps(request["messages"]))))


def last_result(request: Json) -> str:
    """Text of the last tool result, errors included."""
    results = [
        b for m in request["messages"] if m["role"] == "user" for b in m["content"] if b["type"] == "tool_result"
    ]
    return "".join(part["text"] for part in results[-1]["content"]) if results else ""


def submits(request: Json) -> set[str]:
    return {t["name"] for t in request["tools"] if t["name"].startswith("submit_")}


def play(request: Json) -> Reply:
    """Answer as a lead that does one sensible thing after the other, whatever the design asks."""
    asked = json.dumps(request["messages"])
    wanted, there = submits(request), last_result(request)
    if scored := re.search(r"(try-\w{8}) \(attempt \d+, \d+ left\): validation", there):
        return tools(("submit_attempt", {"id": scored[1], "learned": "it has a score"}))
    if "submit_plan" in wanted and "plan accepted" not in asked:
        return tools(("look_at_data", {})) if not there else tools(("submit_plan", PLAN))
    if "submit_attempt" in wanted and "first attempt, the plain baseline" in asked:
        return attempt(LEAST_SQUARES, "least squares")
    if "submit_attempt" in wanted and "from scratch, of another kind" in asked:
        return attempt(BROKEN, "another fit") if "no attribute" not in asked else text("I give up here.")
    if "gave no score. Find out" in asked:
        return attempt(CONSTANT, "a constant", ids(request)[-1])
    if "by exactly one change" in asked:
        return attempt(ROBUST, "soft L1 instead of squares", ids(request)[0])
    if "names for the conclusion" in asked:
        return tools(("submit_conclusion", {**CONCLUSION, "stopped_early": "enough"}))
    return tools(("score_test", {}))
