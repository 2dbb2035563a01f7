"""Tools that only the program calls: lay the head of the notebook, or all that code can make of the paper."""

from __future__ import annotations

from ...records import Claim, Observation
from ...tools import tool
from ...tools._perturbing import placed_files
from ...tools.claims import ClaimSet, NoArguments, PaperClaim, claims_of
from ...tools.notebook import make_cell
from .. import Bench
from .opening import the_paper
from .skeleton import SETUP, Draft, head, skeleton


@tool("write")
async def lay_head(desk: Bench, arguments: NoArguments) -> Observation:
    """Begin the notebook: title, where the paper was read from, and the imports every cell may use."""
    paper = await the_paper(desk)
    ids = _lay(desk, (head(paper), Draft(source=SETUP, kind="code", tags=("setup",))))
    return Observation(text="the notebook has its head", data={"setup": ids[-1]})


@tool("write")
async def lay_skeleton(desk: Bench, arguments: NoArguments) -> Observation:
    """Write the notebook that code alone can make of the paper."""
    paper = await the_paper(desk)
    cells = skeleton(paper, claims_of(desk), desk.folder / "inputs", placed_files(desk))
    _lay(desk, cells)
    return Observation(text=f"{len(cells)} cells", data={"cells": len(cells)})


def _lay(desk: Bench, drafts: tuple[Draft, ...]) -> list[str]:
    """Put cells at the end of the draft; their ids."""
    ids = []
    for draft in drafts:
        cell = make_cell(
            desk,
            draft.source,
            kind=draft.kind,
            tags=draft.tags,
            implements=draft.implements,
            by="code without a model",
        )
        desk.emit("cell", {"cell": cell})
        ids.append(cell.id)
    return ids


def as_handed(claims: tuple[Claim, ...], paragraphs: dict[str, str]) -> ClaimSet:
    """Claims found by code in the form in which claims are handed in."""
    fields = ("id", "value", "quote", "metric", "unit", "dataset", "kind", "uncertainty", "n_paper")
    drafts = [
        PaperClaim(**{name: getattr(claim, name) for name in fields}, paragraph=paragraphs[claim.id])
        for claim in claims
    ]
    none = (
        "" if drafts else "no result with a number could be found by form; without a model nobody has read the paper"
    )
    return ClaimSet(claims=tuple(drafts), none_because=none)
