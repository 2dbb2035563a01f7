"""Python in the sandboxed kernel: run cells of the draft, look at the files they made."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ..errors import InputError
from ..records import Cell, CellResult, Observation, Record, changed, dump
from . import Desk, tool
from .notebook import cell_of

FILE_BYTES = 20_000
"""Of a file that is shown to a model."""


class RunCell(Record):
    """Arguments of `run_cell`."""

    id: str


@tool("execute")
async def run_cell(desk: Desk, arguments: RunCell) -> Observation:
    """Run one cell of the draft in the sandboxed kernel and see what it shows. No network, no files but work/."""
    return await run(desk, cell_of(desk, arguments.id))


class RunAll(Record):
    """Arguments of `run_all`."""


@tool("execute")
async def run_all(desk: Desk, arguments: RunAll) -> Observation:
    """Run every code cell from top to bottom in a fresh kernel; stops at the first that fails."""
    kernel = await desk.kernel()
    await kernel.restart()
    for cell in desk.state.cells:
        if cell.kind != "code":
            continue
        observation = await run(desk, cell)
        if observation.error:
            return observation
    return Observation(text="every cell ran", data={"ok": True})


class ListFiles(Record):
    """Arguments of `list_files`: none."""


@tool("read")
async def list_files(desk: Desk, arguments: ListFiles) -> Observation:
    """List the files of the work folder with their sizes in bytes."""
    from ..runtime.kernel.readback import listing

    files = listing(desk.folder / "work")
    lines = [f"{file.name} {file.n_bytes} bytes" for file in files]
    return Observation(text="\n".join(lines) or "empty", data=[dump(f) for f in files], untrusted=True, source="work/")


class ReadFile(Record):
    """Arguments of `read_file`."""

    name: Annotated[str, Meta(description="A file name inside the work folder")]


@tool("read")
async def read_file(desk: Desk, arguments: ReadFile) -> Observation:
    """Read the head of a text file of the work folder."""
    from ..runtime.kernel.readback import read

    content = read(desk.folder / "work", arguments.name, FILE_BYTES)
    if b"\0" in content:
        raise InputError(f"{arguments.name} is no text; load it in a cell")
    return Observation(text=content.decode("utf-8", "replace"), untrusted=True, source=f"work/{arguments.name}")


async def run(desk: Desk, cell: Cell) -> Observation:
    """Run one cell, record its result in the draft, and say what it showed."""
    from ..runtime.notebook.compact import outputs

    if cell.kind != "code":
        raise InputError(f"{cell.id} is a Markdown cell; there is nothing to run")
    kernel = await desk.kernel()
    result = await kernel.execute(cell.source, cell=cell.id)
    desk.emit("cell", {"cell": changed(cell, result=result)})
    return Observation(
        text=f"{cell.id}: {result.status}{_lost(result)}\n{outputs(result)}",
        data={"id": cell.id, "status": result.status},
        error=not result.ok,
        untrusted=True,
        source=f"output of {cell.id}",
    )


def _lost(result: CellResult) -> str:
    """What a model should know of a kernel that did not live through a cell."""
    if result.status in ("died", "timeout"):
        return "; the kernel was restarted where needed: earlier cells that had run are run again before the next"
    return ""
