"""Everything that can be done without a model: claims by form, a runnable skeleton, one clean run."""

from __future__ import annotations

from ...runtime.papers.parameters import unstated_in
from ...runtime.papers.results import claims_with_places
from ...tools.claims import Code, Shortfall, claims_of
from .. import Bench
from .laying import as_handed
from .opening import the_paper
from .plan import Component, Plan, Unclear
from .skeleton import comment

WHY = "nobody wrote the code that computes it: no model was there, only its place in the paper is known"


async def without_model(bench: Bench) -> None:
    """Fill the same artefacts and cells that a model would, with what form alone tells."""
    paper = await the_paper(bench)
    found = claims_with_places(paper)
    unclear = tuple(
        Unclear(question=f"what is {u.name}? {comment(u.quote)}", assumption="none was made", paragraph=u.paragraph)
        for u in unstated_in(paper)
    )
    components = tuple(
        Component(name=block.id.replace("-", "_"), about=block.title or block.kind, implements=(block.id,))
        for block in paper.algorithms
    )
    goal = "the structure, settings, data, formulas and claims of the paper as a notebook that runs"
    await bench.act("submit_plan", Plan(goal=goal, components=components, unclear=unclear))
    handed = as_handed(tuple(claim for claim, _ in found), {claim.id: place for claim, place in found})
    await bench.act("submit_claims", handed)
    await bench.act("lay_skeleton", {})
    missing = tuple(Shortfall(claim=claim.id, why=WHY) for claim in claims_of(bench))
    await bench.act(
        "submit_code", Code(summary="A skeleton that code made of the paper's form.", not_computed=missing)
    )
