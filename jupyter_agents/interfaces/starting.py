"""From a command to a run: its request, its settings and its data."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from .. import agents, designs
from ..errors import InputError
from ..records import Json, Request, changed, dump
from ..runtime.journal.folder import RunFolder
from ..runtime.papers.identifiers import identify
from ..session.start import start
from ..settings import Settings, resolve
from .grammar import Command, Verb
from .handing import Handed, hand_over
from .own_cell import FindCell, cell_file

AS_SETTINGS = {
    "budget": "budget_usd",
    "tokens": "budget_tokens",
    "model": "model",
    "design": "design",
    "kernel": "kernel",
}
"""Options of every agent that are settings by another name."""
NOT_FOR_THE_AGENT = frozenset({*AS_SETTINGS, "source", "copilot", "background", "out"})


class Planned(msgspec.Struct, frozen=True):
    """A run that could be started."""

    request: Request
    settings: Settings
    data: tuple[str, ...]
    """What was said after `--data`."""


def plan(command: Command, config: object | None = None, find_cell: FindCell | None = None) -> Planned:
    """What a command asks for, with the settings that hold now. Raises InputError, UnknownName, PaperNotFound.

    config: what `%config` holds. find_cell: sources of the notebook's cells; None in a shell.
    """
    options = command.options
    settings = resolve({name: options.get(option) for option, name in AS_SETTINGS.items()}, config)
    designs.load(settings.design)
    folder = Path.cwd()
    for source in options.get("source", ()):
        identify(source, folder=folder)
    own = own_options(command.verb, options)
    if own.get("cell"):
        own["cell"] = cell_file(own["cell"], settings.cache_folder / "cells", find_cell)
    request = Request(
        agent=command.verb.agent,
        text=next(iter(command.places.values())),
        sources=tuple(options.get("source", ())),
        budget=settings.budget,
        model=options.get("model"),
        design=options.get("design"),
        kernel=options.get("kernel"),
        copilot=command.switch("copilot"),
        name=options.get("out"),
        options=own,
        folder=str(folder),
    )
    return Planned(request, settings, tuple(own.get("data", ())))


def own_options(verb: Verb, given: Mapping[str, Any]) -> Json:
    """What only this agent understands, defaults filled in and checked as a whole. Raises InputError."""
    own = {name.replace("-", "_"): value for name, value in given.items() if name not in NOT_FOR_THE_AGENT}
    try:
        found: Json = dump(msgspec.convert(own, agents.load(verb.agent).options))
    except (msgspec.ValidationError, ValueError) as exc:
        raise InputError(f"{verb.name}: {exc}; usage: {verb.usage}") from exc
    return found


def launch(planned: Planned, variables: Mapping[str, object] | None = None) -> tuple[RunFolder, tuple[Handed, ...]]:
    """Start the run with its data; returns its folder at once, and what was handed over.

    variables: those of the notebook, None in a shell. Raises DataError, InputError; nothing has begun then.
    """
    _check_kept(planned.settings.runs_folder)
    with _scratch() as folder:
        handed = hand_over(planned.data, folder, variables)
        request = planned.request
        if handed:
            options = {**request.options, "data": [item.name for item in handed]}
            request = changed(request, options=options)
        run = start(request, planned.settings, data={item.name: item.path for item in handed})
    return run, handed


def _check_kept(runs: Path) -> None:
    """Raises InputError where runs cannot be kept."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=runs):
            pass
    except OSError as exc:
        raise InputError(
            f"runs cannot be kept in {runs}: {exc.strerror}; make it writable, or set JUPYTER_AGENTS_RUNS to another",
            folder=str(runs),
        ) from exc


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for data on its way into the run's own."""
    folder = Path(tempfile.mkdtemp(prefix="jupyter_agents-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
