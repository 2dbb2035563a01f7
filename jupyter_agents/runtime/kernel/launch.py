"""The last step before the kernel, run inside the sandbox by its interpreter: limits, identity, filter, exec.

Standard library only, any Python from 3.8 on: `python -I -S launch.py PLAN OWNER -- COMMAND…`. PLAN is a marshalled
dict in hexadecimal digits and OWNER names who started it, for those who look at processes. json, base64, platform
and typing would double the start time of this step, which every kernel pays.
It says `ok` on a pipe only when every guard stands; whatever fails ends it, and no kernel starts.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import resource
import select
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SECCOMP = {"x86_64": 317, "aarch64": 277}
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC = 1, 1
LANDLOCK_CREATE, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT = 444, 445, 446


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def leave_if_orphan(lifeline: int, parent: int) -> None:
    """End when the owner is gone already: the death signal is armed too late to tell."""
    poll = select.poll()
    poll.register(lifeline, 0)
    if poll.poll(0) or (parent and os.getppid() != parent):
        os._exit(3)


def limit(limits: dict[str, int]) -> None:
    """Set resource limits by their names; a hard limit that is lower already stays."""
    for name, wanted in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))


def become(uid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def load_filter(libc: Any, program: bytes) -> None:
    """Load a system-call filter for all threads of this process and all that it starts."""
    buffer = ctypes.create_string_buffer(program, len(program))
    pointer = _FilterProgram(len(program) // 8, ctypes.cast(buffer, ctypes.c_char_p))
    number = ctypes.c_long(SECCOMP[os.uname().machine])
    mode, flags = ctypes.c_long(SECCOMP_SET_MODE_FILTER), ctypes.c_long(SECCOMP_FILTER_FLAG_TSYNC)
    if libc.syscall(number, mode, flags, ctypes.byref(pointer)) != 0:
        raise OSError(ctypes.get_errno(), "the system-call filter could not be loaded")


def restrict_files(libc: Any, landlock: dict[str, Any]) -> None:
    """Landlock: only the named paths, with the named rights, from here on. See landlock(7)."""
    attributes = landlock["attributes"]
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    size = ctypes.c_size_t(len(attributes))
    rules = _check(libc.syscall(ctypes.c_long(LANDLOCK_CREATE), buffer, size, ctypes.c_uint32(0)), "landlock")
    for path, rights in landlock["rules"]:
        try:
            target = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        rule = ctypes.create_string_buffer(rights.to_bytes(8, "little") + target.to_bytes(4, "little"), 12)
        add = libc.syscall(
            ctypes.c_long(LANDLOCK_ADD_RULE), ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint32(0)
        )
        _check(add, f"landlock rule for {path}")
        os.close(target)
    restricted = libc.syscall(ctypes.c_long(LANDLOCK_RESTRICT), ctypes.c_int(rules), ctypes.c_uint32(0))
    _check(restricted, "landlock")
    os.close(rules)


def close_on_exec() -> None:
    """Nothing but standard input and outputs reaches the kernel."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - pathlib costs start time
        if int(name) > 2:
            try:
                os.set_inheritable(int(name), False)
            except OSError:  # the descriptor of the listing itself
                continue


def main() -> None:
    """Raise every guard of the plan, then become the kernel."""
    plan, command = marshal.loads(bytes.fromhex(sys.argv[1])), sys.argv[4:]  # noqa: S302 - ours
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    if plan.get("parent"):
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    leave_if_orphan(plan["lifeline"], plan.get("parent", 0))
    if os.getsid(0) != os.getpid():  # lead a group, so that an interrupt reaches the kernel's children
        os.setpgid(0, 0)
    limit(plan["limits"])
    if plan.get("uid"):
        become(plan["uid"])
    os.chdir(plan["workdir"])  # only now: the folder may belong to the new user alone
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    close_on_exec()
    if plan.get("landlock"):
        restrict_files(libc, plan["landlock"])
    load_filter(libc, plan["filter"])
    os.write(plan["status"], b"ok\n")
    os.execve(command[0], command, os.environ)  # noqa: S606 - there must be no shell


if __name__ == "__main__":
    main()
