from __future__ import annotations

from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.records import Cell, CellResult
from jupyter_agents.runtime.notebook.draft import edited, to_notebook, valid_ids

PLOT = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}}
CELLS = [
    Cell(id="t", kind="markdown", source="# Fit", provenance={"step": "plan"}),
    Cell(id="p", kind="code", source="n = 5", tags=("parameters",)),
    Cell(
        id="fit",
        kind="code",
        source="print(n)",
        provenance={"step": "code", "papers": ["arXiv:1008.4686v1"], "spans": [[3, 9]]},
        result=CellResult(
            status="ok",
            execution_count=2,
            outputs=({"output_type": "stream", "name": "stdout", "text": "5\n"}, PLOT),
        ),
    ),
]


def notebook(*cells: Cell, **more: Any) -> dict[str, Any]:
    return to_notebook(cells or CELLS, **more)


def test_cells_become_a_valid_notebook_with_provenance_and_outputs() -> None:
    made = notebook(run="r1", agent="code", model="claude-x", title="A fit", papers=["arXiv:1008.4686v1"])
    nbformat.validate(made)
    assert made["metadata"]["kernelspec"]["name"] == "python3-sandboxed"
    assert made["metadata"]["title"] == "A fit"
    assert made["metadata"]["jupyter_agents"]["papers"] == ["arXiv:1008.4686v1"]
    title, parameters, fit = made["cells"]
    assert [c["id"] for c in made["cells"]] == ["t", "p", "fit"]
    assert parameters["metadata"]["tags"] == ["parameters"]
    ours = fit["metadata"]["jupyter_agents"]
    assert (ours["run"], ours["model"], ours["step"], ours["spans"]) == ("r1", "claude-x", "code", [[3, 9]])
    assert (ours["executed_in"], ours["status"], fit["execution_count"]) == ("python3-sandboxed", "ok", 2)
    assert fit["outputs"][0]["text"] == "5\n"
    assert "executed_in" not in parameters["metadata"]["jupyter_agents"]
    assert "outputs" not in title


def test_the_same_cells_give_the_same_notebook() -> None:
    assert notebook(run="r") == notebook(run="r")


def test_an_edit_by_a_person_shows() -> None:
    made = notebook()
    assert not any(edited(node) for node in made["cells"])
    made["cells"][2]["source"] = ["print(n", " + 1)"]
    assert [edited(node) for node in made["cells"]] == [False, False, True]
    made["cells"][2]["source"] = ["print", "(n)"]
    assert not edited(made["cells"][2])
    assert not edited({"cell_type": "code", "metadata": {}, "source": "mine"})


def test_ids_stay_where_valid_and_are_made_valid_and_unique_elsewhere() -> None:
    assert valid_ids(["a", "b c", "a", "", "x" * 70, "b-c"]) == ["a", "b-c", "a-2", "cell", "x" * 64, "b-c-2"]


@given(st.lists(st.text(max_size=80), max_size=8))
def test_any_ids_give_a_valid_notebook(ids: list[str]) -> None:
    made = notebook(*(Cell(id=id, kind="markdown", source="x") for id in ids), Cell(id="z", kind="code", source=""))
    nbformat.validate(made)
    assert made == notebook(
        *(Cell(id=i, kind="markdown", source="x") for i in ids), Cell(id="z", kind="code", source="")
    )


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (CellResult(status="error", error_name="ValueError", error_value="no"), "ValueError: no"),
        (CellResult(status="timeout"), "ran over its time limit"),
        (CellResult(status="died"), "kernel died"),
        (CellResult(status="interrupted"), "was interrupted"),
    ],
)
def test_a_failed_cell_is_kept_in_the_notebook_and_says_why(result: CellResult, said: str) -> None:
    made = notebook(Cell(id="a", kind="code", source="x", result=result))
    nbformat.validate(made)
    assert said in str(made["cells"][0]["outputs"])
    assert made["cells"][0]["metadata"]["jupyter_agents"]["status"] == result.status


def test_outputs_that_are_not_valid_are_mended_or_left_out() -> None:
    outputs: tuple[dict[str, Any], ...] = (
        {"output_type": "stream", "name": "weird", "text": ["a", "b"], "extra": 1},
        {"output_type": "execute_result", "data": {"text/plain": ["1"]}, "transient": {}},
        {"output_type": "error", "ename": 1, "traceback": None},
        {"output_type": "display_data", "data": "none"},
        {"output_type": "comm"},
        {},
    )
    result = CellResult(status="ok", outputs=outputs, execution_count=7)
    made = notebook(Cell(id="a", kind="code", source="x", result=result))
    nbformat.validate(made)
    kept = made["cells"][0]["outputs"]
    assert [o["output_type"] for o in kept] == ["stream", "execute_result", "error"]
    assert kept[1]["execution_count"] == 7
