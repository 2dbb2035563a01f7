"""Policy: what decides, without a model, whether a call may happen. One file for each kind of rule.

A rule looks at one call in its situation and says allow, ask or deny with a reason, or nothing. `decide` asks all
rules: any deny wins, then any ask, then any allow; a call that no rule allows is denied.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from ..records import Call, Decision, Record
from ..tools import Tool


class Situation(Record):
    """What a rule may know of the moment a call is made."""

    granted: tuple[str, ...]
    """Tools that the asking role has; `*` for the program itself."""
    tainted: bool = False
    """Whether the asking conversation has read words from outside."""
    hosts: tuple[str, ...] = ()
    """Hosts the run may reach."""
    counts: Mapping[str, int] = msgspec.field(default_factory=dict)
    """How often each tool was called in this run."""
    allowed: tuple[str, ...] = ()
    """Tools a person allowed for the rest of this run; an `ask` about them is an `allow`."""


class Rule(Protocol):
    """One kind of rule."""

    name: str

    def decide(self, call: Call, tool: Tool | None, situation: Situation) -> Decision | None:
        """What this rule says of a call; None where it does not speak of it. `tool` is None for an unknown name."""
        ...


def names() -> list[str]:
    """The kinds of rules: one a file of this folder."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def load(name: str) -> Rule:
    """The rule of one file."""
    rule: Rule = importlib.import_module(f".{name}", __name__).RULE
    return rule


def decide(rules: Sequence[Rule], call: Call, tool: Tool | None, situation: Situation) -> Decision:
    """What all rules together say: the narrowest wins, and what nobody allows is denied."""
    said = [d for rule in rules if (d := rule.decide(call, tool, situation)) is not None]
    if call.tool in situation.allowed:
        said = [Decision(effect="allow", rule=d.rule, reason=d.reason) if d.effect == "ask" else d for d in said]
    for effect in ("deny", "ask", "allow"):
        for decision in said:
            if decision.effect == effect:
                return decision
    return Decision(effect="deny", rule="default", reason=f"no rule allows {call.tool}")
