"""Which process is this, and does another one still live: the same host, boot, id and start time, or nobody knows."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec

from ...records import Record


class Owner(Record):
    """A process that can be told apart from every other one, on every host, at any time."""

    host: str
    pid: int
    machine: str = ""
    """Machine id; tells hosts of the same name apart."""
    boot: str = ""
    """Changes when the host starts anew."""
    namespace: str = ""
    """The process namespace: ids mean nothing in another container."""
    started: str = ""
    """The process's start, in the system's own clock ticks since boot."""
    token: str = ""
    """Of this one acquisition."""
    since: str = ""
    heartbeat: str = ""
    """ISO 8601 in UTC."""


def me() -> Owner:
    """The process that asks."""
    pid = os.getpid()
    _, started = _stat(pid)
    return Owner(
        host=socket.gethostname(),
        machine=_text("/etc/machine-id"),
        boot=_text("/proc/sys/kernel/random/boot_id"),
        namespace=_namespace(),
        pid=pid,
        started=started,
    )


def alive(owner: Owner, *, host: str | None = None) -> bool | None:
    """Whether that process still runs. None: it is another host's or another container's, nobody here can know.

    host: the name of the host we are; None: ask the system.
    """
    here = me()
    if owner.host != (host or here.host) or owner.machine != here.machine:
        return None
    if owner.boot != here.boot:
        return False
    if owner.namespace != here.namespace:
        return None
    state, started = _stat(owner.pid)
    return state not in ("", "Z", "X") and started == owner.started


def same(one: Owner, other: Owner) -> bool:
    """Whether two records mean the same process, whatever it acquired and when it beat last."""
    return _identity(one) == _identity(other)


def _identity(owner: Owner) -> tuple[object, ...]:
    return owner.host, owner.machine, owner.boot, owner.namespace, owner.pid, owner.started


def parse_owner(data: bytes) -> Owner | None:
    """An owner as it was written; None if this is none."""
    try:
        return msgspec.json.decode(data, type=Owner)
    except msgspec.DecodeError:
        return None


def _stat(pid: int) -> tuple[str, str]:
    """State letter and start of a process; empty if there is none. Source: proc(5), fields 3 and 22."""
    stat = _text(f"/proc/{pid}/stat")
    fields = stat[stat.rfind(")") + 1 :].split()  # a program's name may hold spaces and brackets
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""
