"""Claims of a paper against a notebook: one clean run, perturbed runs, and the verdicts that code computes."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from ..checking.clean_run import judge_run
from ..checking.perturbation import Perturbation, downgrade
from ..checking.verdicts import Facts, apart
from ..records import Claim, ClaimKind, Observation, Record, Verdict, changed, dump, parse
from . import Desk, tool
from ._perturbing import perturbed_values

SECOND = "-uncertainty"
"""What the id of a claim's ± ends in."""


class PaperClaim(Record):
    """A paper's own result with a number, as it is handed in."""

    id: Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9_-]{0,40}$", description="Short name, for instance slope")]
    value: Annotated[str, Meta(description="As printed, without its ±: 2.24, 93.1 %, -50")]
    paragraph: Annotated[str, Meta(description="Id of the paragraph or table it stands in: p31, tab2")]
    quote: Annotated[
        str, Meta(description="The words there that hold the value, verbatim; of a table the row, cells parted by | ")
    ]
    metric: Annotated[str, Meta(description="What is measured")] = ""
    unit: str = ""
    dataset: str = ""
    kind: Annotated[
        ClaimKind, Meta(description="stochastic: an average over seeds or runs; ordering: which of two is larger")
    ] = "deterministic"
    uncertainty: Annotated[str, Meta(description="The printed ±, as printed")] = ""
    n_paper: Annotated[int | None, Meta(description="Over how many runs the paper averages, where it says")] = None


class ClaimSet(Record):
    """All claims of a paper."""

    claims: tuple[PaperClaim, ...] = ()
    none_because: Annotated[str, Meta(description="Only where the paper has no result with a number: why")] = ""


class Depends(Record):
    """What must move a claim's value when it is changed."""

    claim: str
    names: Annotated[
        tuple[str, ...],
        Meta(description="Parameters, data files of work/ by name, or variables that hold data typed into a cell"),
    ]


class Shortfall(Record):
    """Why the run cannot speak of a claim as the paper meant it."""

    claim: str
    why: str


class Code(Record):
    """What stands behind the draft's cells, handed in when they are all written."""

    summary: Annotated[str, Meta(description="What was built, in a few sentences; no measured numbers")]
    assumptions: Annotated[tuple[str, ...], Meta(description="What the paper does not say and was assumed")] = ()
    depends: Annotated[tuple[Depends, ...], Meta(description="For every claim that a cell shows")] = ()
    reduced: Annotated[
        tuple[Shortfall, ...], Meta(description="Claims computed at a smaller scale than in the paper")
    ] = ()
    other_data: Annotated[
        tuple[Shortfall, ...], Meta(description="Claims computed on other data than the paper's")
    ] = ()
    not_computed: Annotated[tuple[Shortfall, ...], Meta(description="Claims that no cell computes")] = ()


class CleanRun(Record):
    """How one run from top to bottom ended."""

    ok: bool
    cells: int
    """Code cells that ran."""
    failed: str = ""
    """Id of the cell that stopped it."""
    error: str = ""
    """Kind of the exception; its words stand in the cell."""


class NoArguments(Record):
    """Arguments of the tools here: none."""


@tool("execute")
async def clean_run(desk: Desk, arguments: NoArguments) -> Observation:
    """Run every code cell once, top to bottom, in a fresh kernel and a fresh folder; the draft keeps these outputs."""
    kernel = await desk.fresh_kernel("clean")
    ran, failed = 0, None
    try:
        for cell in desk.state.cells:
            if cell.kind != "code":
                continue
            result = await kernel.execute(cell.source, cell=cell.id) if failed is None else None
            done = changed(cell, result=result)
            desk.emit("cell", {"cell": done})
            ran += result is not None
            if failed is None and result is not None and not result.ok:
                failed = done
    finally:
        await kernel.shutdown()
    kind = failed.result.error_name or failed.result.status if failed and failed.result else ""
    outcome = CleanRun(ok=failed is None, cells=ran, failed=failed.id if failed else "", error=kind)
    desk.emit("artefact", {"name": "clean_run", "value": outcome})
    words = f"cell {outcome.failed} failed: {kind}" if failed else f"all {ran} code cells ran"
    return Observation(text=words, data=dump(outcome))


@tool("execute")
async def perturb_claims(desk: Desk, arguments: NoArguments) -> Observation:
    """Run the notebook again with changed data and parameters: a value that then stays the same was not computed."""
    tried, notes = await perturbed_values(desk, claims_of(desk), depends_of(desk))
    for note in notes:
        desk.note(note)
    desk.emit("artefact", {"name": "perturbations", "value": {"tried": tried, "notes": notes}})
    moved = sum(p.moved is True for p in tried)
    return Observation(
        text=f"{len(tried)} values looked at, {moved} moved", data={"tried": len(tried), "moved": moved}
    )


@tool("submit")
async def judge_claims(desk: Desk, arguments: NoArguments) -> Observation:
    """Compare what the clean run showed with what the paper prints, claim by claim."""
    verdicts = verdicts_of(desk)
    desk.emit("artefact", {"name": "verdicts", "value": verdicts})
    counts = [f"{v.claim}: {v.status}" for v in verdicts]
    return Observation(text="\n".join(counts) or "no claims", data=[dump(v) for v in verdicts])


def claims_of(desk: Desk) -> tuple[Claim, ...]:
    """The claims that were handed in; a value and its ± are two, the second named `ID-uncertainty`."""
    handed = desk.state.artefacts.get("claims")
    drafts = parse(handed, ClaimSet).claims if handed else ()
    return tuple(claim for draft in drafts for claim in split(draft))


def split(draft: PaperClaim) -> tuple[Claim, ...]:
    """One handed in claim as the claims that are judged."""
    fields = dump(draft)
    del fields["paragraph"]
    return apart(Claim(**fields, where=draft.paragraph))


def depends_of(desk: Desk) -> dict[str, tuple[str, ...]]:
    """What each claim's value depends on, as the code was handed in; a ± depends on what its value does."""
    given = {d.claim: d.names for d in code_of(desk).depends}
    for claim in claims_of(desk):
        if claim.id not in given and claim.id.endswith(SECOND):
            names = given.get(claim.id.removesuffix(SECOND))
            if names:
                given[claim.id] = names
    return given


def code_of(desk: Desk) -> Code:
    """What was handed in with the code; empty where nothing was."""
    handed: Any = desk.state.artefacts.get("code")
    return parse(handed, Code) if handed else Code(summary="")


def verdicts_of(desk: Desk) -> tuple[Verdict, ...]:
    """One verdict a claim, from the draft's cells as the clean run left them and the perturbed runs."""
    claims, code = claims_of(desk), code_of(desk)
    reduced, other = _whys(code.reduced), _whys(code.other_data)
    facts = {c.id: Facts(reduced=_of(reduced, c.id), other_data=_of(other, c.id)) for c in claims}
    perturbations = desk.state.artefacts.get("perturbations") or {"tried": []}
    tried = parse(perturbations["tried"], list[Perturbation])
    missing = _whys(code.not_computed)
    judged = judge_run(claims, desk.state.cells, facts=facts)
    return tuple(_explained(downgrade(verdict, tried), missing) for verdict in judged)


def _whys(shortfalls: tuple[Shortfall, ...]) -> dict[str, str]:
    return {s.claim: s.why for s in shortfalls}


def _of(whys: dict[str, str], claim: str) -> str:
    return whys.get(claim) or whys.get(claim.removesuffix(SECOND), "")


def _explained(verdict: Verdict, missing: dict[str, str]) -> Verdict:
    """A claim that nothing measured says why, where the code said why."""
    why = _of(missing, verdict.claim)
    if why and verdict.status == "unchecked" and not verdict.measured:
        return changed(verdict, reason=why)
    return verdict
