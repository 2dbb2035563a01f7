from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_agents.errors import InputError
from jupyter_agents.records import Cell, CellResult
from jupyter_agents.runtime.notebook.draft import to_notebook
from jupyter_agents.runtime.notebook.export import export
from jupyter_agents.runtime.notebook.files import read, write


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "notebook.ipynb"
    result = CellResult(status="ok", execution_count=3)
    write(path, to_notebook([Cell(id="a", kind="code", source="x = 1", result=result)], run="r1"))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def test_a_copy_says_first_that_variables_are_not_carried_over(draft: Path, root: Path) -> None:
    before = draft.read_bytes()
    copy = export(draft, root, name="fit")
    assert copy == root / "fit.ipynb"
    banner, cell = read(copy)["cells"]
    assert "Variables are not carried over" in banner["source"]
    assert "`r1`" in banner["source"]
    assert (cell["id"], cell["execution_count"]) == ("a", 3)
    assert read(copy)["metadata"]["kernelspec"]["name"] == "python3-sandboxed"
    assert draft.read_bytes() == before


def test_a_copy_of_a_copy_has_one_banner_and_the_kernel_asked_for(draft: Path, root: Path) -> None:
    copy = export(export(draft, root), root, kernel_name="my-kernel", kernel_display="Mine")
    assert copy.name == "notebook (1).ipynb"
    assert [c["cell_type"] for c in read(copy)["cells"]] == ["markdown", "code"]
    assert read(copy)["metadata"]["kernelspec"] == {"name": "my-kernel", "display_name": "Mine", "language": "python"}


def test_nothing_is_overwritten_also_when_many_export_at_once(draft: Path, root: Path) -> None:
    (root / "fit.ipynb").write_text("mine")
    with ThreadPoolExecutor(8) as pool:
        copies = list(pool.map(lambda _: export(draft, root, name="fit.ipynb"), range(12)))
    assert len(set(copies)) == 12
    assert (root / "fit.ipynb").read_text() == "mine"
    assert {c.name for c in copies} == {f"fit ({i}).ipynb" for i in range(1, 13)}


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "a\\b", "x\ny", "n" * 201])
def test_a_name_that_leaves_the_folder_is_refused(draft: Path, root: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name"):
        export(draft, root, name=name)
    assert list(root.iterdir()) == []


def test_a_missing_folder_or_source_is_said(draft: Path, root: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        export(draft, root / "none")
    with pytest.raises(InputError, match="there is no notebook"):
        export(root / "none.ipynb", root)
