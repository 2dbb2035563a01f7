"""Attempts to get out of the sandbox, against decoys and within bounds.

Each attempt is code that ends with `OPEN …` or `refused …`. Those marked `control` are first run by a plain
Python beside us, where they must succeed: an attempt that could not work anywhere proves nothing.
"""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel

from .conftest import SECRET

pytestmark = [pytest.mark.sandbox, pytest.mark.asyncio(loop_scope="module")]

PRELUDE = """
import ctypes, errno, os, signal, socket, stat, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), 'system call')
    return result

def attempt(code):
    try:
        return f'OPEN {eval(code)}'
    except OSError as error:
        return f'refused {errno.errorcode.get(error.errno, error)}'
    except (AssertionError, subprocess.CalledProcessError) as error:
        return f'refused {error}'

def secret_in(path):
    with open(path, 'rb') as file:
        found = SECRET.encode() in file.read(1 << 20)
    assert found, 'not there'
    return 'found'

def write(path):
    with open(path, 'w') as file:
        file.write('x')
    os.unlink(path)
    return 'written'

def connect(family, address):
    with socket.socket(family) as tried:
        tried.settimeout(3)
        tried.connect(address)
    return 'connected'

def create(*arguments):
    with socket.socket(*arguments):
        return 'created'
"""
X86 = os.uname().machine == "x86_64"


@dataclass(frozen=True)
class Attempt:
    group: str
    name: str
    code: str
    control: bool = False


ATTEMPTS = [
    Attempt("files", "a key in the caller's home", "secret_in(HOME + '/.ssh/id_decoy')", control=True),
    Attempt("files", "the caller's home", "len(os.listdir(HOME))", control=True),
    Attempt("files", "what lies beside the work folder", "secret_in(os.path.dirname(WORK) + '/journal.jsonl')", True),
    Attempt("files", "the host's /tmp", "os.stat(TMP_DECOY).st_size", control=True),
    Attempt("files", "the host's shared memory", "secret_in(SHM_DECOY)", control=True),
    Attempt("files", "the shadow file", "len(open('/etc/shadow').read())"),
    Attempt("files", "the host's machine id", "len(open('/etc/machine-id').read())"),
    Attempt("files", "write to /etc", "write('/etc/x')"),
    Attempt("files", "write to /usr", "write('/usr/x')"),
    Attempt("files", "write to /", "write('/x')"),
    Attempt("files", "write to /dev", "write('/dev/x')"),
    Attempt("files", "write to the interpreter's packages", "write(os.path.dirname(os.__file__) + '/x.py')"),
    Attempt("files", "write into read-only data", "write(DATA + '/x')", control=True),
    Attempt("files", "its own connection file", "open(__import__('ipykernel').get_connection_file(), 'r+')"),
    Attempt("files", "the launcher", "open('/run/jupyter-agents/launch.py', 'r+')"),
    Attempt("environment", "its own variables", "secret_in('/proc/self/environ')", control=True),
    Attempt("environment", "those of the first process", "secret_in('/proc/1/environ')"),
    Attempt("environment", "those of the caller", "secret_in(f'/proc/{CALLER}/environ')", control=True),
    Attempt("environment", "open files of the first process", "os.readlink('/proc/1/root/etc/shadow')"),
    Attempt("processes", "signal a process of the host", "os.kill(VICTIM, 0)", control=True),
    Attempt("processes", "its command line", "open(f'/proc/{VICTIM}/cmdline').read()", control=True),
    Attempt("processes", "trace a process", "call(101 if X86 else 117, 16, os.getppid() or 1, 0, 0)"),
    Attempt("processes", "read another's memory", "call(310 if X86 else 270, 1, 0, 0, 0, 0, 0)"),
    Attempt("processes", "take another's descriptor", "call(438, call(434, os.getpid(), 0), 0, 0)"),
    Attempt("network", "TCP to the host's loopback", "connect(socket.AF_INET, ('127.0.0.1', PORT))", control=True),
    Attempt("network", "TCP to the internet", "connect(socket.AF_INET, ('192.0.2.1', 443))"),
    Attempt("network", "UDP to the internet", "create(2, 2) and socket.socket(2, 2).sendto(b'x', ('192.0.2.1', 53))"),
    Attempt("network", "a name lookup", "socket.getaddrinfo('example.com', 443)"),
    Attempt("network", "an abstract socket of the host", "connect(socket.AF_UNIX, ABSTRACT)", control=True),
    Attempt("network", "a socket file of the host", "connect(socket.AF_UNIX, SOCKET)", control=True),
    Attempt("network", "AF_VSOCK, which has no namespace", "create(40, socket.SOCK_STREAM)"),
    Attempt("network", "AF_PACKET", "create(17, socket.SOCK_RAW, 0x300)"),
    Attempt("network", "AF_ALG", "create(38, socket.SOCK_SEQPACKET)"),
    Attempt("network", "raw IP", "create(socket.AF_INET, socket.SOCK_RAW, 1)"),
    Attempt("network", "netfilter's netlink", "create(socket.AF_NETLINK, socket.SOCK_RAW, 12)"),
    Attempt("devices", "a device node", "os.mknod('node', stat.S_IFCHR | 0o600, os.makedev(1, 1))"),
    Attempt("devices", "the kernel's log", "os.open('/dev/kmsg', os.O_RDONLY)"),
    Attempt("devices", "a disk", "[os.open('/dev/' + n, os.O_RDONLY) for n in ('vda', 'sda', 'nvme0n1', 'mem')]"),
    Attempt("devices", "core_pattern", "write('/proc/sys/kernel/core_pattern')"),
    Attempt("devices", "type into a terminal", "__import__('fcntl').ioctl(os.openpty()[1], 0x5412, b'x')"),
    Attempt("namespaces", "unshare a user namespace", "call(272 if X86 else 97, 0x10000000)"),
    Attempt("namespaces", "clone into one", "call(56 if X86 else 220, 0x10000000 | 17, 0, 0, 0, 0)"),
    Attempt("namespaces", "join another", "call(308 if X86 else 268, os.open('/proc/self/ns/net', 0), 0)"),
    Attempt("namespaces", "mount", "call(165 if X86 else 40, b'x', b'/tmp', b'tmpfs', 0, 0)"),
    Attempt("namespaces", "remount read-write", "call(165 if X86 else 40, 0, b'/usr', 0, 0x1020, 0)"),
    Attempt("namespaces", "chroot", "os.chroot('/tmp')"),
    Attempt("namespaces", "open by handle", "call(304 if X86 else 265, -100, ctypes.create_string_buffer(24), 0)"),
    Attempt("kernel", "io_uring", "call(425, 4, ctypes.create_string_buffer(200))"),
    Attempt("kernel", "bpf", "call(321 if X86 else 280, 0, ctypes.create_string_buffer(120), 120)"),
    Attempt("kernel", "userfaultfd", "call(323 if X86 else 282, 1)"),
    Attempt("kernel", "keyrings", "call(250 if X86 else 219, 0, -3, 0)"),
    Attempt("kernel", "perf events", "call(298 if X86 else 241, ctypes.create_string_buffer(128), 0, -1, -1, 0)"),
    Attempt("kernel", "memory of no process", "os.memfd_create('x')"),
    Attempt("kernel", "become root", "os.setuid(0)" if os.geteuid() else "os.setresuid(0, 0, 0)"),
    Attempt("links", "a set-uid bit in the work folder", "(open('s', 'w').close(), os.chmod('s', 0o4755))"),
    Attempt("links", "a set-gid file from the start", "os.close(os.open('g', os.O_CREAT | os.O_WRONLY, 0o2755))"),
    Attempt("links", "a hard link to a system file", "os.link('/usr/bin/env', 'hard')"),
    Attempt("links", "a way up out of the work folder", "secret_in('../journal.jsonl')"),
    Attempt("links", "a link to the host's file", "(os.symlink(TMP_DECOY, 'link'), secret_in('link'))"),
]


@dataclass(frozen=True)
class Decoys:
    names: dict[str, object]


@pytest.fixture(scope="module")
def decoys(kernel: SandboxedKernel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decoys]:
    """What an escape would find: files with a secret, a process, sockets."""
    home = tmp_path_factory.mktemp("home")
    key = home / ".ssh" / "id_decoy"
    key.parent.mkdir()
    outside = tmp_path_factory.mktemp("outside") / "decoy"
    shared = Path("/dev/shm") / f"decoy-{os.getpid()}"
    journal = kernel.workdir.parent / "journal.jsonl"
    for path in (key, outside, shared, journal):
        path.write_text(SECRET)
    victim = subprocess.Popen(["sleep", "600"])
    server, abstract, named = socket.create_server(("127.0.0.1", 0)), socket.socket(1), socket.socket(1)
    abstract.bind(f"\0decoy-{os.getpid()}")
    short = Path(f"/tmp/decoy-{os.getpid()}.sock")
    named.bind(str(short))
    for listening in (abstract, named):
        listening.listen()
    yield Decoys(
        names={
            "SECRET": SECRET, "HOME": str(home), "WORK": str(kernel.workdir), "TMP_DECOY": str(outside),
            "SHM_DECOY": str(shared), "DATA": str(outside.parent), "CALLER": os.getpid(), "VICTIM": victim.pid,
            "PORT": server.getsockname()[1], "ABSTRACT": f"\0decoy-{os.getpid()}", "SOCKET": str(short), "X86": X86,
        },
    )  # fmt: skip
    victim.kill()
    victim.wait()
    for listening in (server, abstract, named):
        listening.close()
    for path in (shared, short, journal):
        path.unlink()


def setting(decoys: Decoys) -> str:
    return "".join(f"{name} = {value!r}\n" for name, value in decoys.names.items()) + PRELUDE


@pytest.fixture(scope="module")
def controls(decoys: Decoys) -> dict[str, str]:
    """How the attempts end in a plain Python of the same user."""
    codes = {f"{one.group}: {one.name}": one.code for one in ATTEMPTS if one.control}
    script = setting(decoys) + f"import json; print(json.dumps({{n: attempt(c) for n, c in {codes!r}.items()}}))"
    # The caller of the sandbox is this process, whose environment is set in place; /proc shows the one it began with.
    script = script.replace(f"CALLER = {os.getpid()}", "CALLER = 'self'")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    result: dict[str, str] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("one", ATTEMPTS, ids=lambda one: f"{one.group}: {one.name}")
async def test_attempt_is_refused(
    one: Attempt, kernel: SandboxedKernel, decoys: Decoys, controls: dict[str, str]
) -> None:
    if one.control:
        assert controls[f"{one.group}: {one.name}"].startswith("OPEN"), "the attempt itself does not work"
    result = await kernel.execute(f"{setting(decoys)}\nattempt({one.code!r})")
    assert result.ok, result.error_value
    said = ast.literal_eval(result.outputs[-1]["data"]["text/plain"])
    assert said.startswith("refused"), said


async def test_the_sandbox_has_no_privileges_and_few_things(kernel: SandboxedKernel, decoys: Decoys) -> None:
    result = await kernel.execute(
        """
import json, os
status = {name: value.strip() for name, _, value in (line.partition(":") for line in open("/proc/self/status"))}
print(json.dumps({
    "caps": status["CapEff"] + status["CapPrm"] + status["CapAmb"], "nnp": status["NoNewPrivs"],
    "filter": status["Seccomp"], "uid": os.getuid(), "groups": os.getgroups(), "env": list(os.environ),
    "processes": [p for p in os.listdir("/proc") if p.isdigit()], "fds": [os.readlink(f"/proc/self/fd/{f}")
        for f in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{f}")],
}))
"""
    )
    assert result.ok, result.error_value
    found = json.loads(result.outputs[0]["text"])
    assert set(found["caps"]) == {"0"}
    assert (found["nnp"], found["filter"]) == ("1", "2")
    assert found["uid"] != 0
    assert set(found["groups"]) <= {found["uid"], os.getgid(), 65534}
    assert len(found["processes"]) == 2
    assert not [name for name in found["env"] if "KEY" in name or "TOKEN" in name]
    outside = [
        name
        for name in found["fds"]
        if name.startswith("/") and not name.startswith(("/dev/", "/proc/", "/home/sandbox/"))
    ]
    assert not outside


async def test_what_must_work_does(kernel: SandboxedKernel) -> None:
    """The refusals above are no sign of a sandbox in which nothing works."""
    code = """
import multiprocessing, os, socket, sqlite3, ssl, subprocess, tempfile, threading
for folder in (os.getcwd(), "/tmp", os.path.expanduser("~"), "/dev/shm"):
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(b"x")
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
assert subprocess.run(["sh", "-c", "echo $((6*7))"], capture_output=True, text=True).stdout == "42\\n"
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
sqlite3.connect("file.db").execute("create table t (x)")
os.unlink("file.db")
"""
    result = await kernel.execute(code)
    assert result.ok, f"{result.error_name}: {result.error_value}"
