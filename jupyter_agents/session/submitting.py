"""Handing in an artefact: its schema, its check, and under `--copilot` a person's word, before it is on the board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ..agents import Artefact
from ..errors import StopAsked
from ..records import Observation, Option, Question, Record, dump, parse
from ..tools import Tool

if TYPE_CHECKING:
    from .gate import DeskView

CHOICES = (
    Option(id="accept", label="Accept"),
    Option(id="edit", label="Accept with my changes", wants_text=True),
    Option(id="redo", label="Do it again, with a note", wants_text=True),
    Option(id="stop", label="Stop the run"),
)


def submit_tool(artefact: Artefact) -> Tool:
    """The tool `submit_NAME` that hands in one artefact."""

    async def submit(desk: DeskView, arguments: Record) -> Observation:
        problems = await artefact.check(desk, arguments)
        if problems:
            return Observation(text="not accepted:\n" + "\n".join(f"- {p}" for p in problems), error=True)
        value, refused = await _confirmed(desk, artefact, arguments)
        if refused is not None:
            return refused
        desk.emit("artefact", {"name": artefact.name, "value": dump(value)})
        return Observation(text=f"{artefact.name} accepted")

    return Tool(f"submit_{artefact.name}", f"Hand in: {artefact.about}", "submit", artefact.schema, submit)


async def _confirmed(desk: DeskView, artefact: Artefact, value: Record) -> tuple[Any, Observation | None]:
    """The artefact as a person wants it, or what to say instead. Raises StopAsked."""
    agent = desk.run.engine.agent
    if (
        not desk.request.copilot
        or not desk.has_model
        or artefact.name not in (agent.copilot or agent_required(agent.artefacts))
    ):
        return value, None
    text = msgspec.json.format(msgspec.json.encode(value)).decode()
    while True:
        question = Question(
            id=desk.new_id("q"),
            title=f"{artefact.name}: accept it?",
            body=artefact.about,
            options=CHOICES,
            editable=text,
        )
        answer = await desk.run.question(question)
        if answer.option == "accept":
            return value, None
        if answer.option == "stop":
            raise StopAsked(f"stopped by a person at {artefact.name}")
        if answer.option == "redo":
            return value, Observation(text=f"a person wants it done again: {answer.text}", error=True)
        try:
            edited = parse(msgspec.json.decode(answer.text), artefact.schema)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            desk.note(f"the edited {artefact.name} cannot be read: {error}; asked again")
            text = answer.text
            continue
        problems = await artefact.check(desk, edited)
        if not problems:
            return edited, None
        desk.note(f"the edited {artefact.name} does not pass its check: {'; '.join(problems)}; asked again")
        text = answer.text


def agent_required(artefacts: tuple[Artefact, ...]) -> tuple[str, ...]:
    """Names of the artefacts that must be there."""
    return tuple(artefact.name for artefact in artefacts if artefact.required)
