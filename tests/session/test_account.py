from __future__ import annotations

import pytest

from jupyter_agents.errors import BudgetExhausted
from jupyter_agents.records import Budget, Usage
from jupyter_agents.session.account import MINIMUM_ANSWER, Account, Rate

CENT = Rate(0.01, 0.01)
"""US dollars per token."""
NO_LIMIT = Budget(usd=None, tokens=None, steps=None, wall_s=None)


def test_an_answer_is_clamped_to_what_is_left_of_the_money() -> None:
    account = Account(Budget(usd=10.0))
    assert account.hold(400, 5000, CENT).max_tokens == 600


def test_an_answer_is_clamped_to_what_is_left_of_the_tokens() -> None:
    account = Account(Budget(usd=None, tokens=1000))
    assert account.hold(300, 5000, Rate(None, None)).max_tokens == 700


def test_no_call_is_made_when_too_little_is_left_to_answer() -> None:
    account = Account(Budget(usd=None, tokens=1000))
    with pytest.raises(BudgetExhausted, match="1000 tokens"):
        account.hold(1001 - MINIMUM_ANSWER, 5000, CENT)
    assert account.left().tokens == 1000


def test_reservations_of_calls_side_by_side_add_up() -> None:
    account = Account(Budget(usd=10.0))
    account.hold(100, 400, CENT)
    assert account.hold(100, 5000, CENT).max_tokens == 400


def test_settling_frees_what_was_not_used() -> None:
    account = Account(Budget(usd=10.0))
    hold = account.hold(100, 900, CENT)
    account.settle(hold, Usage(input_tokens=100, output_tokens=100, usd=2.0))
    assert account.left().usd == pytest.approx(8.0)


def test_a_branch_cannot_outspend_its_share_nor_its_parent() -> None:
    parent = Account(Budget(usd=10.0))
    branch = parent.child(Budget(usd=3.0, steps=None, wall_s=None))
    assert branch.hold(0, 5000, CENT).max_tokens == 300
    parent.charge(Usage(usd=9.0))
    with pytest.raises(BudgetExhausted):
        branch.hold(0, 5000, CENT)


def test_what_a_branch_spends_is_spent_by_its_parent() -> None:
    parent = Account(Budget(usd=10.0))
    branch = parent.child(None)
    branch.settle(branch.hold(0, 500, CENT), Usage(output_tokens=500, usd=5.0))
    assert parent.spent.usd == 5.0
    assert parent.left().usd == pytest.approx(5.0)


def test_steps_end() -> None:
    account = Account(Budget(usd=None, steps=2, wall_s=None))
    account.step()
    account.step()
    with pytest.raises(BudgetExhausted, match="all 2 steps"):
        account.step()


def test_wall_time_counts_over_all_processes_of_a_run() -> None:
    now = [0.0]
    account = Account(Budget(usd=None, steps=None, wall_s=100.0), clock=lambda: now[0])
    account.had(60.0)
    now[0] = 39.0
    account.step()
    now[0] = 41.0
    with pytest.raises(BudgetExhausted, match="100 s"):
        account.step()


def test_nothing_is_clamped_without_limits() -> None:
    assert Account(NO_LIMIT).hold(10**6, 64_000, Rate(None, None)).max_tokens == 64_000


def test_an_unknown_price_leaves_the_spending_unknown() -> None:
    account = Account(Budget(usd=None, tokens=10_000))
    hold = account.hold(10, 1000, Rate(None, None))
    account.settle(hold, Usage(output_tokens=5, usd=None))
    assert account.spent.usd is None
    assert account.spent.tokens == 5
