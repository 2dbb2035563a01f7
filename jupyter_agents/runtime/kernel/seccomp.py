"""The system-call filter, assembled here: no libseccomp, bytes that `launch.py` loads into itself.

It denies what a data-science process never needs and what kernels were broken through: namespaces, mounts,
tracing, io_uring, keyrings, bpf, perf, userfaultfd, modules, set-uid bits, and every socket family but unix,
internet (in a network namespace of its own) and route netlink. Source: seccomp(2), linux/filter.h.
"""

from __future__ import annotations

import errno
import functools
import platform
import struct
from collections.abc import Callable

from ...errors import SandboxUnavailable

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_NEW_NAMESPACES = 0x7E020080
_SET_ID_BITS = 0o6000
_TERMINAL_INJECTION = (0x5412, 0x541C)
"""ioctl requests TIOCSTI and TIOCLINUX."""

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

DENIED: dict[str, tuple[int | None, int | None]] = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "syslog": (103, 116), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None),
    "vhangup": (153, 58), "lookup_dcookie": (212, 18), "nfsservctl": (180, 42), "fanotify_init": (300, 262),
    "vmsplice": (278, 75),
}  # fmt: skip
"""Answered with EPERM: name and its number on x86_64 and aarch64."""

UNKNOWN: dict[str, tuple[int | None, int | None]] = {
    "clone3": (435, 435), "openat2": (437, 437), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194),
}  # fmt: skip
"""Answered with ENOSYS, so that libraries take their older way: arguments behind a pointer that no filter can
read, and memory that belongs to no process, which a watchdog could not count."""

LANDLOCK_GAPS: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "setxattrat": (463, 463), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "utimensat": (280, 88), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None),
}  # fmt: skip
"""Changes of a file's metadata, which Landlock does not cover: in restricted mode they do nothing and say so to
nobody, because shutil.copy would fail on an error."""

CHECKED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "clone": (56, 220), "ioctl": (16, 29),
    "open": (2, None), "creat": (85, None), "openat": (257, 56), "chmod": (90, None), "fchmod": (91, 52),
    "fchmodat": (268, 53), "fchmodat2": (452, 452), "mknod": (133, None), "mknodat": (259, 33),
}  # fmt: skip
"""Allowed or not by an argument."""

_MODE_ARGUMENT = {
    "open": 2, "creat": 1, "openat": 3, "chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2, "mknod": 1,
    "mknodat": 2,
}  # fmt: skip


class _Program:
    """Instructions as they are appended; jumps are relative, as the kernel wants them."""

    def __init__(self, column: int) -> None:
        self.column = column
        self.code: list[tuple[int, int, int, int]] = []

    def add(self, op: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        self.code.append((op, if_true, if_false, value & 0xFFFFFFFF))

    def answer(self, calls: dict[str, tuple[int | None, int | None]], error: int) -> None:
        for numbers in calls.values():
            number = numbers[self.column]
            if number is not None:
                self.add(_EQUAL, number, 0, 1)
                self.add(_RETURN, _errno(error))

    def check(self, name: str, argument: int, body: Callable[[_Program], None]) -> None:
        """For calls of `name`, look at one argument (its low 32 bits); `body` returns or falls through."""
        number = CHECKED[name][self.column]
        if number is None:
            return
        inner = _Program(self.column)
        inner.add(_LOAD, _ARGUMENTS + 8 * argument)
        body(inner)
        inner.add(_LOAD, _NUMBER)
        self.add(_EQUAL, number, 0, len(inner.code))
        self.code += inner.code


def _errno(number: int) -> int:
    return 0x00050000 | number


def _deny_bits(bits: int) -> Callable[[_Program], None]:
    def body(program: _Program) -> None:
        program.add(_ANY_BIT, bits, 0, 1)
        program.add(_RETURN, _errno(errno.EPERM))

    return body


def _deny_values(*values: int) -> Callable[[_Program], None]:
    def body(program: _Program) -> None:
        for value in values:
            program.add(_EQUAL, value, 0, 1)
            program.add(_RETURN, _errno(errno.EPERM))

    return body


def _only_families(families: tuple[int, ...]) -> Callable[[_Program], None]:
    def body(program: _Program) -> None:
        if _NETLINK not in families:
            # libzmq aborts the process when getifaddrs() meets another error than EINVAL or EOPNOTSUPP.
            program.add(_EQUAL, _NETLINK, 0, 1)
            program.add(_RETURN, _errno(errno.EINVAL))
        for index, family in enumerate(families):
            program.add(_EQUAL, family, len(families) - index, 0)
        program.add(_RETURN, _errno(errno.EAFNOSUPPORT))

    return body


def _only_route_netlink(program: _Program) -> None:
    program.add(_EQUAL, _NETLINK, 0, 3)
    program.add(_LOAD, _ARGUMENTS + 8 * 2)
    program.add(_EQUAL, 0, 1, 0)
    program.add(_RETURN, _errno(errno.EPROTONOSUPPORT))


def _only_streams(program: _Program) -> None:
    program.add(_AND, 0xF)
    program.add(_EQUAL, 1, 1, 0)
    program.add(_RETURN, _errno(errno.EPROTONOSUPPORT))


def _sockets(program: _Program, restricted: bool) -> None:
    if restricted:  # a unix socket of the host is a way out that Landlock does not close
        program.answer({"connect": CHECKED["connect"]}, errno.EACCES)
        families: tuple[int, ...] = (_UNIX,)
    else:
        program.check("socket", 0, _only_route_netlink)
        families = (_UNIX, _INET, _INET6, _NETLINK)
    for name in ("socket", "socketpair"):
        program.check(name, 0, _only_families(families))
        if restricted:
            program.check(name, 1, _only_streams)


@functools.cache
def program(*, restricted: bool = False, machine: str | None = None) -> bytes:
    """The filter as an array of `struct sock_filter`.

    `restricted` adds what namespaces would otherwise take care of: no connection to any socket.
    Raises SandboxUnavailable on a machine whose system calls are not listed here.
    """
    name = machine or platform.machine()
    if name not in _MACHINES:
        raise SandboxUnavailable(
            f"there is no system-call filter for {name!r} machines; run on x86_64 or aarch64", machine=name
        )
    column, arch = _MACHINES[name]
    code = _Program(column)
    code.add(_LOAD, _ARCH)
    code.add(_EQUAL, arch, 1, 0)
    code.add(_RETURN, _KILL)
    code.add(_LOAD, _NUMBER)
    if name == "x86_64":  # the x32 ABI has numbers of its own
        code.add(_AT_LEAST, 0x40000000, 0, 1)
        code.add(_RETURN, _errno(errno.ENOSYS))
    code.answer(DENIED, errno.EPERM)
    code.answer(UNKNOWN, errno.ENOSYS)
    if restricted:
        code.answer(LANDLOCK_GAPS, 0)
    _sockets(code, restricted)
    code.check("clone", 0, _deny_bits(_NEW_NAMESPACES))
    code.check("ioctl", 1, _deny_values(*_TERMINAL_INJECTION))
    for call, argument in _MODE_ARGUMENT.items():
        code.check(call, argument, _deny_bits(_SET_ID_BITS))
    code.add(_RETURN, _ALLOW)
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code.code)
