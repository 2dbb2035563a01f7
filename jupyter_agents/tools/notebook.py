"""The draft notebook: add, change and remove cells; see it in a compact form."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ..errors import InputError
from ..records import Cell, Observation, Record, changed
from . import Desk, tool


class AddCell(Record):
    """Arguments of `add_cell`."""

    source: str
    kind: Literal["code", "markdown"] = "code"
    after: Annotated[str, Meta(description="Id of the cell it follows; empty: at the end")] = ""
    tags: Annotated[tuple[str, ...], Meta(description="`parameters` for the parameters cell")] = ()
    implements: Annotated[
        tuple[str, ...], Meta(description="What it implements or rests on: PAPER#PARAGRAPH, or evidence ids")
    ] = ()


@tool("write")
async def add_cell(desk: Desk, arguments: AddCell) -> Observation:
    """Add a cell to the draft notebook; it is not run yet. Gives its id."""
    cells = [cell.id for cell in desk.state.cells]
    if arguments.after and arguments.after not in cells:
        raise InputError(f"there is no cell {arguments.after!r}; the cells are {', '.join(cells) or 'none'}")
    cell = make_cell(desk, arguments.source, kind=arguments.kind, tags=arguments.tags, implements=arguments.implements)
    index = cells.index(arguments.after) + 1 if arguments.after else None
    desk.emit("cell", {"cell": cell, "index": index})
    return Observation(text=f"added {cell.id}", data={"id": cell.id})


class EditCell(Record):
    """Arguments of `edit_cell`."""

    id: str
    source: str


@tool("write")
async def edit_cell(desk: Desk, arguments: EditCell) -> Observation:
    """Replace a cell's source; its outputs are cleared, for they came from other code."""
    cell = cell_of(desk, arguments.id)
    desk.emit("cell", {"cell": changed(cell, source=arguments.source, result=None)})
    return Observation(text=f"changed {cell.id}; run it again", data={"id": cell.id})


class RemoveCell(Record):
    """Arguments of `remove_cell`."""

    id: str


@tool("write")
async def remove_cell(desk: Desk, arguments: RemoveCell) -> Observation:
    """Remove a cell from the draft notebook; what it defined stays in the kernel until a restart."""
    cell = cell_of(desk, arguments.id)
    desk.emit("cell_removed", {"id": cell.id})
    return Observation(text=f"removed {cell.id}")


class ReadNotebook(Record):
    """Arguments of `read_notebook`."""

    cells: Annotated[tuple[str, ...], Meta(description="Ids of cells to see in full; others in one line")] = ()


@tool("read")
async def read_notebook(desk: Desk, arguments: ReadNotebook) -> Observation:
    """See the draft notebook: an outline, the named cells in full, outputs shortened."""
    from ..runtime.notebook.compact import compact

    text = compact(desk.state.cells, changed=arguments.cells)
    return Observation(text=text, untrusted=True, source="the draft notebook")


def cell_of(desk: Desk, id: str) -> Cell:
    """The draft's cell with this id. Raises InputError naming those that exist."""
    for cell in desk.state.cells:
        if cell.id == id:
            return cell
    raise InputError(f"there is no cell {id!r}; the cells are {', '.join(c.id for c in desk.state.cells) or 'none'}")


def make_cell(
    desk: Desk,
    source: str,
    *,
    kind: Literal["code", "markdown"] = "code",
    tags: tuple[str, ...] = (),
    implements: tuple[str, ...] = (),
    by: str = "",
) -> Cell:
    """A new cell with its provenance."""
    provenance = {
        "run": desk.folder.name,
        "agent": desk.request.agent,
        "made_by": by,
        "implements": list(implements),
    }
    return Cell(id=desk.new_id("cell"), kind=kind, source=source, tags=tags, provenance=provenance)
