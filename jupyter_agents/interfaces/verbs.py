"""Every command there is: those of the agents that are installed, and those that read and steer runs."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
import typing
from functools import cache
from typing import Annotated, Any, Literal, cast

import msgspec

from .. import agents
from ..errors import InputError
from ..settings import Settings, plain
from .grammar import Option, Place, Verb

RUN = Place("RUN", "a run's id, the beginning of one, or `last`")
PAPER = Place("PAPER", "an arXiv id or address, a file or a folder")
JSON = Option("json", "Print JSON; `jupyter agents schema NAME` prints its schema.", bool)


def all_verbs() -> tuple[Verb, ...]:
    """Agents first, then the rest. Raises InputError where an agent takes another command's name."""
    of_agents = tuple(map(_agent_verb, agents.load_all()))
    taken = {verb.words[0] for verb in FIXED}
    for verb in of_agents:
        if verb.name in taken:
            raise InputError(f"an agent is named {verb.name!r}, which is a command's name; rename or uninstall it")
    return of_agents + FIXED


def _about(name: str) -> Any:
    """The annotated type of a setting, so that an option is checked as the setting is."""
    return typing.get_type_hints(Settings, include_extras=True)[name]


@cache
def _for_agents() -> tuple[Option, ...]:
    """What every agent understands."""
    return (
        Option("source", "Paper to use: a folder, a file or an id.", tuple[str, ...], "DIR|FILE|ID"),
        Option("budget", "What the run may spend, in US dollars.", _about("budget_usd"), "USD"),
        Option("tokens", "Tokens the run may use; 0: no limit.", _about("budget_tokens"), "N"),
        Option("model", "Model that is asked.", _about("model"), "NAME"),
        Option("design", "How the work is organised.", _about("design"), "NAME"),
        Option("kernel", "Kernelspec that is put into the sandbox.", _about("kernel"), "NAME"),
        Option("copilot", "Ask about each artefact: accept, edit, redo with a note, stop.", bool),
        Option("background", "Return at once; the run goes on by itself.", bool),
        Option("out", "Variable that holds the run afterwards.", str, "NAME", "notebook"),
    )


def _agent_verb(agent: agents.Agent) -> Verb:
    own = tuple(_own_options(agent.options))
    for option in own:
        if option.name in {common.name for common in _for_agents()} | {"json", "help", "debug"}:
            raise InputError(f"agent {agent.name!r} has an option --{option.name}, which every agent has; rename it")
    place = Place(agent.asks, agent.about, rest=True)
    return Verb((agent.name,), agent.about, (place,), own + _for_agents(), agent=agent.name)


def _own_options(kind: Any) -> list[Option]:
    """The fields of an agent's options record; documented in their annotation or by the text under them."""
    notes = _notes(kind)
    options: list[Option] = []
    for one in msgspec.structs.fields(cast(type[msgspec.Struct], kind)):
        meta = next((m for m in typing.get_args(one.type) if isinstance(m, msgspec.Meta)), msgspec.Meta())
        about = meta.description or notes.get(one.name, "")
        metavar = (meta.extra or {}).get("metavar") or _metavar(one.type)
        options.append(Option(one.name.replace("_", "-"), about, one.type, metavar))
    return options


def _metavar(kind: Any) -> str:
    return {int: "N", float: "NUMBER"}.get(plain(kind), "VALUE")


@cache
def _notes(kind: type) -> dict[str, str]:
    """Texts that stand under the fields of a class, which Python itself does not keep."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError, SyntaxError):  # made without a source file
        return {}
    lines = cast(ast.ClassDef, tree.body[0]).body
    return {
        field.target.id: " ".join(note.value.value.split())
        for field, note in itertools.pairwise(lines)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr)
        and isinstance(note.value, ast.Constant)
        and isinstance(note.value.value, str)
    }


FIXED = (
    Verb(("runs", "list"), "All runs, the newest first.", (), (JSON,)),
    Verb(("runs", "show"), "Where a run stands, what it asks, what it found.", (RUN,), (JSON,)),
    Verb(
        ("runs", "stop"),
        "End a run at its next safe point.",
        (RUN,),
        (Option("now", "End its process at once; it can be resumed.", bool),),
    ),
    Verb(("runs", "pause"), "Pause a run at its next safe point.", (RUN,)),
    Verb(
        ("runs", "resume"),
        "Go on with a run that is paused, waiting, interrupted, failed or stopped.",
        (RUN,),
        (
            Option(
                "from",
                "Forget what came after this event of its journal.",
                Annotated[int, msgspec.Meta(ge=1)],
                "SEQ",
            ),
            Option("take-over", "Take it from another host that is known to be gone.", bool),
            Option("budget", "What it may spend in all from now on, in US dollars.", _about("budget_usd"), "USD"),
            Option("tokens", "Tokens it may use in all from now on; 0: no limit.", _about("budget_tokens"), "N"),
            Option("background", "Return at once; the run goes on by itself.", bool),
        ),
    ),
    Verb(("runs", "verify"), "Check that a run's journal is whole and unchanged.", (RUN,), (JSON,)),
    Verb(("runs", "cost"), "What a run has spent, by role and model.", (RUN,), (JSON,)),
    Verb(
        ("runs", "answer"),
        "Answer a run's question.",
        (
            RUN,
            Place("QUESTION", "the question's id, or `last`"),
            Place("CHOICE", "the number or the id of an option"),
        ),
        (Option("text", "A note, or the text as you changed it, where the option takes one.", str, "TEXT"),),
    ),
    Verb(
        ("store", "search"),
        "Passages of preprints, by meaning and by words.",
        (Place("QUERY", "what to look for", rest=True),),
        (
            Option("limit", "How many passages.", Annotated[int, msgspec.Meta(ge=1, le=1000)], "N"),
            Option("trust", "Only those.", Literal["reproduced", "mismatch", "unchecked"]),
            JSON,
        ),
    ),
    Verb(
        ("store", "show"),
        "One preprint.",
        (Place("ID", "a preprint's id"),),
        (Option("version", "Which version; else the newest.", Annotated[int, msgspec.Meta(ge=1)], "N"), JSON),
    ),
    Verb(
        ("store", "submit"),
        "Put a preprint in.",
        (Place("FILE", "a preprint as JSON, as `store show --json` prints it"),),
        (JSON,),
    ),
    Verb(
        ("store", "withdraw"),
        "Mark a preprint withdrawn; it stays readable and says so.",
        (Place("ID", "a preprint's id"), Place("REASON", "why, for its readers", rest=True)),
    ),
    Verb(("store", "rebuild"), "Build the index again from the record."),
    Verb(("papers", "show"), "A paper as it was read: sections, equations, tables, references.", (PAPER,), (JSON,)),
    Verb(("papers", "claims"), "A paper's own results with a number.", (PAPER,), (JSON,)),
    Verb(("doctor",), "Check what this machine lacks, and say how to mend it.", (), (JSON,), face="shell"),
    Verb(
        ("schema",),
        "The JSON Schema of what a command prints with --json.",
        (Place("NAME", "a schema's name; without one, all names", required=False),),
        face="shell",
    ),
)
"""The commands that no agent brings."""
