"""What the lead has done by others: readers that quote, a writer that sees only what they quoted."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ...designs.gather_evidence import Wanted, answer, gather, says
from ...errors import InputError, RunError
from ...records import Observation, Record
from ...tools import tool
from .. import Bench
from .artefacts import Selection, artefact, options


class ReadPapers(Record):
    """Arguments of `read_papers`."""

    papers: Annotated[tuple[str, ...], Meta(description="Ids of papers at hand", min_length=1)]
    look_for: Annotated[str, Meta(description="What readers should find out, as questions")] = ""


@tool("read")
async def read_papers(desk: Bench, arguments: ReadPapers) -> Observation:
    """Let readers read papers, one each, side by side; they quote, and say how much each paper bears on it."""
    selection: Selection | None = artefact(desk, "selection", Selection)
    if selection is None:
        raise InputError("nothing is selected yet; hand in the selection with submit_selection, then have it read")
    outside = set(arguments.papers) - {choice.paper for choice in selection.read}
    if outside:
        raise InputError(f"not in the selection: {', '.join(sorted(outside))}; add them with submit_selection")
    read = sum("reading" in card for card in desk.state.papers.values())
    most = 2 * options(desk).papers
    if read + len(arguments.papers) > most:
        raise InputError(f"{read} papers were read; with these it would be over {most}, twice what was asked for")
    found = await gather(desk.run, Wanted(papers=arguments.papers, look_for=arguments.look_for))
    quotes = sum(r.kept for r in found)
    text = f"{len(desk.state.evidence)} quotes in all, {quotes} of them new\n{says(found)}"
    return Observation(text=text, untrusted=True, source="what readers said")


class WriteAnswer(Record):
    """Arguments of `write_answer`: none."""


@tool("submit")
async def write_answer(desk: Bench, arguments: WriteAnswer) -> Observation:
    """Have the answer written and handed in by the writer, who sees the question, the plan and the best evidence."""
    for name in ("plan", "selection"):
        if name not in desk.state.artefacts:
            raise InputError(f"hand in the {name} first")
    try:
        await answer(desk.run, "writer")
    except RunError as error:
        raise InputError(error.message) from error
    return Observation(text="the answer is written and accepted; nothing is left to do but to stop")
