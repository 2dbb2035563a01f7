"""Tools that reach hosts may reach those on the run's list, and no others."""

from __future__ import annotations

from ..records import Call, Decision
from ..tools import Tool
from . import Situation


class Hosts:
    """Denies a network tool whose hosts are not all allowed."""

    name = "hosts"

    def decide(self, call: Call, tool: Tool | None, situation: Situation) -> Decision | None:
        """Deny what reaches a host off the list; nothing to say of other tools."""
        if tool is None or tool.effect != "network":
            return None
        off = [host for host in tool.hosts if host not in situation.hosts]
        if not off and tool.hosts:
            return None
        reason = f"{call.tool} reaches {', '.join(off) or 'hosts it does not name'}, which this run does not allow"
        return Decision(effect="deny", rule=self.name, reason=reason)


RULE = Hosts()
