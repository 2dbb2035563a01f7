"""What tests of the interfaces share: an agent that another package brings, and runs on disk."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from jupyter_agents.interfaces.grammar import Verb
from jupyter_agents.interfaces.verbs import all_verbs
from jupyter_agents.records import Request, dump
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import Journal
from jupyter_agents.session.start import stop_now
from jupyter_agents.settings import Settings, resolve

INSTALLED = Path(__file__).parent / "installed"
Written = Iterable[tuple[str, object]]
WriteRun = Callable[[Written], RunFolder]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Everything of Jupyter's and ours in a temporary folder; no key, no server, and no run that outlives the test."""
    settle(tmp_path, monkeypatch)
    yield tmp_path
    runs = tmp_path / "data" / "jupyter_agents" / "runs"
    for folder in RunFolder.list_runs(runs) if runs.is_dir() else []:
        stop_now(folder)


def settle(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Make a folder the home of everything."""
    patch.setenv("JUPYTER_DATA_DIR", str(home / "data"))
    patch.setenv("JUPYTER_CONFIG_DIR", str(home / "config"))
    patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    patch.setenv("HOME", str(home))
    patch.setenv("IPYTHONDIR", str(home / "ipython"))
    patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in list(os.environ):
        if name.startswith(("JUPYTER_AGENTS_", "ANTHROPIC_")):
            patch.delenv(name)


@pytest.fixture
def settings(home: Path) -> Settings:
    """The settings that hold where nobody set any."""
    return resolve({})


@pytest.fixture
def survey_agent(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The verb of an agent that is installed as another package's entry point, here and in processes of runs."""
    install_survey(monkeypatch)
    return "survey"


def install_survey(patch: pytest.MonkeyPatch) -> None:
    """Put the other package on the path, here and in child processes."""
    patch.syspath_prepend(str(INSTALLED))
    paths = [str(INSTALLED), *filter(None, [os.environ.get("PYTHONPATH")])]
    patch.setenv("PYTHONPATH", os.pathsep.join(paths))


@pytest.fixture
def verbs(survey_agent: str) -> tuple[Verb, ...]:
    """All commands, the survey agent's among them."""
    return _once()


@functools.cache
def _once() -> tuple[Verb, ...]:
    return all_verbs()


@pytest.fixture
def write_run(settings: Settings) -> WriteRun:
    """Writes a run with these events through the real journal; nobody owns it."""

    def write(events: Written) -> RunFolder:
        request = Request(agent="survey", text="What's on the shelves?", budget=settings.budget)
        folder = RunFolder.create(settings.runs_folder, request, dump(settings))
        append(folder, events)
        return folder

    return write


def append(folder: RunFolder, events: Written) -> None:
    """Write more events to a run, each with a key of its own."""
    with Journal.open(folder.journal) as journal:
        for kind, data in events:
            journal.append(kind, data, key=f":{len(journal.events)}", durable=False)
