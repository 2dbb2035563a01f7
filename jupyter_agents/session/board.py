"""The artefacts of one line of work: what is there, what is still owed, what a new conversation is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..agents import Agent
from ..designs import Problems
from ..records import Json, dumps, json_schema

if TYPE_CHECKING:
    from .line import Line

ARTEFACT_CHARACTERS = 6000
"""Of each artefact in a digest."""


class LineBoard:
    """`Board` over a line's state."""

    def __init__(self, agent: Agent, line: Line) -> None:
        self._agent = agent
        self._line = line

    def read(self, name: str) -> Any:
        """An artefact as JSON values, None while there is none."""
        return self._line.state.artefacts.get(self._agent.artefact(name).name)

    def required(self, by: str | None = None) -> Sequence[str]:
        """Names of the artefacts the agent must produce, in order; only those that the role `by` hands in."""
        lead = self._agent.roles[0].name
        return [a.name for a in self._agent.artefacts if a.required and by in (None, a.by or lead)]

    def scored(self) -> Sequence[str]:
        """Names of the artefacts that the agent has a measure for."""
        return [a.name for a in self._agent.artefacts if a.score is not None]

    def about(self, name: str) -> str:
        """What an artefact is, for whoever makes it."""
        return self._agent.artefact(name).about

    def schema(self, name: str) -> Json:
        """JSON Schema of an artefact."""
        return json_schema(self._agent.artefact(name).schema)

    def problems(self) -> Problems:
        """What is missing, and what was accepted before cells changed under it."""
        owed: dict[str, tuple[str, ...]] = {}
        for artefact in self._agent.artefacts:
            if artefact.name not in self._line.state.artefacts:
                if artefact.required:
                    owed[artefact.name] = ("not handed in yet",)
            elif artefact.of_cells and self._line.stamps.get(artefact.name) != self._line.state.changed:
                owed[artefact.name] = ("cells have changed since it was accepted; hand it in again",)
        return Problems(by_artefact=owed)

    def digest(self) -> str:
        """All that is there, artefacts first, each cut to a bound; empty while there is nothing."""
        state = self._line.state
        parts = [f"## {name}\n{_cut(dumps(value))}" for name, value in state.artefacts.items()]
        # where a local paper lies is nobody's business but this machine's
        cards = [{k: v for k, v in card.items() if k != "source"} for card in state.papers.values()]
        parts += [f"## papers at hand\n{_cut(dumps(cards))}"] if cards else []
        quotes = [{"id": e.id, "paper": e.paper, "where": e.where, "quote": e.quote} for e in state.evidence.values()]
        parts += [f"## evidence\n{_cut(dumps(quotes))}"] if quotes else []
        cells = [f"[{c.id}] {c.kind}, {c.result.status if c.result else 'not run'}\n{c.source}" for c in state.cells]
        parts += [f"## notebook\n{_cut(chr(10).join(cells))}"] if cells else []
        return "\n\n".join(parts)


def _cut(text: str) -> str:
    left_out = len(text) - ARTEFACT_CHARACTERS
    return text if left_out <= 0 else f"{text[:ARTEFACT_CHARACTERS]} … ({left_out} characters left out)"
