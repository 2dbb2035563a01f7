"""The restricted mode: weaker, and only when somebody says so. Not for root, so it runs as somebody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_agents.errors import SandboxUnavailable
from jupyter_agents.runtime.kernel import SandboxPolicy, landlock
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel

pytestmark = pytest.mark.sandbox
RESTRICTED = SandboxPolicy(mode="restricted")


@pytest.mark.skipif(os.geteuid() != 0, reason="says what root is told")
async def test_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match=r"ordinary user|Landlock"):
        await SandboxedKernel.start(tmp_path, policy=RESTRICTED)
    assert tmp_path.stat().st_uid == 0, "a start that fails gives the folder back"


@pytest.mark.skipif(os.geteuid() == 0, reason="not for root; test_as_ordinary_user runs it")
async def test_files_network_and_processes_are_guarded(tmp_path: Path) -> None:
    if landlock.version() < landlock.MINIMUM:
        pytest.skip(f"Landlock {landlock.version()} is older than {landlock.MINIMUM}")
    work, secret = tmp_path / "work", tmp_path / "secret"
    work.mkdir()
    secret.write_text("secret")
    attempts = {
        "read": f"open({str(secret)!r})",
        "list": f"os.listdir({str(tmp_path)!r})",
        "write": "open('/tmp/x', 'w')",
        "up": "open('../secret')",
        "internet": "socket.create_connection(('127.0.0.1', 9))",
        "unix": "socket.socket(1).connect('/run/x')",
        "datagrams": "socket.socket(1, socket.SOCK_DGRAM)",
        "signal": f"os.kill({os.getpid()}, 0)",
        "namespace": "os.unshare(0x10000000) if hasattr(os, 'unshare') else os.setns(os.open('/proc/self/ns/net', 0))",
    }
    code = f"""
import os, socket
open('made', 'w').write('x'); os.unlink('made')
for name, attempt in {attempts!r}.items():
    try:
        eval(attempt)
        print(name, 'OPEN')
    except (OSError, AttributeError) as error:
        print(name, 'refused')
"""
    kernel = await SandboxedKernel.start(work, policy=RESTRICTED)
    try:
        result = await kernel.execute(code)
        assert result.ok, result.error_value
        assert result.outputs[0]["text"].split("\n") == [*(f"{name} refused" for name in attempts), ""]
    finally:
        await kernel.shutdown()
    assert not kernel.alive
