"""A real JupyterLab in a real browser: one server per session, a workspace of its own per test."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

REPOSITORY = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: Playwright's event loop lasts for the session, and asyncio's tests need their own."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium: Playwright's own is a download."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine; install it to run the browser tests")
    return {**browser_type_launch_args, "executable_path": chromium, "args": FLAGS}


@pytest.fixture(scope="session")
def base_url() -> None:
    """In place of pytest-base-url's, whose form pytest 9 warns about."""


class Lab:
    """A running JupyterLab with folders of its own."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "notebooks"
        self.token = secrets.token_hex(16)
        self._log = base / "server.log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._settle(base)
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--LabApp.expose_app_in_browser=True",
            f"--ServerApp.port={self.port}", "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.folder}", "--ServerApp.port_retries=0",
        ]  # fmt: skip
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, env=self._environment(base), stdout=log, stderr=log)

    def _settle(self, base: Path) -> None:
        config = base / "config"
        (config / "labconfig").mkdir(parents=True)
        self.folder.mkdir()
        quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        (config / "labconfig" / "page_config.json").write_text(json.dumps(quiet))
        shutil.copytree(
            REPOSITORY / "jupyter_agents" / "interfaces" / "server" / "jupyter-config", config, dirs_exist_ok=True
        )
        kernelspec = REPOSITORY / "jupyter_agents" / "runtime" / "kernel" / "kernelspec"
        installed = base / "data" / "kernels"
        shutil.copytree(kernelspec, installed / "python3-sandboxed")
        spec = json.loads((kernelspec / "kernel.json").read_text())
        spec["metadata"]["kernel_provisioner"]["config"] = {"policy": {"memory_bytes": 400 << 20}}
        (installed / "small-sandboxed").mkdir()
        (installed / "small-sandboxed" / "kernel.json").write_text(json.dumps(spec))

    def _environment(self, base: Path) -> dict[str, str]:
        places = {
            "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
        }  # fmt: skip
        own = {name: str(base / folder) for name, folder in places.items()}
        return {**os.environ, **own, "PYTHONPATH": str(REPOSITORY)}

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return self._log.read_text(errors="replace")

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the server's REST interface."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(), headers={"Authorization": f"token {self.token}"},
        )  # fmt: skip
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def wait(self) -> None:
        """Wait until the server answers."""
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.rest("GET", "/api/status")
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise AssertionError(f"JupyterLab did not start:\n{self.log[-4000:]}")

    def write(self, name: str, cells: list[str], kernel: str) -> None:
        """Put a notebook into the server's folder."""
        spec = {"name": kernel, "display_name": kernel, "language": "python"}
        code: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": f"c{at}",
                "source": source,
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            for at, source in enumerate(cells)
        ]
        book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": code}
        (self.folder / name).write_text(json.dumps(book))

    def open(self, page: Page, name: str) -> None:
        """Open a notebook in a workspace that no other test has touched, and wait for its kernel."""
        page.goto(
            f"http://127.0.0.1:{self.port}/lab/workspaces/w{secrets.token_hex(4)}/tree/{name}?token={self.token}"
        )
        page.wait_for_function("() => !!window.jupyterapp", timeout=60_000)
        page.evaluate("() => window.jupyterapp.restored.then(() => true)")
        page.wait_for_function(
            """name => {
                const widget = window.jupyterapp.shell.currentWidget;
                return widget?.context?.path === name
                    && widget.sessionContext?.session?.kernel?.status === 'idle';
            }""",
            arg=name,
            timeout=60_000,
        )


def run_all(page: Page) -> None:
    """Run all cells of the open notebook and wait for their end."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)")


def output(page: Page, cell: int) -> Locator:
    """The output area of a cell of the open notebook."""
    return page.locator(".jp-Notebook-cell").nth(cell).locator(".jp-OutputArea-output")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all browser tests."""
    started = Lab(tmp_path_factory.mktemp("lab"))
    try:
        started.wait()
        yield started
    finally:
        started.process.terminate()
        started.process.wait(20)
