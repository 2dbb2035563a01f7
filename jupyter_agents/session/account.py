"""The budget of a line of work: reserved before each call, settled from what the server reported."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import BudgetExhausted
from ..records import Budget, Usage

N = TypeVar("N", int, float)
MINIMUM_ANSWER = 256
"""Tokens an answer must be able to have; with less left, no call is made."""


@dataclass(frozen=True)
class Hold:
    """A reservation for one model call."""

    usage: Usage
    """The most it may cost."""
    max_tokens: int


@dataclass(frozen=True)
class Rate:
    """US dollars per token; None where nobody knows."""

    read: float | None
    write: float | None

    def usd(self, n_read: float, n_write: float) -> float | None:
        """The most that reading and writing so many tokens costs."""
        return None if self.read is None or self.write is None else n_read * self.read + n_write * self.write


class Account:
    """What a line of work may still consume. A branch has a child account: it can never outspend its parent."""

    def __init__(
        self, budget: Budget, parent: Account | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.budget = budget
        self.spent = Usage()
        self.steps = 0
        self._held = Usage()
        self._parent = parent
        self._clock = clock
        self._started = clock()
        self._earlier_s = 0.0

    def had(self, wall_s: float) -> None:
        """Count wall time of earlier processes of the same run."""
        self._earlier_s += wall_s

    def child(self, budget: Budget | None) -> Account:
        """An account for a branch; without a budget of its own it shares this one's."""
        return Account(budget or Budget(usd=None, tokens=None, steps=None, wall_s=None), self, self._clock)

    def step(self) -> None:
        """Count one model or tool call. Raises BudgetExhausted where steps or wall time are used up."""
        if self._parent:
            self._parent.step()
        if self.budget.steps is not None and self.steps >= self.budget.steps:
            raise BudgetExhausted(f"all {self.budget.steps} steps are used up")
        if self.budget.wall_s is not None and self.wall_s >= self.budget.wall_s:
            raise BudgetExhausted(f"the {self.budget.wall_s:g} s of wall time are used up")
        self.steps += 1

    def counted(self) -> None:
        """Count a step that was made by an earlier process."""
        if self._parent:
            self._parent.counted()
        self.steps += 1

    def hold(self, n_read: int, max_tokens: int, rate: Rate) -> Hold:
        """Reserve one model call; the answer is clamped to what is left. Raises BudgetExhausted, reserving nothing."""
        allowed = min(max_tokens, self._room(n_read, rate))
        if allowed < MINIMUM_ANSWER:
            raise BudgetExhausted(f"what is left of the budget ({self.says()}) does not pay for another answer")
        usage = Usage(input_tokens=n_read, output_tokens=allowed, usd=rate.usd(n_read, allowed))
        self._hold(usage, 1)
        return Hold(usage, allowed)

    def settle(self, hold: Hold, usage: Usage) -> None:
        """Replace a reservation by what the call really cost."""
        self._hold(hold.usage, -1)
        self.charge(usage)

    def charge(self, usage: Usage) -> None:
        """Count what was consumed, here and in every account above."""
        self.spent = self.spent + usage
        if self._parent:
            self._parent.charge(usage)

    @property
    def wall_s(self) -> float:
        """Seconds at work so far, over all processes of the run."""
        return self._earlier_s + self._clock() - self._started

    def left(self) -> Budget:
        """What is left, the narrowest of this account and those above."""
        above = self._parent.left() if self._parent else Budget(usd=None, tokens=None, steps=None, wall_s=None)
        own, used = self.budget, self.spent
        return Budget(
            usd=_least(above.usd, _rest(own.usd, (used.usd or 0.0) + (self._held.usd or 0.0))),
            tokens=_least(above.tokens, _rest(own.tokens, used.tokens + self._held.tokens)),
            steps=_least(above.steps, _rest(own.steps, self.steps)),
            wall_s=_least(above.wall_s, _rest(own.wall_s, self.wall_s)),
        )

    def says(self) -> str:
        """What is left, for a person."""
        left = self.left()
        parts = [f"USD {left.usd:.2f}"] if left.usd is not None else []
        parts += [f"{left.tokens} tokens"] if left.tokens is not None else []
        return ", ".join(parts) or "no limit"

    def _room(self, n_read: int, rate: Rate) -> int:
        """Output tokens that what is left pays for, once `n_read` tokens are read."""
        left = self.left()
        rooms = [10**9]
        if left.tokens is not None:
            rooms.append(left.tokens - n_read)
        if left.usd is not None and rate.read is not None and rate.write:
            rooms.append(int((left.usd - n_read * rate.read) / rate.write))
        return min(rooms)

    def _hold(self, usage: Usage, sign: int) -> None:
        held = self._held
        self._held = Usage(
            input_tokens=held.input_tokens + sign * usage.input_tokens,
            output_tokens=held.output_tokens + sign * usage.output_tokens,
            usd=(held.usd or 0.0) + sign * (usage.usd or 0.0),
        )
        if self._parent:
            self._parent._hold(usage, sign)


def _rest(limit: N | None, used: N) -> N | None:
    return None if limit is None else max(limit - limit, limit - used)


def _least(a: N | None, b: N | None) -> N | None:
    return min((x for x in (a, b) if x is not None), default=None)
