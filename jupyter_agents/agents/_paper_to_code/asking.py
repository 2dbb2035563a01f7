"""Ask a person what the paper leaves unclear; where nobody sits there, keep it as an assumption."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ...records import Json, Observation, Option, Question, Record
from ...tools import tool
from .. import Bench


class AskUnclear(Record):
    """Arguments of `ask_unclear`."""

    question: Annotated[str, Meta(description="What the paper does not say, as one question")]
    assumption: Annotated[str, Meta(description="What you would assume, and why")]
    others: Annotated[tuple[str, ...], Meta(description="Other answers that are possible", max_length=6)] = ()


@tool("submit")
async def ask_unclear(desk: Bench, arguments: AskUnclear) -> Observation:
    """Ask what the paper leaves unclear. A person answers under --copilot; else your assumption is recorded."""
    chosen, by = arguments.assumption, "assumed"
    if desk.request.copilot:
        options = [Option(id="assumption", label=arguments.assumption[:200])]
        options += [Option(id=f"other{i}", label=other[:200]) for i, other in enumerate(arguments.others, 1)]
        options.append(Option(id="own", label="Something else", wants_text=True))
        body = "The paper does not say this. What you choose is recorded in the report."
        question = Question(id=desk.new_id("q"), title=arguments.question, body=body, options=tuple(options))
        answer = await desk.run.question(question)
        labels = {option.id: option.label for option in options}
        chosen, by = (answer.text if answer.option == "own" else labels[answer.option]), "a person"
    known: list[Json] = desk.state.artefacts.get("unclear") or []
    entry = {"question": arguments.question, "answer": chosen, "by": by}
    desk.emit("artefact", {"name": "unclear", "value": [*known, entry]})
    said = f"a person says: {chosen}" if by == "a person" else f"nobody to ask; recorded as an assumption: {chosen}"
    return Observation(text=said, data=entry)
