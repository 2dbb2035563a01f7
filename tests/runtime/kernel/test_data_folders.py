"""Named data is readable inside, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.errors import KernelError
from jupyter_agents.runtime.kernel import SandboxPolicy
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel

pytestmark = pytest.mark.sandbox

LOOK = """
import os
def look(path):
    try:
        return open(path).read()
    except OSError as error:
        return type(error).__name__
def write(path):
    try:
        open(path, 'w')
        return 'written'
    except OSError as error:
        return error.errno
"""


async def ask(kernel: SandboxedKernel, expression: str) -> str:
    result = await kernel.execute(f"{LOOK}\nprint({expression})")
    assert result.ok, result.error_value
    return str(result.outputs[0]["text"]).strip()


async def test_named_data_is_readable_and_never_writable(tmp_path: Path) -> None:
    data, work, secret = tmp_path / "data", tmp_path / "work", tmp_path / "secret.txt"
    (data / "sub").mkdir(parents=True, mode=0o755)
    data.chmod(0o700)
    (data / "sub" / "set.csv").write_text("1,2")
    secret.write_text("secret")
    work.mkdir()
    link = tmp_path / "link"
    link.symlink_to(data)
    kernel = await SandboxedKernel.start(work, policy=SandboxPolicy(read_only=(str(link),)))
    try:
        assert await ask(kernel, f"look({str(data / 'sub' / 'set.csv')!r})") == "1,2"
        assert await ask(kernel, f"write({str(data / 'sub' / 'set.csv')!r})") in ("30", "13")
        assert await ask(kernel, f"write({str(data / 'sub' / 'new')!r})") in ("30", "13")
        assert await ask(kernel, f"look({str(secret)!r})") == "FileNotFoundError"
    finally:
        await kernel.shutdown()
    assert (data / "sub" / "set.csv").read_text() == "1,2"


async def test_a_runs_own_files_stay_hidden_in_data_that_holds_the_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "work").mkdir(parents=True)
    (run / "inbox").mkdir()
    (run / "journal.jsonl").write_text("journal")
    (tmp_path / "data.csv").write_text("1,2")
    kernel = await SandboxedKernel.start(run / "work", policy=SandboxPolicy(read_only=(str(tmp_path),)))
    try:
        assert await ask(kernel, f"look({str(tmp_path / 'data.csv')!r})") == "1,2"
        assert await ask(kernel, "look('../journal.jsonl')") == "FileNotFoundError"
        assert await ask(kernel, "sorted(os.listdir('..'))") == "['work']"
        assert await ask(kernel, "write('made')") == "written"
    finally:
        await kernel.shutdown()


async def test_data_that_does_not_exist_is_a_clear_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KernelError, match=r"data folder .* does not exist"):
        await SandboxedKernel.start(tmp_path, policy=SandboxPolicy(read_only=(str(tmp_path / "missing"),)))
    assert list(tmp_path.iterdir()) == []
