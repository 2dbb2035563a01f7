from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.errors import InputError, UnknownName
from jupyter_agents.records import Cell, CellResult
from jupyter_agents.runtime.notebook.draft import by_person, edited, to_notebook
from jupyter_agents.runtime.notebook.files import MAX_BYTES, find_cell, from_notebook, read, write

CELLS = (
    Cell(id="title", kind="markdown", source="# Fit\n\nélan"),
    Cell(
        id="fit",
        kind="code",
        source="print(5)\n",
        tags=("parameters",),
        result=CellResult(
            status="timeout",
            execution_count=1,
            outputs=({"output_type": "stream", "name": "stdout", "text": "5\n"},),
        ),
    ),
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    write(path, to_notebook(CELLS, run="r1"))
    title, fit = from_notebook(path)
    assert (title.id, title.kind, title.source, title.result) == ("title", "markdown", "# Fit\n\nélan", None)
    assert (fit.id, fit.source, fit.tags) == ("fit", "print(5)\n", ("parameters",))
    assert fit.provenance["run"] == "r1"
    assert fit.result is not None
    assert (fit.result.status, fit.result.execution_count, fit.result.outputs[0]["text"]) == ("timeout", 1, "5\n")
    assert list(tmp_path.iterdir()) == [path]


def test_edits_and_authors_survive_reading_and_writing_again(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    made = to_notebook(CELLS, run="r1", agent="code")
    made["cells"][1]["source"] = "print(6)"
    mine: dict[str, Any] = {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": "1",
        "outputs": [],
        "execution_count": None,
    }
    made["cells"].append(mine)
    for _ in range(2):
        write(path, made)
        made = to_notebook(from_notebook(path), run="r2", agent="code")
    assert [edited(node) for node in made["cells"]] == [False, True, False]
    assert [by_person(node) for node in made["cells"]] == [False, False, True]
    assert "agent" not in made["cells"][2]["metadata"]["jupyter_agents"]


def test_an_invalid_notebook_never_replaces_a_good_one(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    write(path, to_notebook(CELLS))
    before = path.read_bytes()
    with pytest.raises(InputError, match="not valid and was not written"):
        write(path, {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "poem"}]})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write(tmp_path / "none" / "a.ipynb", to_notebook(CELLS))


def old(**more: Any) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "source": ["x = 1"],
        "outputs": [],
        "execution_count": None,
    }
    return {"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [cell, cell], **more}


def test_older_formats_are_upgraded_and_their_cells_get_ids_that_stay(tmp_path: Path) -> None:
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps(old()))
    first = [cell.id for cell in from_notebook(path)]
    assert first == [cell.id for cell in from_notebook(path)]
    assert len(set(first)) == 2
    assert read(path)["nbformat_minor"] == 5
    three: dict[str, Any] = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "x"},
        "worksheets": [{"cells": [{"cell_type": "code", "language": "python", "input": "y = 2", "outputs": []}]}],
    }
    path.write_text(json.dumps(three))
    (cell,) = from_notebook(path)
    assert cell.source == "y = 2"
    assert [cell] == list(from_notebook(path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON"),
        (b"{not json", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no `nbformat` number"),
        (b"{}", "no `nbformat` number"),
        (b'{"nbformat": 4}', "not a valid notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}', "not a valid notebook"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "x"}]}',
            "not a valid notebook",
        ),
        (b'{"nbformat": 99, "cells": []}', "newer than 4"),
        (b'{"nbformat": 3}', "not a valid notebook"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_what_is_no_notebook_is_said_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.ipynb"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        from_notebook(path)
    assert "\n" not in str(caught.value)


def test_what_is_missing_too_large_or_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no notebook"):
        read(tmp_path / "none.ipynb")
    with pytest.raises(InputError, match="there is no notebook"):
        read(tmp_path)
    large = tmp_path / "large.ipynb"
    with large.open("wb") as file:
        os.truncate(file.fileno(), MAX_BYTES + 1)
    with pytest.raises(InputError, match="larger than 64 MB"):
        read(large)


def test_a_cell_is_found_by_id_its_beginning_or_file(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    write(path, to_notebook([*CELLS, Cell(id="plot", kind="code", source="plot()")]))
    (tmp_path / "train.py").write_text("run(3)\n")
    assert find_cell("fit", notebook=path).source == "print(5)\n"
    assert find_cell("pl", notebook=path).id == "plot"
    assert find_cell("train.py", folder=tmp_path).source == "run(3)\n"
    with pytest.raises(UnknownName, match="did you mean 'fit'"):
        find_cell("fitt", notebook=path)
    with pytest.raises(UnknownName, match="unknown cell 'title'"):
        find_cell("title", notebook=path)
    with pytest.raises(InputError, match="in no notebook"):
        find_cell("fit")
    with pytest.raises(InputError, match="there is no Python file"):
        find_cell("none.py", folder=tmp_path)
