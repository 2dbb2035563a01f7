"""An agent as another package would bring it, found by its entry point."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from jupyter_agents.agents import Agent, Bench, Report, Role
from jupyter_agents.records import Record


class Options(Record):
    """What only `survey` understands."""

    papers: Annotated[int, msgspec.Meta(ge=1, le=500)] = 20
    """How many papers to read."""
    since: Annotated[int | None, msgspec.Meta(description="Only papers since then.", extra={"metavar": "YEAR"})] = None
    output: Literal["notebook", "repository"] = "notebook"
    """What comes out."""
    data: tuple[str, ...] = ()
    """Data to look at."""
    metric: str = ""
    """What is measured."""
    quick: bool = False
    """Whether to hurry."""


async def prepare(bench: Bench) -> str:
    """What to do."""
    return bench.request.text


async def without_model(bench: Bench) -> None:
    """Nothing can be asked, so a note is left."""
    bench.emit("note", "no model")


async def report(bench: Bench) -> Report:
    """What came out."""
    return Report(title=bench.request.text, summary="A survey.", body="")


AGENT = Agent(
    name="survey",
    about="Survey a field of papers.",
    asks="QUESTION",
    options=Options,
    roles=(Role("lead", "You survey."),),
    artefacts=(),
    prepare=prepare,
    without_model=without_model,
    report=report,
)
