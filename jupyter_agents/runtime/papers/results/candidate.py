"""One number that a paper reports, before it is a claim."""

from __future__ import annotations

from ....records import Record, Span


class Candidate(Record):
    """One number that a paper reports as its own result."""

    value: str
    span: Span
    quote: str
    paragraph: str
    metric: str = ""
    unit: str = ""
    uncertainty: str = ""
    dataset: str = ""
    runs: int | None = None
    """How many seeds or runs the paper says it rests on; None where it speaks of none."""
    random: bool = False
    """Whether its ± is over runs."""
