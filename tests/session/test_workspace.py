from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_agents.errors import InputError
from jupyter_agents.records import Cell, Json, changed
from jupyter_agents.runtime.kernel import Kernel, Limits
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel
from jupyter_agents.session.workspace import Workspace

pytestmark = pytest.mark.sandbox


async def started(work: Path) -> Kernel:
    return await SandboxedKernel.start(work)


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[tuple[Workspace, list[tuple[str, Json]]]]:
    told: list[tuple[str, Json]] = []
    made = Workspace(
        tmp_path / "run",
        started,
        Limits(cell_s=3.0),
        lambda kind, data: told.append((kind, data)),
        lambda output: None,
    )
    yield made, told
    await made.close()


def code(id: str, source: str) -> Cell:
    return Cell(id=id, kind="code", source=source)


async def run(workspace: Workspace, cells: list[Cell], n: int) -> str:
    """Run the n-th cell as a tool would, keep its result, give its text."""
    kernel = await workspace.kernel(cells)
    result = await kernel.execute(cells[n].source, cell=cells[n].id)
    cells[n] = changed(cells[n], result=result)
    return "".join(str(o.get("text", o.get("data", {}).get("text/plain", ""))) for o in result.outputs)


async def test_a_new_process_runs_the_kept_cells_again_and_says_which_outputs_differ(
    workspace: tuple[Workspace, list[Any]],
) -> None:
    space, told = workspace
    cells = [code("a", "x = 41"), code("b", "import os; os.urandom(4).hex()"), code("c", "1 / 0"), code("d", "x + 1")]
    for n in range(3):
        await run(space, cells, n)
    await space.close()
    space.lost()
    assert await run(space, cells, 3) == "42"
    assert told == [("rebuilt", {"cells": ["a", "b"], "differing": ["b"]})]


async def test_files_that_cells_wrote_are_written_anew_from_the_placed_inputs(
    workspace: tuple[Workspace, list[Any]], tmp_path: Path
) -> None:
    space, _ = workspace
    (tmp_path / "data.txt").write_text("1\n")
    space.place("data/data.txt", tmp_path / "data.txt")
    cells = [
        code("a", "f = open('data/data.txt', 'a'); f.write('2\\n'); f.close()"),
        code("b", "open('data/data.txt').read()"),
    ]
    await run(space, cells, 0)
    await space.close()
    space.lost()
    assert await run(space, cells, 1) == r"'1\n2\n'"


async def test_a_kernel_that_dies_or_runs_over_its_time_is_rebuilt_before_the_next_cell(
    workspace: tuple[Workspace, list[Any]],
) -> None:
    space, told = workspace
    cells = [code("a", "x = 7"), code("b", "import os; os._exit(3)"), code("c", "x")]
    await run(space, cells, 0)
    await run(space, cells, 1)
    assert cells[1].result is not None
    assert cells[1].result.status == "died"
    assert await run(space, cells, 2) == "7"
    assert [kind for kind, _ in told] == ["rebuilt"]
    stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)"
    cells.append(code("e", stubborn))
    await run(space, cells, 3)
    assert cells[3].result is not None
    assert cells[3].result.status == "timeout"
    assert await run(space, cells, 2) == "7"


async def test_a_fresh_kernel_has_the_inputs_and_nothing_else(
    workspace: tuple[Workspace, list[Any]], tmp_path: Path
) -> None:
    space, _ = workspace
    (tmp_path / "data.txt").write_text("1\n")
    space.place("data.txt", tmp_path / "data.txt")
    await run(space, [code("a", "open('made.txt', 'w').close(); x = 1")], 0)
    fresh = await space.fresh("clean")
    result = await fresh.execute("import os; print(sorted(os.listdir()), 'x' in globals())")
    await fresh.shutdown()
    assert result.outputs[0]["text"] == "['data.txt'] False\n"


async def test_a_branch_starts_from_what_is_there_and_leaves_it_alone(
    workspace: tuple[Workspace, list[Any]],
) -> None:
    space, _ = workspace
    await run(space, [code("a", "open('a.txt', 'w').write('main')")], 0)
    space.branch("/1b")
    branch = space.at("/1b")
    cells = [code("b", "open('a.txt').read() + str(open('a.txt', 'w').write('branch'))")]
    assert await run(branch, cells, 0) == "'main6'"
    assert await run(space, [code("c", "open('a.txt').read()")], 0) == "'main'"
    await space.adopt(branch)
    assert await run(space, [*cells, code("d", "open('a.txt').read()")], 1) == "'branch'"


@pytest.mark.parametrize("name", ["/etc/passwd", "../up.txt", "a/../../up.txt", ""])
def test_nothing_is_placed_outside_the_work_folder(name: str, tmp_path: Path) -> None:
    space = Workspace(tmp_path / "run", started, Limits(), lambda kind, data: None, lambda output: None)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="no name inside"):
        space.place(name, tmp_path / "file")
    assert asyncio.run(space.close()) is None
