"""Plan, analyse, then code part by part: each stage reads what the one before has left on the board.

Planning hands in every artefact but the last. Analysis looks at each planned part by itself, several at a time. Coding
takes the parts in their order and then hands in the last artefact. Made for paper-to-code, and usable by any agent
whose first artefacts hold a list of parts with a `name` and an `about`.

Source: Seo et al. 2025, Paper2Code: Automating Code Generation from Scientific Papers in Machine Learning,
arXiv:2504.17192, section 3 (planning, analysis, coding).
*Differs:* the four planning prompts are artefacts with checks; what is unclear is asked or recorded; every part is run
when it is written instead of debugged later from a log; the paper is read by section, not sent again with each call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..errors import RunError
from ..records import dumps
from . import Conversation, Run

SOURCE = "Paper2Code, arXiv:2504.17192, section 3"
WINDOW = 0.6
"""Past this share of the model's window coding goes on in a new conversation."""
STALLED = 5
"""Turns without a tool call that worked, after which the run ends as failed."""
TURNS = 40
"""Turns that one part or one analysis may take."""
AT_ONCE = 3
"""Analyses at the same time."""
_Part = Mapping[str, Any]


async def flow(run: Run) -> None:
    """Plan, analyse, code."""
    owed = run.board.required()
    planned, coded = owed[:-1], owed[-1:]
    await _until(run, _planner(run, planned), lambda: [name for name in planned if run.board.read(name) is None])
    parts = _parts(run)
    notes = await run.gather(*(_analysis(part) for part in parts), limit=AT_ONCE) if parts else []
    talk = _coder(run, coded)
    for number, (part, note) in enumerate(zip(parts, notes, strict=True), 1):
        talk = _coder(run, coded) if talk.window_used > WINDOW else talk
        talk.tell(f"Part {number} of {len(parts)}: write its cells, run them, mend them, then stop.")
        talk.tell_untrusted(f"{dumps(part)}\n\n{note}", "the plan and the analysis of this part")
        await _part(run, talk)
    talk.tell(f"All parts are written. Hand in {', '.join(coded)}.")
    await _until(run, talk, lambda: [name for name in coded if run.board.read(name) is None])
    if not (problems := await run.finished()).none:
        raise RunError(f"still owed at the end:\n{problems.sentence()}")


def _planner(run: Run, names: Sequence[str]) -> Conversation:
    talk = run.conversation(_role(run, "planner"), submits=names)
    talk.tell(f"{run.task}\n\nThis is the planning stage: hand in {', '.join(names)}, then stop.")
    return talk


def _coder(run: Run, names: Sequence[str]) -> Conversation:
    talk = run.conversation(run.roles[0], submits=names)
    talk.tell(f"{run.task}\n\nThis is the coding stage. The plan is made; its parts follow one by one.")
    talk.tell_untrusted(run.board.digest(), "what this run has so far")
    return talk


def _role(run: Run, name: str) -> str:
    """The role of this name; the lead where the agent has none."""
    return name if name in run.roles else run.roles[0]


def _parts(run: Run) -> Sequence[_Part]:
    """The planned parts: the first list of things with a name and a description in an artefact, in its order."""
    for name in run.board.required():
        value = run.board.read(name)
        for field in value.values() if isinstance(value, dict) else ():
            if (
                isinstance(field, list)
                and field
                and all(isinstance(p, dict) and {"name", "about"} <= set(p) for p in field)
            ):
                return field
    return []


def _analysis(part: _Part) -> Callable[[Run], Awaitable[str]]:
    """A task that looks at one part by itself and says in words what the paper fixes and leaves open."""

    async def look(run: Run) -> str:
        talk = run.conversation(_role(run, "analyst"))
        talk.tell(f"{run.task}\n\nThis is the analysis stage: analyse this one part, then answer in words.")
        talk.tell_untrusted(dumps(part), "the plan")
        for _ in range(TURNS):
            reply = await talk.ask()
            if not reply.calls:
                return reply.text
            for call in reply.calls:
                talk.answer(call.id, await run.act(call))
        return "(this analysis did not come to an end)"

    return look


async def _part(run: Run, talk: Conversation) -> None:
    """Turns until the model stops calling tools; a part that never ends is left for the clean run to judge."""
    for _ in range(TURNS):
        reply = await talk.ask()
        for call in reply.calls:
            talk.answer(call.id, await run.act(call))
        if not reply.calls:
            return
    talk.tell("Enough of this part; go on.")


async def _until(run: Run, talk: Conversation, owed: Callable[[], list[str]]) -> None:
    """Turns until nothing is owed. Raises RunError after several turns in a row that brought nothing."""
    stalled = 0
    while owed():
        reply = await talk.ask()
        worked = False
        for call in reply.calls:
            observation = await run.act(call)
            talk.answer(call.id, observation)
            worked = worked or not observation.error
        stalled = 0 if worked else stalled + 1
        if stalled >= STALLED:
            raise RunError(f"{STALLED} turns brought nothing new; still owed: {', '.join(owed())}")
        if not reply.calls:
            talk.tell(f"You stopped, but this is still owed: {', '.join(owed())}. Hand in by the submit tools.")
