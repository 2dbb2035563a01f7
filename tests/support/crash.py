"""Crashes on paper: every state in which a kill could have left a run's journal, and the run resumed from each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read


def prefixes(folder: RunFolder, into: Path, *, every: int = 1) -> Iterator[tuple[int, RunFolder]]:
    """Copies of an ended run whose journal stops after each line; the run's id stays.

    every: take one line in so many; the last lines before the end are always among them.
    """
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    for n in range(1, len(lines)):
        if n % every and n < len(lines) - 4:
            continue
        copy = RunFolder(into / str(n) / folder.id)
        shutil.copytree(
            folder.path, copy.path, ignore=shutil.ignore_patterns("journal.*", "run.lock*", "work", "clean")
        )
        copy.journal.write_bytes(b"".join(lines[:n]))
        yield n, copy


def model_results(folder: RunFolder) -> int:
    """Answers of a model that the journal holds."""
    return sum(event.kind == "result" and event.data["what"] == "model" for event in read(folder.journal))


def model_intents(folder: RunFolder) -> int:
    """Calls of a model that the journal knows were begun."""
    return sum(event.kind == "intent" and event.data["what"] == "model" for event in read(folder.journal))
