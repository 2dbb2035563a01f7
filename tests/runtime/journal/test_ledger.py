from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_agents.errors import BudgetExhausted, InputError, JournalError
from jupyter_agents.runtime.journal.ledger import reserve, settle, spent

DAY = "2026-11-22"


def test_reservations_count_until_they_are_settled(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    first = reserve(path, DAY, 2.0, 5.0)
    reserve(path, DAY, 2.5, 5.0)
    with pytest.raises(BudgetExhausted, match=r"USD 4\.50 are spent or set aside"):
        reserve(path, DAY, 1.0, 5.0)
    settle(path, first, 0.25)
    settle(path, first, 0.25)
    reserve(path, DAY, 1.0, 5.0)
    now = spent(path, DAY)
    assert (now.settled, now.reserved, now.possibly_paid, now.usd) == (0.25, 3.5, 0.0, 3.75)


def test_days_are_apart_and_no_cap_is_no_cap(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    reserve(path, DAY, 5.0, 5.0)
    reserve(path, "2026-11-23", 5.0, 5.0)
    reserve(path, DAY, 1000.0, None)
    assert spent(path, DAY).usd == 1005.0
    assert spent(path, "2030-01-01").usd == 0.0


def test_unknown_price_charges_what_was_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    settle(path, reserve(path, DAY, 2.0, None), None)
    assert spent(path, DAY).settled == 2.0


def test_exactly_the_cap_fits_despite_binary_fractions(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    for _ in range(10):
        settle(path, reserve(path, DAY, 0.1, 1.0), 0.1)
    with pytest.raises(BudgetExhausted):
        reserve(path, DAY, 0.01, 1.0)


def test_reservation_of_a_killed_process_stays_charged_as_possibly_paid(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    code = (
        "import os, sys; from pathlib import Path; from jupyter_agents.runtime.journal.ledger import reserve\n"
        f"reserve(Path(sys.argv[1]), '{DAY}', 3.0, 5.0); os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    now = spent(path, DAY)
    assert (now.reserved, now.possibly_paid) == (0.0, 3.0)
    with pytest.raises(BudgetExhausted):
        reserve(path, DAY, 3.0, 5.0)


def test_cap_holds_among_many_processes(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    code = (
        "import sys; from pathlib import Path\n"
        "from jupyter_agents.errors import BudgetExhausted\n"
        "from jupyter_agents.runtime.journal.ledger import reserve, settle\n"
        "n = 0\ntry:\n  while True:\n"
        f"    settle(Path(sys.argv[1]), reserve(Path(sys.argv[1]), '{DAY}', 1.0, 40.0), 1.0); n += 1\n"
        "except BudgetExhausted: print(n)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    counts = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert spent(path, DAY).usd == 40.0
    assert sum(counts) == 40


@pytest.mark.parametrize("usd", [-1.0, float("nan"), float("inf")])
def test_what_is_no_money_is_refused(tmp_path: Path, usd: float) -> None:
    with pytest.raises(InputError, match="no amount of money"):
        reserve(tmp_path / "ledger.json", DAY, usd, 5.0)


def test_damaged_ledger_is_never_taken_for_nothing_spent(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    path.write_text('{"days": 3}')
    with pytest.raises(JournalError, match="is damaged"):
        reserve(path, DAY, 1.0, 5.0)
