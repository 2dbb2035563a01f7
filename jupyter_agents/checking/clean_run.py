"""All claims of a paper judged on the cells of one clean run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..records import Cell, CellResult, Claim, Value, Verdict, changed
from .literals import claim_calls, parse_cell, typed_values
from .verdicts import Facts, judge


def judge_run(
    claims: Iterable[Claim], cells: Sequence[Cell], *, facts: Mapping[str, Facts] | None = None
) -> tuple[Verdict, ...]:
    """One verdict a claim, in order.

    cells: the executed notebook, results in place. Values are those shown as `claim("ID", …)`; a list is one value a
    seed, a pair `{"ours": …, "theirs": …}` belongs to an ordering. A claim whose own cell failed, or stands behind a
    cell that failed and was so never shown, is `failed`; one that no cell calls for is `unchecked`. Literals are
    looked for here. facts: what is known beside that, by claim id (reduced scale, other data, unit).
    """
    given = facts or {}
    return tuple(_judged(claim, cells, given.get(claim.id, Facts())) for claim in claims)


def _judged(claim: Claim, cells: Sequence[Cell], facts: Facts) -> Verdict:
    shown = [
        (cell.id, value)
        for cell in cells
        if cell.result
        for value in cell.result.values
        if value.kind == "claim" and value.name == claim.id
    ]
    ours, theirs = _sides([value for _, value in shown])
    known = _placed(claim, cells, shown, facts)
    return judge(claim, ours, against=theirs, facts=known)


def _sides(values: Sequence[Value]) -> tuple[list[Any], list[Any]]:
    ours: list[Any] = []
    theirs: list[Any] = []
    for value in values:
        if isinstance(value.value, dict) and set(value.value) == {"ours", "theirs"}:
            ours += _listed(value.value["ours"])
            theirs += _listed(value.value["theirs"])
        else:
            ours += _listed(value.value)
    return ours, theirs


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _placed(claim: Claim, cells: Sequence[Cell], shown: Sequence[tuple[str, Value]], facts: Facts) -> Facts:
    """The facts with the cell that shows the claim, how that cell ended, and where its value is typed."""
    typed = typed_values(cells, claim)
    if typed and not facts.typed:
        facts = changed(facts, typed=typed[0].reason)
    if shown:
        cell, value = shown[-1]
        facts = changed(facts, cell=value.cell or cell, output_hash=value.output_hash)
    broken = _broken(claim, cells, {cell for cell, _ in shown})
    if broken is None or broken.result is None:
        return facts
    return changed(facts, cell=broken.id, cell_status=broken.result.status, error=_error(broken.result))


def _broken(claim: Claim, cells: Sequence[Cell], showing: set[str]) -> Cell | None:
    """The failed cell that owes a claim's value: one that shows or would show it, or one that stopped the run."""
    calling = {c.id for c in cells if c.kind == "code" and any(claim_calls(parse_cell(c.source), claim.id))}
    failed = [c for c in cells if c.result is not None and not c.result.ok]
    own = [c for c in failed if c.id in showing | calling]
    if own or showing or not calling:
        return own[0] if own else None
    never_ran = any(c.id in calling and c.result is None for c in cells)
    return failed[0] if failed and never_ran else None


def _error(result: CellResult) -> str:
    return f"{result.error_name}: {result.error_value}".strip(": ") or result.status
