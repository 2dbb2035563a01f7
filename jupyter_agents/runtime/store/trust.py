"""What independent reproductions say of a preprint, as one word. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ...records import Claim, Verdict

Trust = Literal["reproduced", "mismatch", "unchecked"]
TRUSTS: tuple[Trust, ...] = ("reproduced", "mismatch", "unchecked")


def trust_of(claims: Iterable[Claim], verdicts: Iterable[Verdict]) -> Trust:
    """Any mismatch: `mismatch`. Every claim reproduced at least once: `reproduced`. Else `unchecked`.

    The claims a preprint lists are its headline claims; without any there is nothing to reproduce, so it stays
    `unchecked`. Verdicts of several runs count together, in any order: one run's mismatch is not outvoted.
    """
    headline = {claim.id for claim in claims}
    given = list(verdicts)
    if any(verdict.status == "mismatch" for verdict in given):
        return "mismatch"
    reproduced = {verdict.claim for verdict in given if verdict.status == "reproduced"}
    return "reproduced" if headline and headline <= reproduced else "unchecked"
