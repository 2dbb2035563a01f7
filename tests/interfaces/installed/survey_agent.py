"""An agent as another package would bring it, found by its entry point."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec

from jupyter_agents.agents import Agent, Bench, Report, Role
from jupyter_agents.errors import InputError
from jupyter_agents.records import Cell, CellResult, Claim, Option, Question, Record, Verdict

QUESTION = Question(
    id="q1",
    title="Which shelf?",
    options=(Option(id="left", label="The left one"), Option(id="other", label="Another", wants_text=True)),
)


class Options(Record):
    """What only `survey` understands."""

    papers: Annotated[int, msgspec.Meta(ge=1, le=500)] = 20
    """How many papers to read."""
    since: Annotated[int | None, msgspec.Meta(description="Only papers since then.", extra={"metavar": "YEAR"})] = None
    output: Literal["notebook", "repository"] = "notebook"
    """What comes out."""
    data: tuple[str, ...] = ()
    """Data to look at."""
    cell: str = ""
    """The cell to start from."""
    metric: str = ""
    """What is measured."""
    quick: bool = False
    """Whether to hurry."""


async def prepare(bench: Bench) -> str:
    """What to do; a field may be closed."""
    if "closed" in bench.request.text:
        raise InputError("this field is closed; ask about another")
    return bench.request.text


async def without_model(bench: Bench) -> None:
    """Show a cell; then ask, or take one's time, as the request says."""
    bench.note("nobody can be asked, so the shelf is read")
    result = CellResult(status="ok", outputs=({"output_type": "stream", "name": "stdout", "text": "4 shelves\n"},))
    bench.emit("cell", {"cell": Cell(id="c1", kind="code", source="print(shelves)", result=result)})
    if "choose" in bench.request.text:
        chosen = await bench.run.question(QUESTION)
        bench.note(f"chosen: {chosen.option} {chosen.text}".strip())
    for _ in range(600 if "slowly" in bench.request.text else 0):
        await bench.run.now()
        await asyncio.sleep(0.05)


async def report(bench: Bench) -> Report:
    """What came out."""
    found = {"shelves": 4, "options": bench.request.options, "data": sorted(bench.request.options["data"])}
    claim = Claim(id="k1", value="4", metric="shelves")
    verdict = Verdict(claim="k1", status="unchecked", reason="nobody counted")
    return Report(
        title=f"On {bench.request.text}",
        summary="There are four shelves.",
        body="There are four shelves.",
        result=found,
        files={"shelves.txt": "4\n"},
        claims=(claim,),
        verdicts=(verdict,),
        publish=bench.request.options["quick"],
    )


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
