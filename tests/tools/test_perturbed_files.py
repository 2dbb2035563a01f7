from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from jupyter_agents.tools._perturbed_files import perturb_file, perturb_table

TABLE = "# id & x & y & sigma\n1 & 201 & 592 & 61\n2 & 244 & 401 & 25\n3 & 47 & 583 & 38\n4 & 287 & 402 & 15\n"


def columns(text: str) -> list[list[str]]:
    rows = [line.replace("&", " ").split() for line in text.splitlines() if not line.startswith("#")]
    return [list(column) for column in zip(*rows, strict=True)]


def test_running_numbers_comments_and_shape_stay_and_measurements_move() -> None:
    other = perturb_table(TABLE, 1)
    before, after = columns(TABLE), columns(other)
    assert after[0] == before[0]
    assert all(a != b for a, b in zip(after[1], before[1], strict=True))
    assert other.splitlines()[0] == TABLE.splitlines()[0]
    assert [len(line.split("&")) for line in other.splitlines()] == [4] * 5
    assert perturb_table(TABLE, 1) == other


def test_positive_numbers_stay_positive_and_decimals_keep_their_count() -> None:
    other = perturb_table("0.010,5.50\n0.020,6.25\n9.000,7.75\n", 3)
    cells = [cell for line in other.split() for cell in line.split(",")]
    assert all(float(cell) > 0 for cell in cells)
    assert [len(cell.partition(".")[2]) for cell in cells] == [3, 2] * 3


def test_labels_become_other_labels_only() -> None:
    text = "\n".join(f"{n},{n % 2}" for n in range(100))
    other = [line.split(",")[1] for line in perturb_table(text, 2).splitlines()]
    assert set(other) == {"0", "1"}
    assert 5 < sum(label != str(n % 2) for n, label in enumerate(other)) < 40


def test_json_and_arrays_are_perturbed_and_pictures_are_not(tmp_path: Path) -> None:
    data, array, picture = tmp_path / "a.json", tmp_path / "a.npy", tmp_path / "a.png"
    data.write_text('{"k": 3, "x": [0.5, 0.25]}')
    np.save(array, np.array([1.0, 2.0, 4.0]))
    picture.write_bytes(b"\x89PNG\0\0")
    assert perturb_file(data, 1)
    assert perturb_file(array, 1)
    assert not perturb_file(picture, 1)
    assert json.loads(data.read_text())["k"] != 3
    assert not np.allclose(np.load(array), [1.0, 2.0, 4.0])
    assert picture.read_bytes() == b"\x89PNG\0\0"


def test_a_file_without_numbers_says_so(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("no numbers here\n")
    assert not perturb_file(words, 1)
