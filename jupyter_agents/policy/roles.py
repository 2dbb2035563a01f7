"""A role may call the tools it was given, and no others; who reads does not execute."""

from __future__ import annotations

from ..records import Call, Decision
from ..tools import Tool
from . import Situation


class Roles:
    """Allows a role its own tools; denies unknown ones and those of other roles."""

    name = "roles"

    def decide(self, call: Call, tool: Tool | None, situation: Situation) -> Decision:
        """Allow what the role was granted, deny the rest."""
        if tool is None:
            return Decision(effect="deny", rule=self.name, reason=f"there is no tool named {call.tool!r}")
        if "*" in situation.granted or call.tool in situation.granted:
            return Decision(effect="allow", rule=self.name)
        has = ", ".join(situation.granted) or "no tools"
        return Decision(
            effect="deny", rule=self.name, reason=f"the role {call.role!r} may not call {call.tool}; it has {has}"
        )


RULE = Roles()
