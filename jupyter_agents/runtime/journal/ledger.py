"""What all runs together spent on a day: reserved before each call, settled after it, under one lock."""

from __future__ import annotations

import math
import secrets
from pathlib import Path

import msgspec

from ...errors import BudgetExhausted, InputError, JournalError
from ...records import Record, dumps
from .files import write_whole
from .guard import guarded
from .process import Owner, alive, me

_DAYS = 400
"""Days kept."""


class Reservation(Record):
    """Money set aside for one call."""

    id: str
    day: str
    usd: float
    owner: Owner


class Day(Record):
    """What one day holds, in US dollars."""

    settled: float = 0.0
    open: dict[str, Reservation] = msgspec.field(default_factory=dict)


class _Ledger(Record):
    v: int = 1
    days: dict[str, Day] = msgspec.field(default_factory=dict)


class Spent(Record):
    """A day's spending, in US dollars."""

    settled: float
    """As servers reported it."""
    reserved: float
    """For calls that are under way."""
    possibly_paid: float
    """For calls whose process died before it heard; they stay charged."""

    @property
    def usd(self) -> float:
        """All of it: what counts against the cap."""
        return self.settled + self.reserved + self.possibly_paid


def reserve(path: Path, day: str, usd: float, cap: float | None) -> Reservation:
    """Set `usd` aside on `day` (`YYYY-MM-DD`). Raises BudgetExhausted if that would pass `cap`; None: no cap."""
    _check(usd)
    with guarded(_guard(path)):
        days = _load(path).days
        today = days.get(day, Day())
        used = _total(today)
        if cap is not None and used + usd > cap + 1e-9:
            raise BudgetExhausted(
                f"today's budget of USD {cap:.2f} is used up: USD {used:.2f} are spent or set aside, "
                f"this call needs up to USD {usd:.2f}; raise the daily budget or go on tomorrow"
            )
        made = Reservation(id=secrets.token_hex(8), day=day, usd=usd, owner=me())
        _save(path, days | {day: Day(settled=today.settled, open=today.open | {made.id: made})})
    return made


def settle(path: Path, reservation: Reservation, usd: float | None) -> None:
    """Replace what was set aside by what the call cost. None: nobody knows the price, the reservation is charged.

    Settling twice changes nothing.
    """
    cost = reservation.usd if usd is None else usd
    _check(cost)
    with guarded(_guard(path)):
        days = _load(path).days
        today = days.get(reservation.day, Day())
        if reservation.id not in today.open:
            return
        left = {id: other for id, other in today.open.items() if id != reservation.id}
        _save(path, days | {reservation.day: Day(settled=today.settled + cost, open=left)})


def spent(path: Path, day: str) -> Spent:
    """What was spent on a day, calls of dead processes told apart as possibly paid."""
    today = _load(path).days.get(day, Day())
    dead = [r for r in today.open.values() if alive(r.owner) is False]
    lost = math.fsum(r.usd for r in dead)
    reserved = math.fsum(r.usd for r in today.open.values() if r not in dead)
    return Spent(settled=today.settled, reserved=reserved, possibly_paid=lost)


def _total(day: Day) -> float:
    return day.settled + math.fsum(r.usd for r in day.open.values())


def _check(usd: float) -> None:
    if not math.isfinite(usd) or usd < 0:
        raise InputError(f"USD {usd} is no amount of money; give a number from 0 up", usd=usd)


def _load(path: Path) -> _Ledger:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Ledger)
    except FileNotFoundError:
        return _Ledger()
    except msgspec.DecodeError as exc:
        raise JournalError(
            f"the ledger {path} is damaged: {exc}; move it away to begin anew, what was spent today is then unknown",
            path=str(path),
        ) from exc


def _save(path: Path, days: dict[str, Day]) -> None:
    kept = dict(sorted(days.items())[-_DAYS:])
    try:
        write_whole(path, dumps(_Ledger(days=kept)).encode())
    except OSError as exc:
        raise JournalError(f"cannot write the ledger {path}: {exc.strerror}; no call is made", path=str(path)) from exc


def _guard(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(path.name + ".guard")
