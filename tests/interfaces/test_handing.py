"""Data given by --data: what is taken, how it is written, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jupyter_agents.errors import DataError, UnknownName
from jupyter_agents.interfaces.handing import Handed, hand_over


def one(value: object, folder: Path) -> Handed:
    (handed,) = hand_over(["data"], folder, {"data": value})
    return handed


def test_a_table_becomes_parquet_with_its_schema_shown(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": [1.0, 2.0], "name": ["a", "ü"]})
    handed = one(table, tmp_path)
    assert handed.path.suffix == ".parquet"
    pd.testing.assert_frame_equal(pd.read_parquet(handed.path), table)
    assert "2 rows" in handed.about
    assert "x float64" in handed.about


def test_a_series_becomes_a_table_of_one_column(tmp_path: Path) -> None:
    handed = one(pd.Series([1, 2, 3], name="y"), tmp_path)
    assert list(pd.read_parquet(handed.path)["y"]) == [1, 2, 3]


def test_an_array_becomes_npy_without_pickle(tmp_path: Path) -> None:
    handed = one(np.arange(6).reshape(2, 3), tmp_path)
    assert np.load(handed.path, allow_pickle=False).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert handed.about == "array 2 × 3 of int64"


@pytest.mark.parametrize("value", [3, 2.5, "text", True, None])
def test_a_scalar_becomes_json(tmp_path: Path, value: object) -> None:
    assert json.loads(one(value, tmp_path).path.read_text()) == value


def test_a_numpy_scalar_becomes_json(tmp_path: Path) -> None:
    assert json.loads(one(np.float64(2.5), tmp_path).path.read_text()) == 2.5


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1},
        [1, 2],
        object(),
        np.array([object()], dtype=object),
        np.ma.masked_array([1, 2], mask=[True, False]),
        pd.Index([1, 2]),
        lambda: 1,
        np.complex128(1j),
    ],
)
def test_other_types_are_refused_with_what_to_do(tmp_path: Path, value: object) -> None:
    with pytest.raises(DataError, match="data=PATH"):
        one(value, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_does_not_know_are_refused(tmp_path: Path, value: float) -> None:
    with pytest.raises(DataError, match="no number that JSON knows"):
        one(value, tmp_path)


def test_a_table_of_mixed_objects_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        one(pd.DataFrame({"x": [1, "a", object()]}, dtype=object), tmp_path)
    assert "\n" not in caught.value.message


def test_what_is_too_large_is_refused_before_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="208 MB, 200 MB are taken"):
        one(np.zeros(26_000_000), tmp_path)
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(DataError, match="300 MB"):
        hand_over([f"data={big}"], tmp_path, None)


def test_files_and_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "my file.csv").write_text("a,b\n")
    file, folder = hand_over([f"f={tmp_path / 'd' / 'my file.csv'}", f"g={tmp_path / 'd'}"], tmp_path, None)
    assert (file.name, file.about) == ("f", "file my file.csv, 4 bytes")
    assert folder.about == "folder of 1 files d, 4 bytes"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("2x=a.csv", "'2x' cannot name data"),
        ("../x", "cannot name data"),
        ("x=missing.csv", "there is no file or folder missing.csv"),
        ("x", "a shell has no variables; write x=PATH"),
    ],
)
def test_bad_names_and_paths_are_told(tmp_path: Path, given: str, says: str) -> None:
    with pytest.raises(DataError) as caught:
        hand_over([given], tmp_path, None)
    assert says in caught.value.message


def test_an_unknown_variable_is_told_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'table'"):
        hand_over(["tabel"], tmp_path, {"table": 1})


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two pieces of data are named 'x'"):
        hand_over(["x", "x"], tmp_path, {"x": 1})
