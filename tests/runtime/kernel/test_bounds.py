"""What a kernel may use up, and what it leaves behind: bounded, and nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jupyter_agents.errors import SandboxUnavailable
from jupyter_agents.records import CellResult
from jupyter_agents.runtime.kernel import Limits, SandboxPolicy
from jupyter_agents.runtime.kernel.folders import make_sockets
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel

pytestmark = pytest.mark.sandbox
MIB = 1 << 20


@asynccontextmanager
async def limited(workdir: Path, **policy: int) -> AsyncIterator[SandboxedKernel]:
    try:
        kernel = await SandboxedKernel.start(workdir, policy=SandboxPolicy(**policy))  # type: ignore[arg-type]
    except SandboxUnavailable as exc:
        pytest.skip(f"no sandbox on this machine: {exc}")
    try:
        yield kernel
    finally:
        await kernel.shutdown()


def text(result: CellResult) -> str:
    return "".join(output.get("text", "") for output in result.outputs).strip()


async def test_processes_files_and_memory_of_one_process_are_limited(tmp_path: Path) -> None:
    code = {
        "processes": """
import os, time
children = []
try:
    for _ in range(300):
        child = os.fork()
        if child == 0:
            time.sleep(30); os._exit(0)
        children.append(child)
except BlockingIOError:
    print(len(children) < 100)
for child in children:
    os.kill(child, 9); os.waitpid(child, 0)
""",
        "memory": "try:\n    bytearray(900 << 20)\nexcept MemoryError:\n    print(True)",
        "open files": """
try:
    len([open('/dev/null') for _ in range(400)])
except OSError as e:
    print(e.errno == 24)
""",
        "one file": """
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with open('big', 'wb') as file:
        for _ in range(40): file.write(bytes(1 << 20))
except OSError as e:
    print(e.errno == 27)
""",
        "/tmp": """
try:
    for n in range(100):
        with open(f'/tmp/{n}', 'wb') as file: file.write(bytes(15 << 20))
except OSError as e:
    print(e.errno == 28)
""",
    }
    bounds = {"processes": 100, "memory_bytes": 800 * MIB, "open_files": 256, "file_bytes": 20 * MIB}
    async with limited(tmp_path, **bounds) as kernel:
        said = {name: text(await kernel.execute(source)) for name, source in code.items()}
    assert said == dict.fromkeys(code, "True")


async def test_memory_of_all_children_together_is_limited(tmp_path: Path) -> None:
    code = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20) * 120); time.sleep(20); os._exit(0)
time.sleep(20)
"""
    async with limited(tmp_path, memory_bytes=300 * MIB) as kernel:
        result = await kernel.execute(code, limits=Limits(cell_s=30))
        assert result.status == "died"
        assert "300 MiB are allowed" in result.error_value
        await kernel.restart()
        assert (await kernel.execute("1")).ok


async def test_disk_use_of_the_work_folder_is_limited(tmp_path: Path) -> None:
    code = "import time\nfor n in range(20):\n    open(f'f{n}', 'wb').write(bytes(5 << 20))\ntime.sleep(20)"
    async with limited(tmp_path, disk_bytes=40 * MIB) as kernel:
        result = await kernel.execute(code, limits=Limits(cell_s=30))
    assert result.status == "died"
    assert "work folder grew" in result.error_value


async def test_processor_time_is_limited(tmp_path: Path) -> None:
    async with limited(tmp_path, cpu_s=2) as kernel:
        result = await kernel.execute("while True: pass", limits=Limits(cell_s=60))
    assert result.status == "died"
    assert result.duration_s < 30


def running(marker: str) -> list[int]:
    """Processes of this machine whose command line holds a marker."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if marker in (entry / "cmdline").read_bytes().decode(errors="replace"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


async def gone(marker: str, within_s: float = 5) -> bool:
    end = time.monotonic() + within_s
    while running(marker) and time.monotonic() < end:
        await asyncio.sleep(0.05)
    return not running(marker)


DAEMON = "import subprocess; subprocess.Popen(['sleep', '{0}'], start_new_session=True)"


async def test_a_daemon_dies_with_its_kernel(tmp_path: Path) -> None:
    marker = f"771{os.getpid()}.25"
    async with limited(tmp_path) as kernel:
        assert (await kernel.execute(DAEMON.format(marker))).ok
        assert running(marker), "the daemon never ran"
    assert await gone(marker)


async def test_the_kernel_dies_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    marker = f"772{os.getpid()}.25"
    owner = f"""
import asyncio, pathlib
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel
async def main():
    kernel = await SandboxedKernel.start(pathlib.Path({str(tmp_path)!r}))
    await kernel.execute({DAEMON.format(marker)!r})
    print(kernel._provisioner.sockets, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", owner, stdout=subprocess.PIPE)
    assert process.stdout is not None
    sockets = Path((await process.stdout.readline()).decode().strip())
    assert running(marker), "the daemon never ran"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await gone(marker)
    assert sockets.exists()
    make_sockets().rmdir()
    assert not sockets.exists(), "folders of dead owners are swept"


async def test_files_come_back_to_their_owner(tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text("given")
    async with limited(tmp_path) as kernel:
        code = "import os\nos.makedirs('a/b')\nopen('a/b/made', 'w').write('x')\nopen('given.txt', 'a').write('!')"
        assert (await kernel.execute(code)).ok
    owners = {path.lstat().st_uid for path in [tmp_path, *tmp_path.rglob("*")]}
    assert owners == {os.geteuid()}
    assert (tmp_path / "given.txt").read_text() == "given!"


async def test_sockets_and_user_number_are_released(tmp_path: Path) -> None:
    async with limited(tmp_path) as kernel:
        sockets = kernel._provisioner.sockets
        assert sockets is not None
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


async def test_owners_that_die_while_starting_leave_no_kernel(tmp_path: Path) -> None:
    script = """
import asyncio, os, pathlib, signal, sys, threading, time
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel
def die_soon_after_the_first_child():
    while not any(path.read_text() for path in pathlib.Path("/proc/self/task").glob("*/children")):
        time.sleep(0.001)
    time.sleep(float(sys.argv[2]))
    os.kill(os.getpid(), signal.SIGKILL)
threading.Thread(target=die_soon_after_the_first_child, daemon=True).start()
asyncio.run(SandboxedKernel.start(pathlib.Path(sys.argv[1])))
"""
    for delay in ("0", "0.001", "0.003", "0.01", "0.03"):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(tmp_path), delay)
        assert await process.wait() == -signal.SIGKILL
    make_sockets().rmdir()  # whoever starts next ends what never began
    assert await gone(str(tmp_path).encode().hex())
    assert not [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if lives_in(pid, tmp_path)]


def lives_in(pid: int, folder: Path) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == folder
    except OSError:
        return False
