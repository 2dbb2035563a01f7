"""What tests of the interfaces share: an agent that another package brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.interfaces.grammar import Verb
from jupyter_agents.interfaces.verbs import all_verbs


@pytest.fixture
def survey_agent(monkeypatch: pytest.MonkeyPatch) -> str:
    """The verb of an agent that is installed as another package's entry point."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "installed"))
    return "survey"


@pytest.fixture
def verbs(survey_agent: str) -> tuple[Verb, ...]:
    """All commands, the survey agent's among them."""
    return all_verbs()
