from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_agents.agents._experiment import leaks, metrics, own, tables
from jupyter_agents.agents._experiment.scorer import Scorer, scorer
from jupyter_agents.agents._experiment.tables import ROW, Split
from jupyter_agents.errors import DataError, InputError, UnknownName
from jupyter_agents.records import Request


def points(n: int = 100, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=n)
    return pd.DataFrame({"x": x, "site": draw.integers(0, 8, n), "y": 2 * x + draw.normal(size=n)})


def kinds(n: int = 100) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    x = draw.normal(size=n)
    return pd.DataFrame({"x": x, "ill": np.where(x + draw.normal(size=n) > 0, "yes", "no")})


def of(table: pd.DataFrame, target: str, metric: str, rule: Split | None = None) -> Scorer:
    return Scorer(table, target, metrics.load(metric), rule or Split(seed=3))


def answers(judge: Scorer, values: Any) -> pd.DataFrame:
    return pd.DataFrame({ROW: judge.parts["validation"][ROW], "prediction": values})


@pytest.mark.parametrize(
    ("name", "truth", "predicted", "value"),
    [
        ("rmse", [1.0, 2.0, 3.0], [1.0, 2.0, 6.0], math.sqrt(3)),
        ("mae", [1.0, 2.0, 3.0], [1.0, 2.0, 6.0], 1.0),
        ("median_ae", [1.0, 2.0, 3.0], [1.0, 2.5, 6.0], 0.5),
        ("r2", [1.0, 2.0, 3.0], [1.0, 2.0, 4.0], 0.5),
        ("accuracy", ["a", "b", "b", "b"], ["a", "a", "b", "b"], 0.75),
        ("balanced_accuracy", ["a", "b", "b", "b", "b"], ["a", "a", "a", "b", "b"], 0.75),
        ("f1", ["0", "1", "1", "0"], ["1", "1", "0", "0"], 0.5),
        ("f1_macro", ["a", "b", "c"], ["a", "b", "b"], (1 + 2 / 3 + 0) / 3),
        ("brier", [1.0, 0.0], [0.8, 0.4], 0.1),
        ("log_loss", [1.0, 0.0], [0.5, 0.5], math.log(2)),
        ("auc", [1.0, 0.0, 1.0, 0.0], [0.9, 0.1, 0.5, 0.5], 0.875),
    ],
)
def test_a_metric_is_what_its_definition_says(name: str, truth: Any, predicted: Any, value: float) -> None:
    assert metrics.load(name).function(np.array(truth), np.array(predicted)) == pytest.approx(value, abs=1e-12)


def test_every_metric_says_what_perfect_predictions_give() -> None:
    truths = {
        "regression": np.array([1.0, 2.0, 4.0]),
        "classes": np.array(["0", "1", "1"]),
        "probability": np.array([0.0, 1.0, 1.0]),
    }
    for name in metrics.names():
        metric = metrics.load(name)
        assert metric.function(truths[metric.kind], truths[metric.kind]) == pytest.approx(metric.best, abs=1e-12)


def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'accuracy'"):
        metrics.load("acuracy")


def test_log_loss_of_a_certain_mistake_is_finite() -> None:
    assert metrics.load("log_loss").function(np.array([1.0]), np.array([0.0])) == pytest.approx(-math.log(1e-15))


def test_the_same_seed_splits_the_same_and_another_one_otherwise() -> None:
    first, again, other = (tables.split(points(), Split(seed=s)) for s in (1, 1, 2))
    assert all(first[part].equals(again[part]) for part in first)
    assert not first["test"].equals(other["test"])
    assert [len(first[part]) for part in ("train", "validation", "test")] == [60, 20, 20]
    together = pd.concat(first.values())
    assert sorted(together["y"]) == sorted(points()["y"])
    assert together[ROW].is_unique


def test_row_ids_do_not_tell_the_order_of_the_file() -> None:
    table = points().sort_values("y")
    named = pd.concat(tables.split(table, Split(seed=1)).values())
    assert abs(named[ROW].str[1:].astype(int).corr(named["y"])) < 0.3


def test_groups_stay_together_and_time_goes_forward() -> None:
    grouped = tables.split(points(), Split(seed=1, how="grouped", by="site"))
    sites = [set(rows["site"]) for rows in grouped.values()]
    assert sum(map(len, sites)) == len(set.union(*sites))
    ordered = tables.split(points(), Split(seed=1, how="ordered", by="x"))
    assert ordered["train"]["x"].max() <= ordered["validation"]["x"].min()
    assert ordered["validation"]["x"].max() <= ordered["test"]["x"].min()


@pytest.mark.parametrize(
    ("change", "target", "metric", "says"),
    [
        (lambda t: t, "z", "rmse", "unknown column 'z'"),
        (lambda t: t, "", "rmse", "--target"),
        (lambda t: t.assign(y=t["y"].where(t["y"] > 0)), "y", "rmse", "have no 'y'; drop or fill"),
        (lambda t: t.assign(y=1.0), "y", "rmse", "same value in every row"),
        (lambda t: t.assign(y=np.inf), "y", "rmse", "infinities"),
        (lambda t: t.head(30), "y", "rmse", "at least 10 are needed"),
        (lambda t: t[["y"]], "y", "rmse", "no column beside"),
        (lambda t: t.assign(y=t["y"].map(str)), "y", "rmse", "no numbers"),
        (lambda t: t.assign(y=t["site"]), "y", "auc", "needs two classes"),
        (lambda t: t.assign(row_id=1), "y", "rmse", "name of ours"),
        (lambda t: pd.concat([t, t[["x"]]], axis=1), "y", "rmse", "more than one column named x"),
        (lambda t: t.assign(y=np.where(t.index < 1, "rare", "usual")), "y", "accuracy", "is of class 'rare'"),
    ],
)
def test_data_that_cannot_be_learnt_from_say_why(change: Any, target: str, metric: str, says: str) -> None:
    with pytest.raises((DataError, UnknownName), match=says):
        of(change(points()), target, metric)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Split(seed=1, how="grouped", by="town"), "unknown column 'town'"),
        (Split(seed=1, how="grouped", by="one"), "has 1 groups"),
        (Split(seed=1, how="ordered", by="gap"), "no place in time"),
    ],
)
def test_a_split_that_cannot_be_made_says_why(rule: Split, says: str) -> None:
    table = points().assign(one=1, gap=np.where(np.arange(100) < 2, np.nan, 1.0))
    with pytest.raises((DataError, UnknownName), match=says):
        tables.split(table, rule)


def test_labels_of_validation_and_test_are_never_visible() -> None:
    judge = of(points(), "y", "rmse")
    assert "y" in judge.visible("train").columns
    assert "y" not in judge.visible("validation").columns
    assert "y" not in judge.visible("test").columns


def test_perfect_predictions_score_perfectly_in_any_order() -> None:
    judge = of(points(), "y", "rmse")
    table = answers(judge, judge.parts["validation"]["y"]).sample(frac=1, random_state=1)
    assert judge.score("validation", table) == 0.0
    assert leaks.in_score(judge, 0.0)[0].startswith("rmse is 0, perfect")
    assert leaks.in_score(judge, 0.1) == ()


def test_classes_are_compared_as_they_are_written() -> None:
    table = points().assign(label=(points()["y"] > 0).astype(int))
    judge = of(table, "label", "accuracy")
    truth = judge.parts["validation"]["label"]
    for same in (truth, truth.astype(float), truth.map(str)):
        assert judge.score("validation", answers(judge, same)) == 1.0


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda t: t.iloc[1:], "1 of 20 rows are not predicted"),
        (lambda t: pd.concat([t, t.head(2)]), "2 rows are predicted more than once"),
        (lambda t: pd.concat([t, t.head(1).assign(row_id="r999999")]), "not asked for: r999999"),
        (lambda t: t.rename(columns={"prediction": "y"}), "no column 'prediction'; they have row_id, y"),
        (lambda t: t.drop(columns=ROW), "no column 'row_id'"),
        (lambda t: t.assign(prediction=np.nan), "20 predictions are missing or NaN"),
        (lambda t: t.assign(prediction=np.inf), "20 predictions are infinite"),
        (lambda t: t.assign(prediction="many"), "must be numbers"),
    ],
)
def test_predictions_that_cannot_be_scored_say_why(spoil: Any, says: str) -> None:
    judge = of(points(), "y", "rmse")
    with pytest.raises(DataError, match=says):
        judge.score("validation", spoil(answers(judge, 0.0)))


def test_probabilities_must_lie_between_0_and_1_and_classes_must_exist() -> None:
    loss, share = of(kinds(), "ill", "log_loss"), of(kinds(), "ill", "accuracy")
    with pytest.raises(DataError, match=r"probability of 'yes', from 0 to 1; one is 1\.5"):
        loss.score("validation", answers(loss, 1.5))
    with pytest.raises(DataError, match=r"'0\.5' is no class; the classes are no, yes"):
        share.score("validation", answers(share, 0.5))


def test_the_hash_moves_with_metric_split_and_any_label() -> None:
    table = points()
    changed = table.assign(y=table["y"].where(table.index != 7, 0.0))
    hashes = [
        of(table, "y", "rmse").hash,
        of(table, "y", "mae").hash,
        of(table, "y", "rmse", Split(seed=4)).hash,
        of(changed, "y", "rmse").hash,
    ]
    assert len(set(hashes)) == 4
    assert of(table.copy(), "y", "rmse").hash == hashes[0]


def test_copies_across_the_split_and_columns_that_hold_the_target_are_findings() -> None:
    table = points(60)
    doubled = pd.concat([table, table], ignore_index=True).assign(scaled=lambda t: 3 * t["y"] + 1)
    found = leaks.in_data(of(doubled, "y", "rmse"))
    assert any("exactly the features of a training row" in line for line in found)
    assert any("'scaled' gives 'y' away" in line for line in found)
    assert leaks.in_data(of(points(), "y", "rmse")) == ()


def test_a_file_that_has_changed_is_no_longer_scored(tmp_path: Path) -> None:
    path = tmp_path / "points.parquet"
    points().to_parquet(path)
    print_ = tables.fingerprint(path)
    rmse = metrics.load("rmse")
    judge = scorer(path, print_, "y", rmse, Split(seed=1))
    assert scorer(path, print_, "y", rmse, Split(seed=1)) is judge
    points(seed=9).to_parquet(path)
    with pytest.raises(DataError, match="has changed since"):
        scorer(path, print_, "y", rmse, Split(seed=2))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"x", "is no table; give one of"),
        ("a.csv", b"", "cannot be read as a table"),
        ("a.parquet", b"nonsense", "cannot be read as a table"),
        ("a.npy", b"nonsense", "cannot be read as an array"),
    ],
)
def test_a_file_that_is_no_table_says_so(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        tables.read(tmp_path / name)


def test_tables_are_read_from_csv_parquet_and_arrays(tmp_path: Path) -> None:
    points().to_csv(tmp_path / "a.csv", index=False)
    np.save(tmp_path / "b.npy", np.ones((4, 2)))
    np.save(tmp_path / "c.npy", np.ones(4))
    assert list(tables.read(tmp_path / "a.csv").columns) == ["x", "site", "y"]
    assert list(tables.read(tmp_path / "b.npy").columns) == ["x0", "x1"]
    with pytest.raises(DataError, match="1 dimensions"):
        tables.read(tmp_path / "c.npy")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def score(a, b): return 1.0", "must say higher_is_better"),
        ("higher_is_better = True", "defines no score"),
        ("def score(a): return 1.0\nhigher_is_better = True", "defines no score"),
        ("def score(", "no Python that can be read"),
    ],
)
def test_a_metric_of_ones_own_says_what_it_lacks(tmp_path: Path, source: str, says: str) -> None:
    (tmp_path / "mine.py").write_text(source)
    request = Request(agent="experiment", text="", folder=str(tmp_path), options={"metric": "mine.py"})
    with pytest.raises(InputError, match=says):
        own.asked_for(request)


def test_a_metric_of_ones_own_is_read_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "raise SystemExit\nhigher_is_better = False\ndef score(truth, predicted): return 1"
    )
    request = Request(agent="experiment", text="", folder=str(tmp_path), options={"metric": "mine.py"})
    found = own.asked_for(request)
    assert found is not None
    assert (found.name, found.higher) == ("mine", False)
