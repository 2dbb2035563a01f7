"""Designs: how the work is organised to get an agent's artefacts. One file each, citing its paper.

A design is an async function `flow(run)` in a file of this folder; the folder is the registry, the entry-point
group `jupyter_agents.designs` adds others. It holds a `Run` and nothing else: it converses, acts, branches, scores
and asks through it, so it can be replayed, budgeted and stopped. It proposes; the agent's checks decide.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeVar

import msgspec

from ..errors import InputError, UnknownName
from ..records import Answer, Budget, Call, Json, Observation, Question, Record, Usage

R = TypeVar("R")
GROUP = "jupyter_agents.designs"


class Reply(Protocol):
    """One answer of a conversation."""

    @property
    def text(self) -> str:
        """Its words."""
        ...

    @property
    def calls(self) -> Sequence[Call]:
        """Tool calls it asks for; all are answered before the next `ask`."""
        ...

    @property
    def data(self) -> Any:
        """The answer to a schema, validated."""
        ...


class Conversation(Protocol):
    """One role's append-only exchange with the model."""

    def tell(self, text: str) -> None:
        """Add words of the program to what will be sent next."""
        ...

    def tell_untrusted(self, text: str, source: str) -> None:
        """Add words from outside, in a marked envelope; the conversation is tainted from then on."""
        ...

    def answer(self, call_id: str, observation: Observation) -> None:
        """Answer a tool call of the last reply."""
        ...

    async def ask(self, schema: Json | None = None) -> Reply:
        """Send what was told and wait for the answer. Raises ModelError, or Stop when the budget is used up."""
        ...

    def fork(self) -> Conversation:
        """A copy that goes its own way from here."""
        ...

    @property
    def window_used(self) -> float:
        """How much of the model's window is taken, 0 to 1. Past 0.6 start a new one from the board."""
        ...


class Board(Protocol):
    """Typed artefacts: what a run has produced and what it still owes."""

    def read(self, name: str) -> Any:
        """An artefact as JSON values, None while there is none."""
        ...

    def required(self, by: str | None = None) -> Sequence[str]:
        """Names of the artefacts the agent must produce, in order; only those that the role `by` hands in."""
        ...

    def scored(self) -> Sequence[str]:
        """Names of the artefacts that `Run.score` can measure."""
        ...

    def about(self, name: str) -> str:
        """What an artefact is, for whoever makes it."""
        ...

    def schema(self, name: str) -> Json:
        """JSON Schema of an artefact."""
        ...

    def digest(self) -> str:
        """All that is there, short enough to open a new conversation with; holds words from outside."""
        ...


class Problems(Record):
    """What stands between a run and its end: problems by artefact; empty when all is there and passes."""

    by_artefact: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @property
    def none(self) -> bool:
        """Whether nothing is left to do."""
        return not self.by_artefact

    def sentence(self) -> str:
        """For a model or a person: one line a problem."""
        return "\n".join(f"- {name}: {line}" for name, lines in self.by_artefact.items() for line in lines)


class Run(Protocol):
    """All that a design holds. Every method is journalled by position and answers the same when replayed.

    Concurrency only through `gather` and `first`: each task gets its own child `Run`, so positions stay fixed.
    """

    @property
    def path(self) -> str:
        """Branch path; `` for the main line."""
        ...

    @property
    def task(self) -> str:
        """What the agent's lead is told first: goal, sources, limits."""
        ...

    @property
    def roles(self) -> Sequence[str]:
        """Names of the agent's roles; the first leads."""
        ...

    @property
    def board(self) -> Board:
        """The artefacts of this line of work."""
        ...

    def conversation(
        self, role: str, *, submits: Sequence[str] = (), tools: Sequence[str] | None = None
    ) -> Conversation:
        """A new conversation of one of the agent's roles.

        submits: artefacts it may hand in, each by a tool `submit_NAME`. tools: names of the role's tools it gets,
        None for all of them. Both stay fixed for the conversation's life.
        """
        ...

    async def act(self, call: Call) -> Observation:
        """Policy, limits, tool, observation: the one gate. Never raises for what the tool or the model did wrong."""
        ...

    async def branch(self, name: str, budget: Budget | None = None) -> Run:
        """A line of work of its own: copied folder and cells, own kernel when needed, a share of the budget."""
        ...

    async def adopt(self, branch: Run) -> None:
        """Make a branch's cells, artefacts and folder this line's own."""
        ...

    async def gather(self, *tasks: Callable[[Run], Awaitable[R]], limit: int = 4) -> list[R]:
        """Run tasks at the same time, at most `limit`; results in their order. A failing task cancels the rest."""
        ...

    async def first(self, *tasks: Callable[[Run], Awaitable[R]]) -> tuple[int, R]:
        """The first task to end, its index and result; the others are cancelled."""
        ...

    async def score(self, artefact: str) -> float | None:
        """The agent's own measure of an artefact of this line, higher is better; None where there is none."""
        ...

    async def question(self, question: Question) -> Answer:
        """Ask a person and wait, over restarts if need be."""
        ...

    async def finished(self) -> Problems:
        """Check every required artefact now."""
        ...

    async def random(self) -> float:
        """In [0, 1), from the run's seed."""
        ...

    async def now(self) -> str:
        """ISO 8601 in UTC."""
        ...

    async def left(self) -> Budget:
        """What is left of the budget."""
        ...

    @property
    def spent(self) -> Usage:
        """What this line of work has consumed."""
        ...

    def note(self, text: str) -> None:
        """A line for whoever watches."""
        ...


@dataclass(frozen=True)
class Design:
    """One way to organise the work."""

    name: str
    about: str
    """First line of its module's docstring."""
    source: str
    """Paper, arXiv id and section it follows; empty for our own."""
    flow: Callable[[Run], Awaitable[None]]


def names() -> list[str]:
    """All designs that are installed, ours and others'."""
    return sorted({*_ours(), *_others()})


def load(name: str) -> Design:
    """The design with this name. Raises UnknownName naming the nearest, InputError where two share a name."""
    others = _others()
    if name in _ours():
        if name in others:
            raise InputError(f"two designs are named {name!r}: ours and {others[name]}; uninstall or rename that one")
        module = importlib.import_module(f".{name}", __name__)
    elif name in others:
        module = importlib.import_module(others[name])
    else:
        raise UnknownName("design", name, names())
    return Design(name, (module.__doc__ or "").split("\n", 1)[0], getattr(module, "SOURCE", ""), module.flow)


def _ours() -> set[str]:
    return {m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")}


def _others() -> Mapping[str, str]:
    return {point.name: point.value for point in entry_points(group=GROUP)}
