"""What a conversation that has read words from outside may still send out: short queries, a bounded number."""

from __future__ import annotations

from ..records import Call, Decision
from ..tools import Tool
from . import Situation

QUERY_CHARACTERS = 300
QUERIES = 60
"""Calls of one network tool in a run, tainted or not."""


class Outward:
    """Bounds the number of outward calls, and their length once a conversation is tainted."""

    name = "outward"

    def decide(self, call: Call, tool: Tool | None, situation: Situation) -> Decision | None:
        """Deny a network call that is one too many, or too long for a tainted conversation."""
        if tool is None or tool.effect != "network":
            return None
        if situation.counts.get(call.tool, 0) >= QUERIES:
            return Decision(
                effect="deny", rule=self.name, reason=f"{call.tool} was called {QUERIES} times in this run"
            )
        longest = max((len(v) for v in call.arguments.values() if isinstance(v, str)), default=0)
        if situation.tainted and longest > QUERY_CHARACTERS:
            most = f"what is sent out after reading text from outside is at most {QUERY_CHARACTERS} characters long"
            reason = f"{most}; this has {longest}"
            return Decision(effect="deny", rule=self.name, reason=reason)
        return None


RULE = Outward()
