"""References that speak of the question: what to read next, or at least to name."""

from __future__ import annotations

from collections.abc import Sequence

from ...records import Record, parse
from ...runtime.papers import Reference
from ...tools.gathering import names
from ...tools.papers import References
from ...tools.ranking import count_words
from .. import Bench

LEAST_WORDS = 2
"""Of the question, that a reference must share to be worth following."""
LONGEST = 300
"""Characters of a reference, where it is shown."""


class Pointer(Record):
    """A reference that speaks of the question and is not at hand."""

    reference: Reference
    cited_by: str

    @property
    def shown(self) -> str:
        """For whoever looks for more."""
        text = " ".join(self.reference.text.split())
        return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


async def pointers(bench: Bench, papers: Sequence[str]) -> list[Pointer]:
    """What these papers cite on the question, most words of it first; papers at hand are left out."""
    found: dict[str, Pointer] = {}
    for id in papers:
        listed = await bench.act("references", References(paper=id))
        for reference in [] if listed.error else [parse(r, Reference) for r in listed.data]:
            if not any(names(reference, card) for card in bench.state.papers.values()):
                found.setdefault(reference.arxiv or reference.text, Pointer(reference=reference, cited_by=id))
    every = list(found.values())
    shared = count_words([p.reference.text for p in every], bench.request.text)
    order = sorted(range(len(every)), key=lambda i: -shared[i])
    return [every[i] for i in order if shared[i] >= LEAST_WORDS]
