from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.agents._experiment.asked import axes, cell_source, grid, options
from jupyter_agents.agents._experiment.cellcode import prepare
from jupyter_agents.agents._experiment.summary import Ran, summarise
from jupyter_agents.errors import InputError
from jupyter_agents.records import Request

CELL = """
import numpy as np
lr = 0.1  # a default
draw = np.random.default_rng(seed)
metric("error", lr + draw.normal())
"""


def asked(**given: Any) -> Request:
    return Request(agent="experiment", text="does it matter?", options=given)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("lr=0.1,0.01", ("0.1", "0.01")),
        ("n=1,2", ("1", "2")),
        ("kind=ridge,lasso", ("'ridge'", "'lasso'")),
        ("kind='a,b','c'", ("'a,b'", "'c'")),
        ("shape=(1,2),(3,4)", ("(1, 2)", "(3, 4)")),
        ("robust=true,false", ("True", "False")),
        ("loss=None,huber", ("None", "'huber'")),
    ],
)
def test_values_of_a_sweep_are_read_as_python_or_as_texts(text: str, values: tuple[str, ...]) -> None:
    assert axes((text,))[0].values == values


def test_a_grid_holds_every_combination_and_begins_with_the_first_values() -> None:
    points = grid(axes(("a=1,2", "b=x,y")))
    assert points[0] == {"a": "1", "b": "'x'"}
    assert len(points) == 4
    assert grid(()) == ({},)


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        (("lr",), "write NAME=A,B"),
        (("lr=",), "write NAME=A,B"),
        (("2x=1,2",), "no name of a variable"),
        (("for=1,2",), "no name of a variable"),
        (("seed=1,2",), "say how many with --seeds"),
        (("lr=1,1",), "stands there twice"),
        (("lr=1", "lr=2"), "names 'lr' twice"),
        (("a=" + ",".join(map(str, range(11))), "b=" + ",".join(map(str, range(10)))), "110 grid points"),
    ],
)
def test_a_sweep_that_cannot_be_run_says_why(sweep: tuple[str, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        axes(sweep)


def test_options_are_checked_and_have_bounds() -> None:
    assert options(asked(cell="c.py", metric=None)).seeds == 5
    with pytest.raises(InputError, match="seeds"):
        options(asked(seeds=0))


def test_the_cell_comes_from_a_file_beside_whoever_asked(tmp_path: Path) -> None:
    (tmp_path / "fit.py").write_text("metric('a', 1)")
    request = Request(agent="experiment", text="", folder=str(tmp_path), options={"cell": "fit.py"})
    assert cell_source(request) == "metric('a', 1)"
    with pytest.raises(InputError, match=r"no Python file .*gone\.py"):
        cell_source(asked(cell="gone.py"))


def test_the_cells_own_default_gives_way_and_lines_keep_their_numbers() -> None:
    ready = prepare(CELL, ["lr"])
    assert ready.defaults == {"lr": "0.1"}
    assert ready.source.splitlines()[1] == "# lr = 0.1  # a default  (set from outside)"
    assert ready.file == "swept_cell.py"
    assert ready.warnings == ()


def test_a_cell_with_magics_is_kept_as_such() -> None:
    ready = prepare("%matplotlib inline\nmetric('a', lr)", ["lr"])
    assert ready.file == "swept_cell.ipy"
    assert "never reads `seed`" in ready.warnings[0]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "is empty"),
        ("def f(:", "no Python that can be read"),
        ("metric('a', 1)", "never reads 'lr'"),
        ("lr = compute()\nmetric('a', lr)", "sets 'lr' itself in line 1"),
        ("for lr in (1, 2):\n    metric('a', lr)", "sets 'lr' itself in line 1"),
        ("lr = 1; x = 2\nmetric('a', lr)", "sets 'lr' itself in line 1"),
        ("print(lr)", "shows no value; end it with metric"),
        ("%%time\nmetric('a', lr)", "begins with %%time"),
    ],
)
def test_a_cell_that_a_sweep_cannot_change_says_why(source: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        prepare(source, ["lr"])


def test_a_function_may_use_the_swept_name_for_itself() -> None:
    prepare("def f(lr):\n    lr = 2 * lr\n    return lr\nmetric('a', f(lr))", ["lr"])


def runs(values: list[list[float]]) -> list[Ran]:
    return [
        Ran(point=p, seed=s, cell=f"c{p}{s}", status="ok", values={"error": v})
        for p, row in enumerate(values)
        for s, v in enumerate(row)
    ]


def test_points_are_compared_with_the_first_seed_by_seed() -> None:
    base = [1.0, 2.0, 3.0, 4.0, 5.0]
    lines = summarise(runs([base, [v + 1 + 0.01 * v for v in base]]), [{"lr": "1"}, {"lr": "2"}])
    assert lines[0].mean == 3.0
    assert lines[0].half_width == pytest.approx(2.776 * 2.5**0.5 / 5**0.5, rel=1e-3)
    assert lines[1].difference == pytest.approx(1.03)
    assert (lines[1].difference_half_width or 1) < 0.03
    assert lines[1].says == "higher"


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ([2.0, 1.0, 3.5, 3.5, 5.0], "no difference can be told"),
        ([1.0, 2.0, 3.0, 4.0, 5.0], "equal, by the same amount for every seed"),
        ([0.0, 1.0, 2.0, 3.0, 4.0], "lower, by the same amount for every seed"),
        ([float("nan"), 1.0, 2.0, 3.0, 4.0], "4 seeds are too few to tell, 5 are needed"),
        ([float("nan")] * 5, "no run gave a finite value"),
    ],
)
def test_what_a_difference_says(other: list[float], says: str) -> None:
    lines = summarise(runs([[1.0, 2.0, 3.0, 4.0, 5.0], other]), [{}, {}])
    assert lines[1].says == says


def test_failed_runs_are_counted_and_do_not_count() -> None:
    some = [*runs([[1.0, 2.0]]), Ran(point=0, seed=2, cell="c", status="error", error="ValueError: no")]
    (line,) = summarise(some, [{}])
    assert (line.n, line.failed, line.mean) == (2, 1, 1.5)
    assert json.dumps({"mean": line.mean})
