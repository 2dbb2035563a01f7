"""A small agent for the engine's tests: takes notes from a folder of texts and hands in a summary."""

from __future__ import annotations

import asyncio

from jupyter_agents.agents import Agent, Artefact, Bench, Report, Role
from jupyter_agents.errors import InputError
from jupyter_agents.records import Observation, Record
from jupyter_agents.tools import tool
from jupyter_agents.tools.notebook import add_cell, edit_cell


class Note(Record):
    """Arguments of `take_note`."""

    text: str


@tool("write")
async def take_note(desk: Bench, arguments: Note) -> Observation:
    """Keep a note."""
    if arguments.text == "slow":
        await asyncio.sleep(60)
    if arguments.text == "bad":
        raise InputError("this note is bad; write another")
    desk.emit("paper", {"id": desk.new_id("note"), "source": "", "text": arguments.text})
    return Observation(text="kept")


class Count(Record):
    """Arguments of `count_notes`."""


@tool("read")
async def count_notes(desk: Bench, arguments: Count) -> Observation:
    """Count the notes, taking one more on the way."""
    await desk.act("take_note", Note(text="counted"))
    return Observation(text=str(len(desk.state.papers)), untrusted=True, source="notes")


@tool("network", hosts=("elsewhere.example",))
async def call_home(desk: Bench, arguments: Count) -> Observation:
    """Reach a host that no run allows."""
    return Observation(text="reached")


class Ask(Record):
    """Arguments of `ask_reader`."""

    question: str


@tool("read")
async def ask_reader(desk: Bench, arguments: Ask) -> Observation:
    """Let the reader answer a question."""
    talk = desk.run.conversation("reader")
    talk.tell(arguments.question)
    return Observation(text=(await talk.ask()).text)


class Summary(Record):
    """What the agent must produce."""

    text: str
    words: int = 0


async def long_enough(bench: Bench, value: Summary) -> tuple[str, ...]:
    return () if len(value.text) > 3 else ("it is too short; write more than three letters",)


async def length(bench: Bench, value: Summary) -> float | None:
    return float(len(value.text))


async def prepare(bench: Bench) -> str:
    return f"Take notes on: {bench.request.text}"


async def without_model(bench: Bench) -> None:
    await bench.act("take_note", Note(text=bench.request.text))
    await bench.act("submit_summary", Summary(text=f"notes on {bench.request.text}"))


async def report(bench: Bench) -> Report:
    summary = bench.state.artefacts.get("summary")
    notes = [str(card["text"]) for card in bench.state.papers.values()]
    text = summary["text"] if summary else "no summary was handed in"
    body, publish = "\n".join(f"- {note}" for note in notes), bool(bench.request.options.get("publish", True))
    return Report(title="Notes", summary=text, body=body, result={"notes": notes}, publish=publish)


class NoOptions(Record):
    """This agent has none."""


AGENT = Agent(
    name="notes",
    about="Takes notes.",
    asks="TOPIC",
    options=NoOptions,
    roles=(
        Role("lead", "You take notes.", (take_note, count_notes, call_home, ask_reader, add_cell, edit_cell)),
        Role("reader", "You answer."),
    ),
    artefacts=(Artefact("summary", "What the notes say.", Summary, long_enough, score=length),),
    prepare=prepare,
    without_model=without_model,
    report=report,
)
