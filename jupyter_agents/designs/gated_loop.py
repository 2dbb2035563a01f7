"""One tool loop that may end only when the agent's artefacts pass their checks.

The lead talks, acts through the gate and hands in artefacts; whenever it stops calling tools, what is still owed is
said to it. A conversation that fills its window is followed by a new one, opened from the board. The loop ends when
all is there, when a person or the budget says so, or when several turns brought nothing new. A model that declines is
followed once by a new conversation, with the fallback model where one is set.
"""

from __future__ import annotations

from ..errors import ModelRefused, RunError
from . import Conversation, Run

SOURCE = ""
WINDOW = 0.6
"""Past this share of the model's window a new conversation is opened."""
STALLED = 5
"""Turns without a tool call that worked, after which the run ends as failed."""


async def flow(run: Run) -> None:
    """Work until every required artefact passes its check."""
    talk = _open(run)
    stalled, declined = 0, False
    while True:
        if talk.window_used > WINDOW:
            talk = _open(run)
        try:
            reply = await talk.ask()
        except ModelRefused:
            if declined:
                raise
            declined, talk = True, _open(run)
            continue
        worked = False
        for call in reply.calls:
            observation = await run.act(call)
            talk.answer(call.id, observation)
            worked = worked or not observation.error
        stalled = 0 if worked else stalled + 1
        if reply.calls and stalled < STALLED:
            continue
        problems = await run.finished()
        if problems.none:
            return
        if stalled >= STALLED:
            raise RunError(f"{STALLED} turns brought nothing new; still owed:\n{problems.sentence()}")
        talk.tell(f"You stopped, but this is still owed:\n{problems.sentence()}\nGo on; hand in by the submit tools.")


def _open(run: Run) -> Conversation:
    """A new conversation of the lead, told the task and what is on the board already."""
    lead = run.roles[0]
    talk = run.conversation(lead, submits=run.board.required(by=lead))
    talk.tell(run.task)
    if digest := run.board.digest():
        talk.tell_untrusted(digest, "what this run has so far")
    return talk
