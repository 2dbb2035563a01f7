"""Agents: what is wanted. One file each: goal, roles and their tools, artefacts and their checks, report.

A file of this folder defines `AGENT`; the folder is the registry, the entry-point group `jupyter_agents.agents` adds
others. An agent says what must come out and how it is checked; a design organises the work, `session/` runs it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ..designs import Run
from ..errors import InputError, UnknownName
from ..records import Call, Claim, Json, Observation, Record, Verdict, dump
from ..runtime.model import Effort
from ..tools import Desk, State, Tool

GROUP = "jupyter_agents.agents"


class Bench(Desk, Protocol):
    """A desk with the run beside it: what an agent's own tools, checks and report hold."""

    @property
    def run(self) -> Run:
        """The run, inside the call under way."""
        ...

    @property
    def lines(self) -> Mapping[str, State]:
        """What every line of work has, by path: the main one under ``, branches also where they were not adopted."""
        ...

    @property
    def has_model(self) -> bool:
        """Whether a model can be asked."""
        ...

    async def act(self, tool: str, arguments: Record | Json) -> Observation:
        """Call a tool through the gate as the program itself; the same journal, limits and policy."""
        ...


Check = Callable[[Bench, Any], Awaitable[tuple[str, ...]]]
"""Problems of an artefact, each a sentence that says how to mend it; empty where it passes."""


@dataclass(frozen=True)
class Role:
    """One part in the work: what it is told and what it may touch."""

    name: str
    system: str | Path
    """Its instructions, or the file that holds them; fixed for a conversation's life."""
    tools: tuple[Tool, ...] = ()
    effort: Effort = "medium"
    max_tokens: int = 16_000

    def instructions(self) -> str:
        """What it is told; a file is read only now, since nothing is read at import."""
        return self.system if isinstance(self.system, str) else self.system.read_text("utf-8")


@dataclass(frozen=True)
class Artefact:
    """Something the agent must produce, and the check it must pass."""

    name: str
    about: str
    """What it is and what makes it good, for whoever makes it."""
    schema: type[Record]
    check: Check
    score: Callable[[Bench, Any], Awaitable[float | None]] | None = None
    required: bool = True
    of_cells: bool = False
    """Whether it rests on the draft's cells: accepted before they changed, it is owed again."""
    by: str = ""
    """The role that hands it in; empty: the one that leads."""


class Report(Record):
    """What a run gives back when it ends."""

    title: str
    summary: str
    """One paragraph: also the abstract of the preprint."""
    body: str
    """Markdown."""
    result: Any = None
    """The same as JSON values, for the handle and `--json`."""
    files: dict[str, str] = msgspec.field(default_factory=dict)
    """More files for the run's folder under `artifacts/`, by name: `references.bib` …"""
    claims: tuple[Claim, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    keywords: tuple[str, ...] = ()
    publish: bool = True
    """Whether it is worth a preprint in the store."""


@dataclass(frozen=True)
class Agent:
    """What is wanted of a run."""

    name: str
    """The verb a user types: `review`, `code`, `experiment`."""
    about: str
    """One sentence, for menus."""
    asks: str
    """What the request is, for help: `QUESTION`, `PAPER`, `GOAL`."""
    options: type[Record]
    """What only this agent understands; fields and their docs become options."""
    roles: tuple[Role, ...]
    """The first leads."""
    artefacts: tuple[Artefact, ...]
    prepare: Callable[[Bench], Awaitable[str]]
    """Load the sources; returns the task as the lead is told it. Raises InputError on what cannot be read."""
    without_model: Callable[[Bench], Awaitable[None]]
    """Everything that can be done without a model; fills the same artefacts and cells, honestly labelled."""
    report: Callable[[Bench], Awaitable[Report]]
    """Written from what the run has, also where stages failed; says what is missing."""
    settle: Callable[[Bench], Awaitable[None]] | None = None
    """What code does after the flow and before the report: clean run, verdicts, scoring."""
    tools: tuple[Tool, ...] = ()
    """Tools that only the program calls, through `Bench.act`; roles' own tools need not be repeated."""
    mask: Callable[[Bench, Observation], Observation] | None = None
    """What a model is shown of an observation (rule 15); the journal keeps the whole."""
    copilot: tuple[str, ...] = ()
    """Artefacts a person is asked about under `--copilot`; empty: all required ones."""

    def role(self, name: str) -> Role:
        """The role with this name. Raises UnknownName."""
        for role in self.roles:
            if role.name == name:
                return role
        raise UnknownName("role", name, [r.name for r in self.roles], where=f"agent {self.name}")

    def artefact(self, name: str) -> Artefact:
        """The artefact with this name. Raises UnknownName."""
        for artefact in self.artefacts:
            if artefact.name == name:
                return artefact
        raise UnknownName("artefact", name, [a.name for a in self.artefacts], where=f"agent {self.name}")


def call(tool: str, arguments: Record | Json, *, id: str = "") -> Call:
    """A tool call of the program itself."""
    return Call(id=id, tool=tool, arguments=dump(arguments))


def names() -> list[str]:
    """The verbs of all agents that are installed, ours and others'."""
    return sorted({*_ours(), *_others()})


def load(name: str) -> Agent:
    """The agent with this verb. Raises UnknownName naming the nearest, InputError where two share a verb."""
    return _load(name, _ours(), _others())


def load_all() -> tuple[Agent, ...]:
    """All agents that are installed, by verb; what is installed is looked up once, which takes most of the time.

    Raises InputError where two share a verb.
    """
    ours, others = _ours(), _others()
    return tuple(_load(name, ours, others) for name in sorted({*ours, *others}))


def _load(name: str, ours: Mapping[str, Agent], others: Mapping[str, EntryPoint]) -> Agent:
    if name in ours and name in others:
        raise InputError(f"two agents are named {name!r}: ours and {others[name].value}; uninstall or rename that one")
    if name in ours:
        return ours[name]
    if name not in others:
        raise UnknownName("agent", name, {*ours, *others})
    agent: Agent = others[name].load()
    return agent


def _ours() -> Mapping[str, Agent]:
    files = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
    agents: list[Agent] = [importlib.import_module(f".{file}", __name__).AGENT for file in files]
    return {agent.name: agent for agent in agents}


def _others() -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
