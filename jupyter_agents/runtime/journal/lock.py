"""Who owns a run: one file that names the process, and rules for when it may be replaced."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from ...errors import RunError, RunOwned
from ...records import dumps
from .files import write_whole
from .guard import guarded
from .journal import now
from .process import Owner, alive, me, parse_owner

__all__ = ["Owner", "RunLock", "alive", "heartbeat_age_s", "owner"]


class RunLock:
    """A run that this process owns until it is released or the process ends."""

    def __init__(self, path: Path, owner: Owner) -> None:
        self.path = path
        self.owner = owner

    @classmethod
    def acquire(cls, path: Path, *, take_over: bool = False) -> RunLock:
        """Own the run. Of any number of processes asking at once exactly one succeeds.

        A lock whose owner is known to be dead (same host) is replaced. One whose owner lives is never replaced:
        stop it first. Where nobody here can know, because another host or container owns it, only `take_over`
        replaces it, and its former owner learns so at its next `beat`. Raises RunOwned.
        """
        with guarded(_guard(path)):
            there = owner(path)
            if there is not None:
                _may_replace(there, take_over)
            elif path.exists() and not take_over:
                raise RunOwned(f"the lock {path} cannot be read; if nobody works on the run, take it over explicitly")
            return cls(path, _write(path, me(), since=now()))

    def beat(self) -> None:
        """Say that we are still here; every 15 s or so. Raises RunOwned if the run was taken from us."""
        with guarded(_guard(self.path)):
            self._still_ours()
            self.owner = _write(self.path, self.owner, since=self.owner.since)

    def release(self) -> None:
        """Give the run back in an orderly way. Does nothing if it is no longer ours or the folder is gone."""
        if not self.path.parent.is_dir():
            return
        with guarded(_guard(self.path)):
            there = owner(self.path)
            if there is not None and there.token == self.owner.token:
                self.path.unlink()

    def __enter__(self) -> RunLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _still_ours(self) -> None:
        there = owner(self.path)
        if there is None or there.token != self.owner.token:
            who = f"process {there.pid} on {there.host}" if there else "somebody"
            raise RunOwned(f"{who} took this run over; this process must stop writing to it", owner=there)


def owner(path: Path) -> Owner | None:
    """Who owns the run, dead or alive; None if nobody does."""
    try:
        return parse_owner(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise RunError(f"the lock {path} cannot be read: {exc.strerror}", path=str(path)) from exc


def heartbeat_age_s(owner: Owner) -> float:
    """Seconds since it last said that it is there, by this host's clock; infinite if it never did."""
    try:
        return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(owner.heartbeat)).total_seconds())
    except ValueError:
        return float("inf")


def _may_replace(there: Owner, take_over: bool) -> None:
    lives = alive(there)
    where = f"process {there.pid} on {there.host}"
    if lives:
        raise RunOwned(f"{where} works on this run; stop or pause it there first", owner=there)
    if lives is None and not take_over:
        raise RunOwned(
            f"{where} owns this run, which cannot be checked from here (last heard {heartbeat_age_s(there):.0f} s "
            "ago); if it is gone, take the run over explicitly",
            owner=there,
        )


def _write(path: Path, owner: Owner, *, since: str) -> Owner:
    written = Owner(
        host=owner.host,
        machine=owner.machine,
        boot=owner.boot,
        namespace=owner.namespace,
        pid=owner.pid,
        started=owner.started,
        token=owner.token or secrets.token_hex(8),
        since=since,
        heartbeat=now(),
    )
    try:
        write_whole(path, dumps(written).encode(), sync=False)
    except OSError as exc:
        raise RunError(f"cannot write the lock {path}: {exc.strerror}; check the disk", path=str(path)) from exc
    return written


def _guard(path: Path) -> Path:
    return path.with_name(path.name + ".guard")
