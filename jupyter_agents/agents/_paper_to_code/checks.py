"""What code checks of what is handed in: claims stand in the paper, cells run clean and say what they implement."""

from __future__ import annotations

import ast

from ...checking.literals import claim_calls, parse_cell
from ...checking.numbers import Printed, numbers_in, parse
from ...checking.quotes import find
from ...records import Cell
from ...runtime.papers import Paper
from ...tools._perturbing import assigned, parameter_values, placed_files
from ...tools.claims import SECOND, ClaimSet, Code, Depends, PaperClaim, Shortfall, claims_of
from .. import Bench
from .opening import the_paper
from .passages import passage
from .plan import unknown_paragraphs

FREE = frozenset({"parameters", "setup", "data"})
"""Tags of cells that implement no passage."""


async def check_claims(bench: Bench, handed: ClaimSet) -> tuple[str, ...]:
    """Every claim is quoted verbatim from its paragraph, and its value stands in the quote as printed."""
    if not handed.claims:
        return (
            () if handed.none_because.strip() else ("hand in the paper's results, or say in `none_because` why none",)
        )
    paper = await the_paper(bench)
    ids = [claim.id for claim in handed.claims]
    problems = [f"two claims are named {id!r}" for id in dict.fromkeys(i for i in ids if ids.count(i) > 1)]
    for claim in handed.claims:
        problems += [f"{claim.id}: {problem}" for problem in _of_claim(paper, claim)]
    return tuple(problems)


def _of_claim(paper: Paper, claim: PaperClaim) -> list[str]:
    here = passage(paper, claim.paragraph)
    if here is None:
        return [f"the paper has no paragraph {claim.paragraph!r}"]
    if find(claim.quote.strip("| "), paper.quote(here.span)) is None:
        return [f"these words do not stand in {claim.paragraph}; copy them exactly: {claim.quote!r}"]
    if claim.kind == "ordering":
        return []
    printed = parse(claim.value)
    if printed is None:
        return [f"{claim.value!r} is not one number as printed"]
    held = _held(claim.quote)
    problems = [] if _stands(printed, held) else [f"{claim.value!r} does not stand in its quote"]
    error = parse(claim.uncertainty.lstrip("± ")) if claim.uncertainty else None
    if claim.uncertainty and (error is None or not _stands(error, held)):
        problems.append(f"the uncertainty {claim.uncertainty!r} does not stand in its quote")
    return problems


def _held(quote: str) -> list[Printed]:
    found = [n for n, _ in [*numbers_in(quote), *numbers_in(quote, spaced=False)]]
    return [*found, *(n.uncertainty for n in found if n.uncertainty)]


def _stands(printed: Printed, held: list[Printed]) -> bool:
    return any(n.value == printed.value and n.half == printed.half for n in held)


async def check_code(bench: Bench, code: Code) -> tuple[str, ...]:
    """One parameters cell, every cell linked to its passage, every claim shown or explained, and one clean run."""
    cells = [cell for cell in bench.state.cells if cell.kind == "code"]
    paper = await the_paper(bench)
    problems = [*_parameters(cells), *_links(paper, cells), *_claims(bench, cells, code)]
    if problems:
        return tuple(problems)
    ran = await bench.act("clean_run", {})
    if ran.data is None or not ran.data["ok"]:
        return (f"the clean run from top to bottom failed: {ran.text}; mend the cell and hand in again",)
    shown = {v.name for c in bench.state.cells if c.result for v in c.result.values if v.kind == "claim"}
    excused = {s.claim for s in code.not_computed}
    silent = [c.id for c in claims_of(bench) if c.id not in shown | excused]
    return tuple(
        f"no cell showed {id} in the clean run; call claim({id!r}, value) or list it in not_computed" for id in silent
    )


def _parameters(cells: list[Cell]) -> list[str]:
    tagged = [cell for cell in cells if "parameters" in cell.tags]
    if len(tagged) != 1:
        return [f"exactly one cell needs the tag `parameters`; {len(tagged)} have it"]
    tree = parse_cell(tagged[0].source)
    plain = tree is not None and all(isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) for node in tree.body)
    lines = [node.lineno for node in tree.body] if tree else []
    if not plain or len(lines) != len(set(lines)):
        return ["the parameters cell holds one assignment a line and nothing else"]
    return []


def _links(paper: Paper, cells: list[Cell]) -> list[str]:
    problems = []
    for cell in cells:
        links = [str(link) for link in cell.provenance.get("implements", [])]
        if not links and not FREE & set(cell.tags):
            problems.append(f"{cell.id} does not say which paragraphs it implements; add it again with `implements`")
        problems += unknown_paragraphs(paper, links, cell.id)
    return problems


def _claims(bench: Bench, cells: list[Cell], code: Code) -> list[str]:
    ids = [claim.id for claim in claims_of(bench)]
    excused = {s.claim for s in code.not_computed}
    trees = [parse_cell(cell.source) for cell in cells]
    missing = [id for id in ids if id not in excused and not any(True for t in trees for _ in claim_calls(t, id))]
    problems = [f"no cell calls claim({id!r}, …) and not_computed does not say why" for id in missing]
    named: list[Depends | Shortfall] = [*code.depends, *code.reduced, *code.other_data, *code.not_computed]
    problems += [f"{each.claim!r} is no claim; they are {', '.join(ids)}" for each in named if each.claim not in ids]
    can = {*parameter_values(cells), *placed_files(bench), *(n for cell in cells for n in assigned(cell))}
    for each in code.depends:
        unknown = [name for name in each.names if name not in can]
        problems += [
            f"{each.claim} depends on {name!r}: no parameter, file or variable has this name" for name in unknown
        ]
    given = {each.claim for each in code.depends}
    for id in ids:
        if id not in excused and id not in given and id.removesuffix(SECOND) not in given:
            problems.append(f"say in `depends` what must move {id} when it is changed")
    return problems
