"""Jupyter's own clients use the sandboxed kernel by name, as they use any other."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager, KernelManager, start_new_kernel
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError

from jupyter_agents.errors import KernelError, UnknownName
from jupyter_agents.runtime.kernel import SandboxPolicy
from jupyter_agents.runtime.kernel.specs import kernel_manager
from jupyter_agents.runtime.kernel.values import values_in

pytestmark = pytest.mark.sandbox
NAME = "python3-sandboxed"


def notebook(*sources: str) -> Any:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for index, source in enumerate(sources)
    ]
    spec = {"name": NAME, "display_name": NAME, "language": "python"}
    read: Any = nbformat.reads  # nbformat has no types
    return read(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": cells}),
        as_version=4,
    )


def text(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def test_nbclient_runs_a_notebook_beside_its_data(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("x\n1\n")
    (tmp_path / "helpers.py").write_text("answer = 42\n")
    book = notebook(
        "print(open('data.csv').read())",
        "import helpers; print(helpers.answer)",
        "open('made.txt', 'w').write('made'); print(sorted(__import__('os').listdir('.')))",
        "try:\n    open('data.csv', 'w')\nexcept OSError as error:\n    print('read-only', error.errno)",
        "import os; print(os.environ['JUPYTER_AGENTS_NOTEBOOK_FOLDER'])",
    )
    NotebookClient(book, kernel_name=NAME, resources={"metadata": {"path": str(tmp_path)}}, timeout=60).execute()
    said = [text(cell).strip() for cell in book.cells]
    assert said[:3] == ["x\n1", "42", "['__pycache__', 'data.csv', 'helpers.py', 'made.txt']"] or said[:3] == [
        "x\n1", "42", "['data.csv', 'helpers.py', 'made.txt']"
    ]  # fmt: skip
    assert said[3] == "read-only 30"
    assert said[4] == str(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "helpers.py"]


def test_nbclient_interrupts_a_cell_over_its_time(tmp_path: Path) -> None:
    book = notebook("while True: pass", "print('next')")
    client = NotebookClient(
        book, kernel_name=NAME, resources={"metadata": {"path": str(tmp_path)}}, timeout=1, interrupt_on_timeout=True,
        allow_errors=True,
    )  # fmt: skip
    try:
        client.execute()
    except CellTimeoutError:  # nbclient's own race; the kernel must be gone either way
        return
    assert text(book.cells[1]) == "next\n"


async def test_nbclient_takes_a_manager_with_a_policy(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    manager = kernel_manager(SandboxPolicy(workdir=str(work)))
    book = notebook("open('made.txt', 'w').write('x'); import os; print(os.getcwd())")
    client = NotebookClient(book, km=manager, timeout=60)
    await client.async_execute()
    assert client.kc is not None
    client.kc.stop_channels()
    await manager.shutdown_kernel()
    assert text(book.cells[0]).strip() == str(work)
    assert (work / "made.txt").stat().st_uid == os.geteuid()


def test_papermill_runs_with_parameters(tmp_path: Path) -> None:
    import papermill

    book = notebook("p = 1", "print(p + 1)")
    book.cells[0].metadata["tags"] = ["parameters"]
    (tmp_path / "in.ipynb").write_text(json.dumps(book))
    done = papermill.execute_notebook(
        str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), parameters={"p": 41}, cwd=str(tmp_path),
        progress_bar=False,
    )  # fmt: skip
    assert text(done.cells[-1]) == "42\n"
    assert (tmp_path / "out.ipynb").exists()


def test_a_notebook_anyone_starts_has_the_helpers(tmp_path: Path) -> None:
    import papermill

    (tmp_path / "in.ipynb").write_text(json.dumps(notebook("claim('slope', 2.24)", "%who", "metric('rmse', 0.5)")))
    done = papermill.execute_notebook(
        str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), cwd=str(tmp_path), progress_bar=False
    )
    values = values_in(output for cell in done.cells for output in cell.outputs)
    assert [(value.kind, value.name, value.value) for value in values] == [
        ("claim", "slope", 2.24),
        ("metric", "rmse", 0.5),
    ]
    assert "empty" in text(done.cells[1]), "the helpers are no variables of the user's"


def test_the_blocking_client_works_with_input_and_completion(tmp_path: Path) -> None:
    manager, client = start_new_kernel(kernel_name=NAME, cwd=str(tmp_path))
    try:
        assert manager.transport == "ipc"
        said: list[str] = []

        def answer(message: dict[str, Any]) -> None:
            client.input("Ada")

        def keep(message: dict[str, Any]) -> None:
            said.append(message["content"].get("text", ""))

        client.execute_interactive(
            "print('hello', input('name? '))", allow_stdin=True, stdin_hook=answer, output_hook=keep, timeout=20
        )
        assert "hello Ada\n" in said
        completion = client.complete("print.__na", reply=True, timeout=20)["content"]
        assert completion["matches"] == ["print.__name__"] or "__name__" in completion["matches"]
        assert client.is_alive()
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    assert not manager.is_alive()


async def test_restart_gives_a_fresh_kernel_in_the_same_folder(tmp_path: Path) -> None:
    manager = AsyncKernelManager(kernel_name=NAME)
    await manager.start_kernel(cwd=str(tmp_path))
    try:
        first = await run(manager, "x = 1; import os; open('kept', 'w'); print(os.getcwd())")
        await manager.restart_kernel()
        second = await run(manager, "import os; print(os.getcwd(), 'x' in globals())")
    finally:
        provisioner = manager.provisioner
        await manager.shutdown_kernel()
    assert second.split() == [first.strip(), "False"]
    assert (Path(first.strip()) / "kept").exists(), "what a kernel made is not removed"
    assert getattr(provisioner, "sockets", "?") is None


async def run(manager: AsyncKernelManager, code: str) -> str:
    client = manager.client()
    client.start_channels()
    said: list[str] = []
    try:
        await client.wait_for_ready(timeout=30)
        await client.execute_interactive(
            code, timeout=20, output_hook=lambda message: said.append(message["content"].get("text", ""))
        )
    finally:
        client.stop_channels()
    return "".join(said)


async def test_another_installed_kernelspec_goes_into_the_sandbox(tmp_path: Path) -> None:
    manager = kernel_manager(SandboxPolicy(workdir=str(tmp_path)), "python3")
    await manager.start_kernel()
    try:
        said = await run(manager, "import os; print(os.path.exists('/etc/shadow'), os.getcwd())")
    finally:
        await manager.shutdown_kernel()
    assert said.split() == ["False", str(tmp_path)]


def test_an_unknown_kernel_names_the_nearest(tmp_path: Path) -> None:
    manager = kernel_manager(SandboxPolicy(workdir=str(tmp_path)), "pyton3")
    with pytest.raises(UnknownName, match="python3"):
        assert manager.kernel_spec


def test_a_misspelt_policy_key_in_a_kernelspec_is_an_error(private_jupyter_folders: Path) -> None:
    folder = private_jupyter_folders / "installed" / "kernels" / "misspelt"
    folder.mkdir()
    installed = json.loads((folder.parent / NAME / "kernel.json").read_text())
    installed["metadata"]["kernel_provisioner"]["config"] = {"policy": {"memory_byte": 1}}
    (folder / "kernel.json").write_text(json.dumps(installed))
    with pytest.raises(UnknownName, match="did you mean 'memory_bytes'"):
        start_new_kernel(kernel_name="misspelt")


async def test_a_policy_that_would_show_the_home_folder_is_refused() -> None:
    for policy in (SandboxPolicy(workdir=str(Path.home())), SandboxPolicy(read_only=("/",))):
        manager = kernel_manager(policy)
        with pytest.raises(KernelError, match="folder of its own"):
            await manager.start_kernel()


class Server:
    """A real Jupyter server, spoken to as a browser does."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--allow-root", f"--port={port}", "--IdentityProvider.token=t",
             "--ServerApp.ip=127.0.0.1", "--ServerApp.open_browser=False", f"--ServerApp.root_dir={folder}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(), headers={"Authorization": "token t"},
        )  # fmt: skip
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = Server(tmp_path, port)
    try:
        for _ in range(900):
            try:
                started.rest("GET", "/api")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield started
    finally:
        started.process.terminate()
        started.process.wait(20)


async def test_a_jupyter_server_runs_interrupts_restarts_and_revives_it(server: Server) -> None:
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    kernel = await asyncio.to_thread(server.rest, "POST", "/api/kernels", {"name": NAME})
    address = f"ws://127.0.0.1:{server.port}/api/kernels/{kernel['id']}/channels"
    connection = await websocket_connect(HTTPRequest(address, headers={"Authorization": "token t"}))

    async def execute(code: str) -> str:
        message = os.urandom(8).hex()
        header = {"msg_id": message, "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3"}
        content = {"code": code, "silent": False, "allow_stdin": False}
        request = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell", "content": content}
        await connection.write_message(json.dumps(request))
        said = ""
        while True:
            received = json.loads(str(await asyncio.wait_for(connection.read_message(), 20)))
            if received["parent_header"].get("msg_id") != message:
                continue
            said += received["content"].get("text", "") if received["msg_type"] == "stream" else ""
            said += received["content"]["ename"] if received["msg_type"] == "error" else ""
            if received["msg_type"] == "status" and received["content"]["execution_state"] == "idle":
                return said.strip()

    assert await execute("import os; print(os.path.exists('/etc/shadow'), 1 + 1)") == "False 2"
    endless = asyncio.create_task(execute("while True: pass"))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(server.rest, "POST", f"/api/kernels/{kernel['id']}/interrupt", {})
    assert await endless == "KeyboardInterrupt"
    await asyncio.to_thread(server.rest, "POST", f"/api/kernels/{kernel['id']}/restart", {})
    assert await execute("print('os' in globals())") == "False"
    await asyncio.to_thread(server.rest, "DELETE", f"/api/kernels/{kernel['id']}")
    connection.close()


def test_a_sync_manager_watches_its_kernel_between_calls(tmp_path: Path) -> None:
    """No event loop runs between the calls of a blocking client; the watchdog must not need one."""
    manager = KernelManager(kernel_name=NAME)
    manager.start_kernel(cwd=str(tmp_path))
    try:
        provisioner = manager.provisioner
        assert provisioner is not None
        watchdog = getattr(provisioner, "_watchdog")  # noqa: B009
        assert watchdog is not None
        assert manager.is_alive()
    finally:
        manager.shutdown_kernel(now=True)
