"""What every agent promises, ours and those of other packages."""

from __future__ import annotations

import pytest

from jupyter_agents import agents
from jupyter_agents.agents import Agent
from jupyter_agents.records import json_schema
from jupyter_agents.runtime.model.structured import object_schema
from jupyter_agents.session.opening import all_tools

READS_ONLY = ("reader", "judge", "writer", "analyst", "diagnostician", "planner")
"""Roles that read or write words: nothing of theirs may run code or reach a host."""
every_agent = pytest.mark.parametrize("agent", [agents.load(name) for name in agents.names()], ids=agents.names())


@every_agent
def test_it_can_be_offered_in_a_menu(agent: Agent) -> None:
    assert agent.about.strip().endswith(".")
    assert agent.asks.isupper()
    assert json_schema(agent.options)["type"] == "object"


@every_agent
def test_roles_that_read_cannot_execute_nor_reach_out(agent: Agent) -> None:
    for role in agent.roles:
        if role.name in READS_ONLY:
            assert {tool.effect for tool in role.tools} <= {"read", "store", "submit"}, role.name


@every_agent
def test_every_role_is_told_what_it_is_and_names_are_its_own(agent: Agent) -> None:
    assert len({role.name for role in agent.roles}) == len(agent.roles)
    for role in agent.roles:
        assert len(role.instructions()) > 100, f"{role.name} is told next to nothing"
        assert len({tool.name for tool in role.tools}) == len(role.tools)


@every_agent
def test_every_tool_can_be_called_over_the_wire(agent: Agent) -> None:
    for name, tool in all_tools(agent).items():
        assert name == tool.name
        assert len(name) <= 64
        assert name.replace("_", "").isalnum()
        assert object_schema(tool.schema())["type"] == "object"
        assert tool.about, name
        assert tool.effect != "network" or tool.hosts, f"{name} reaches hosts it does not name"


@every_agent
def test_artefacts_say_what_makes_them_good(agent: Agent) -> None:
    for artefact in agent.artefacts:
        assert len(artefact.about) > 20, artefact.name
        assert json_schema(artefact.schema)["type"] == "object"
    assert set(agent.copilot) <= {artefact.name for artefact in agent.artefacts}
