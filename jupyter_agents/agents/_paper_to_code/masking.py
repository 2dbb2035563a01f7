"""What the code-writing conversation sees of outputs: never what a claim would be checked against (rule 15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...checking.masking import mask_result, mask_text
from ...records import Cell, Observation, changed
from ...runtime.notebook.compact import compact, outputs
from ...tools.claims import claims_of
from .. import Bench

NOT_YET = (
    "(what cells show is not shown to you before the claims are handed in: code is not written towards a result; "
    "hand in `claims` first)"
)


def mask(bench: Bench, observation: Observation) -> Observation:
    """An observation with telling numbers of outputs replaced by a mark.

    Words of the paper stay as they are, and so do the program's own: ids of cells hold digits too.
    """
    source = observation.source
    if source.startswith("output of "):
        return _cell(bench, observation)
    if source == "the draft notebook":
        full = (observation.data or {}).get("cells", ())
        cells = [_masked(bench, cell) for cell in bench.state.cells]
        return changed(observation, text=compact(cells, changed=full), images=())
    if source.startswith("work/") and source != "work/":  # what a cell wrote into a file
        return changed(observation, text=_text(bench, observation.text), images=())
    return observation


def _cell(bench: Bench, observation: Observation) -> Observation:
    """The same words with the outputs masked one by one, which knows more than masking the whole text."""
    id = observation.source.removeprefix("output of ")
    head = observation.text.split("\n", 1)[0]
    cell = next((cell for cell in bench.state.cells if cell.id == id), None)
    if cell is None or cell.result is None:
        return changed(observation, text=_text(bench, observation.text), images=())
    shown = _masked(bench, cell).result
    return changed(observation, text=f"{head}\n{outputs(shown) if shown else ''}", images=())


def _masked(bench: Bench, cell: Cell) -> Cell:
    if cell.result is None:
        return cell
    claims = claims_of(bench)
    if "claims" not in bench.state.artefacts and cell.result.ok:
        quiet = {"output_type": "stream", "name": "stdout", "text": NOT_YET}
        return changed(cell, result=changed(cell.result, outputs=(quiet,), values=()))
    return changed(cell, result=mask_result(cell.result, claims, measured=_measured(bench.state.cells)))


def _text(bench: Bench, text: str) -> str:
    return mask_text(text, claims_of(bench), measured=_measured(bench.state.cells))


def _measured(cells: Sequence[Cell]) -> list[Any]:
    results = [cell.result for cell in cells if cell.result is not None]
    return [value.value for result in results for value in result.values if value.kind == "claim"]
