"""A sweep over a user's own cell: each grid point and seed in a fresh sandboxed kernel, values read by code."""

from __future__ import annotations

import functools
import math

import msgspec

from ...agents import Bench, call
from ...designs import Run
from ...errors import InputError, KernelDied, KernelTimeout
from ...records import Cell, CellResult, Json, Observation, Record, changed, parse
from ...tools import tool
from ...tools.notebook import make_cell
from .asked import SEED, Axis, axes, cell_source, grid, label, options
from .cellcode import prepare
from .helping import HELPERS
from .loading import given, loading, place_all
from .summary import Ran

SWEEP = "sweep"
"""Name of the artefact that says what is swept."""
SIDE_BY_SIDE = 2
"""Grid points that run at the same time; each has a kernel of its own."""


class Sweep(Record):
    """What is swept, and the notebook cells that hold each run."""

    settings: tuple[Json, ...]
    """Of each grid point, values as Python writes them."""
    cells: tuple[tuple[str, ...], ...]
    """By point and seed."""
    warnings: tuple[str, ...] = ()
    defaults: dict[str, str] = msgspec.field(default_factory=dict)


async def sweep(bench: Bench) -> None:
    """Run the sweep that the request asks for. Raises InputError where it cannot be run as written."""
    asked = options(bench.request)
    found, source = axes(asked.sweep), cell_source(bench.request)
    prepare(source, [axis.name for axis in found])  # what is wrong with the cell is the person's to mend: raised here
    place_all(bench)
    arguments = LaySweep(source=source, axes=found, seeds=asked.seeds, title=bench.request.text)
    written = await bench.act("lay_sweep", arguments)
    if written.error:
        raise InputError(written.text)
    tasks = [functools.partial(_point, point=point) for point in range(len(grid(found)))]
    await bench.run.gather(*tasks, limit=SIDE_BY_SIDE)


async def _point(run: Run, *, point: int) -> None:
    await run.act(call("run_point", RunPoint(point=point)))


class LaySweep(Record):
    """Arguments of `lay_sweep`."""

    source: str
    axes: tuple[Axis, ...] = ()
    seeds: int
    title: str


@tool("write")
async def lay_sweep(desk: Bench, arguments: LaySweep) -> Observation:
    """Write the notebook of a sweep: parameters, the cell, and one small cell for each point and seed."""
    points = grid(arguments.axes)
    ready = prepare(arguments.source, [axis.name for axis in arguments.axes])
    _add(desk, f"# {arguments.title}\n\n{_about(len(points), arguments.seeds)}", markdown=True)
    _add(desk, _assigned({**points[0], SEED: "0"}), tag="parameters")
    _add(desk, HELPERS, tag="helpers")
    if loads := loading(given(desk)):
        _add(desk, loads, tag="data")
    _add(desk, f"%%writefile {ready.file}\n{ready.source}", tag="swept")
    cells = []
    for settings in points:
        _add(desk, f"## {label(settings)}", markdown=True)
        cells.append(
            tuple(_add(desk, _run_of(settings, seed, ready.file), tag="run") for seed in range(arguments.seeds))
        )
    record = Sweep(settings=points, cells=tuple(cells), warnings=ready.warnings, defaults=ready.defaults)
    desk.emit("artefact", {"name": SWEEP, "value": record})
    return Observation(text=f"{len(points)} grid points with {arguments.seeds} seeds each")


class RunPoint(Record):
    """Arguments of `run_point`."""

    point: int


@tool("execute")
async def run_point(desk: Bench, arguments: RunPoint) -> Observation:
    """Run one grid point with all its seeds, each in a fresh kernel and folder; a failing run is a result."""
    laid_out = laid(desk)
    ids = laid_out.cells[arguments.point]
    cells = {cell.id: cell for cell in desk.state.cells}
    before = [cell for cell in desk.state.cells if {"swept", "data"} & set(cell.tags)]
    failed = 0
    for seed, id in enumerate(ids):
        result = await _fresh(desk, f"point-{arguments.point}-{seed}", [*before, cells[id]])
        failed += not result.ok
        desk.emit("cell", {"cell": changed(cells[id], result=result)})
    said = f"{label(laid_out.settings[arguments.point])}: {len(ids) - failed} of {len(ids)} runs ended well"
    desk.note(said)
    return Observation(text=said, data={"failed": failed})


def laid(desk: Bench) -> Sweep:
    """What is swept, as it was laid out."""
    return parse(desk.state.artefacts[SWEEP], Sweep)


def ran(desk: Bench) -> tuple[Ran, ...]:
    """What every run gave, read from the cells' outputs by code."""
    cells = {cell.id: cell for cell in desk.state.cells}
    return tuple(
        _ran(point, seed, cells[id]) for point, ids in enumerate(laid(desk).cells) for seed, id in enumerate(ids)
    )


def _ran(point: int, seed: int, cell: Cell) -> Ran:
    result = cell.result
    if result is None:
        return Ran(point=point, seed=seed, cell=cell.id, status="not run")
    shown = [value for value in result.values if value.kind == "metric"] if result.ok else []
    values = {value.name: float(value.value) for value in shown}
    status: str = result.status if values or not result.ok else "no value"
    if not all(map(math.isfinite, values.values())):
        status = "not finite"
    return Ran(
        point=point,
        seed=seed,
        cell=cell.id,
        status=status,
        values=values,
        outputs={value.name: value.output_hash for value in shown},
        error=f"{result.error_name}: {result.error_value}".strip(": "),
    )


async def _fresh(desk: Bench, name: str, cells: list[Cell]) -> CellResult:
    """Run cells in a kernel of their own and give the last one's result, or that of the first that fails."""
    try:
        kernel = await desk.fresh_kernel(name)
    except (KernelDied, KernelTimeout) as error:
        return CellResult(status="died", error_name=type(error).__name__, error_value=error.message)
    try:
        for cell in cells:
            result = await kernel.execute(cell.source, cell=cell.id)
            if not result.ok:
                break
        return result
    finally:
        await kernel.shutdown()


def _add(desk: Bench, source: str, *, tag: str = "", markdown: bool = False) -> str:
    cell = make_cell(desk, source, kind="markdown" if markdown else "code", tags=(tag,) if tag else ())
    desk.emit("cell", {"cell": cell})
    return cell.id


def _assigned(settings: Json) -> str:
    return "\n".join(f"{name} = {value}" for name, value in settings.items())


def _run_of(settings: Json, seed: int, file: str) -> str:
    return f"{_assigned({**settings, SEED: seed})}\n%run -i {file}"


def _about(points: int, seeds: int) -> str:
    runs = "one run" if points * seeds == 1 else f"{points * seeds} runs"
    return (
        f"A sweep: {points} grid points, {seeds} seeds each, {runs}. Each run below was made in a fresh sandboxed "
        "kernel and folder; its values were read from its output by code. Run from top to bottom, this notebook "
        "makes all runs again in one kernel."
    )
