"""Run a notebook's cells again with changed data or parameters and look which shown values move."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..checking.literals import claim_calls, parse_cell
from ..checking.perturbation import Perturbation, perturb
from ..errors import InputError
from ..records import Cell, Claim
from . import Desk
from ._perturbed_files import perturb_file

if TYPE_CHECKING:
    from ..runtime.kernel import Kernel

SEED = 20_260
MOST_RUNS = 12
"""Perturbed runs of one notebook; claims that name the same things share one."""
_Names = tuple[str, ...]


async def perturbed_values(
    desk: Desk, claims: Sequence[Claim], depends: Mapping[str, _Names]
) -> tuple[list[Perturbation], list[str]]:
    """Each shown claim before and after its data and parameters were changed, and notes on what could not be.

    A claim that names nothing is held against all data files, or against all parameters where there are none.
    """
    shown = {claim.id: value for claim in claims if (value := _value(desk.state.cells, claim.id)) is not None}
    groups: dict[_Names, list[str]] = {}
    for id in shown:
        groups.setdefault(depends.get(id) or _everything(desk), []).append(id)
    notes = [f"nothing names what {', '.join(ids)} depend on" for names, ids in groups.items() if not names]
    runs = [(names, ids) for names, ids in groups.items() if names]
    notes += [f"{', '.join(ids)} were not perturbed: over {MOST_RUNS} runs" for _, ids in runs[MOST_RUNS:]]
    tried: list[Perturbation] = []
    for number, (names, ids) in enumerate(runs[:MOST_RUNS], 1):
        after, problems = await _run(desk, f"perturbed-{number}", names, ids)
        notes += problems
        if len(problems) < len(names):
            tried += [Perturbation(claim=id, names=names, before=shown[id], after=after.get(id)) for id in ids]
    return tried, notes


def parameter_values(cells: Sequence[Cell]) -> dict[str, Any]:
    """Names and values of the `parameters` cell: its plain assignments of literals."""
    found: dict[str, Any] = {}
    for cell in cells:
        if "parameters" not in cell.tags or (tree := parse_cell(cell.source)) is None:
            continue
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                try:
                    found[node.targets[0].id] = ast.literal_eval(node.value)
                except (ValueError, TypeError, SyntaxError):
                    continue
    return found


def assigned(cell: Cell) -> set[str]:
    """Names that a code cell assigns at its top level."""
    tree = parse_cell(cell.source) if cell.kind == "code" else None
    names: set[str] = set()
    for node in tree.body if tree else []:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {n.id for t in targets if t is not None for n in ast.walk(t) if isinstance(n, ast.Name)}
    return names


def placed_files(desk: Desk) -> tuple[str, ...]:
    """Names of the data files that were placed for the run."""
    root = desk.folder / "inputs"
    return tuple(sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and not p.is_symlink()))


def _everything(desk: Desk) -> _Names:
    return placed_files(desk) or tuple(parameter_values(desk.state.cells))


async def _run(desk: Desk, name: str, names: _Names, claims: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Values of these claims in one run with these names changed, and a note for each name that could not be."""
    cells = [cell for cell in desk.state.cells if cell.kind == "code"]
    parameters = parameter_values(cells)
    kernel = await desk.fresh_kernel(name)
    notes: list[str] = []
    try:
        inject: dict[str, str] = {}
        for each in names:
            problem = _prepare(each, parameters, cells, kernel.workdir, inject)
            notes += [problem] if problem else []
        if len(notes) == len(names):
            return {}, notes
        return await _values(kernel, cells, inject, claims), notes
    finally:
        await kernel.shutdown()


def _prepare(
    name: str, parameters: Mapping[str, Any], cells: Sequence[Cell], folder: Path, inject: dict[str, str]
) -> str:
    """Change a file now, or note the code that will change a variable; a sentence where neither can be done."""
    if name in parameters:
        try:
            inject[name] = f"{name} = {perturb(parameters[name], SEED)!r}"
        except InputError as error:
            return f"{name} was not perturbed: {error.message}"
        return ""
    if (folder / name).is_file():
        return "" if perturb_file(folder / name, SEED) else f"{name} was not perturbed: no numbers that can be changed"
    if any(name in assigned(cell) for cell in cells):
        inject[name] = f"{name} = _jupyter_agents_perturbed({name}, {SEED})"
        return ""
    return f"{name} was not perturbed: no parameter, data file or variable has this name"


async def _values(
    kernel: Kernel, cells: Sequence[Cell], inject: Mapping[str, str], claims: Sequence[str]
) -> dict[str, Any]:
    """Run the cells with changes put in after the cell that assigns each name; stop behind the last claim's cell."""
    wanted: set[str] = set(claims)
    found: dict[str, list[Any]] = {}
    await kernel.execute((Path(__file__).parent / "_perturbed_inside.py").read_text(encoding="utf-8"))
    last = max((i for i, cell in enumerate(cells) if _calls(cell, wanted)), default=len(cells) - 1)
    for cell in cells[: last + 1]:
        result = await kernel.execute(cell.source, cell=cell.id)
        if not result.ok:
            break
        for value in result.values:
            if value.kind == "claim" and value.name in wanted:
                found.setdefault(value.name, []).append(value.value)
        for name in assigned(cell) & set(inject):
            await kernel.execute(inject[name])
    return {name: _together(shown) for name, shown in found.items()}


def _calls(cell: Cell, claims: set[str]) -> bool:
    tree = parse_cell(cell.source)
    return any(True for claim in claims for _ in claim_calls(tree, claim))


def _value(cells: Sequence[Cell], claim: str) -> Any:
    shown = [
        value.value
        for cell in cells
        if cell.result is not None
        for value in cell.result.values
        if value.kind == "claim" and value.name == claim
    ]
    return _together(shown)


def _together(shown: list[Any]) -> Any:
    """What was shown for one claim: its value, or all of them where there is one a seed; None where there is none."""
    return shown[0] if len(shown) == 1 else shown or None
