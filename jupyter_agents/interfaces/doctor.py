"""What this machine lacks: each check tries the real thing, and says how to mend what it finds."""

from __future__ import annotations

import asyncio
import json
import platform
import shlex
import tempfile
from collections.abc import Callable, Container, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution, entry_points, version
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .. import __version__
from ..errors import JupyterAgentsError
from ..records import Record
from ..runtime.kernel import SandboxPolicy
from ..session.services import open_store
from ..settings import Settings, api_key
from .views import printable

PACKAGES = ("jupyterlab", "ipywidgets", "nbformat", "papermill", "arxiv", "chromadb", "anthropic", "ipykernel")
"""What the project stands on; everything else comes with these."""
KERNEL = "python3-sandboxed"
KERNELSPEC = Path(__file__).parents[1] / "runtime" / "kernel" / "kernelspec"
IN_SANDBOX = """
import os, socket
def reached(host):
    try:
        socket.create_connection((host, 53), timeout=1).close()
    except OSError:
        return False
    return True
assert not reached("1.1.1.1"), "the network can be reached"
assert not any("KEY" in name or "TOKEN" in name for name in os.environ), "a secret is in the environment"
"""
"""Run inside: what must not be possible there."""


class Check(Record):
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "note", "problem"]
    """`note`: it works, but less than it could."""
    detail: str
    mend: str = ""
    """What to do about it; empty where nothing is to be done."""


class Diagnosis(Record):
    """What `doctor` prints."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing stands in the way of a run."""
        return all(check.state != "problem" for check in self.checks)


def examine(settings: Settings) -> Diagnosis:
    """Look at everything a run needs; takes a few seconds, for a sandboxed kernel is really started."""
    return Diagnosis(checks=tuple(check for part in PARTS for check in part(settings)))


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """For a terminal: one line a check, and below a problem what to do."""
    marks = {"ok": "✓", "note": "·", "problem": "✗"}
    lines: list[str] = []
    for check in diagnosis.checks:
        lines.append(f"{marks[check.state]} {check.name}: {check.detail}")
        lines += [f"    → {check.mend}"] if check.mend else []
    lines.append("all is well" if diagnosis.healthy else "something is to be mended: see → above")
    return printable("\n".join(lines))


def _versions(settings: Settings) -> Iterator[Check]:
    yield Check(
        name="versions", state="ok", detail=f"jupyter_agents {__version__}, Python {platform.python_version()}"
    )
    missing = []
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    yield Check(name="packages", state="ok", detail=", ".join(found))
    if missing:
        yield Check(
            name="packages",
            state="problem",
            detail=f"missing: {', '.join(missing)}",
            mend=f"pip install {' '.join(missing)}",
        )


def _sandbox(settings: Settings) -> Iterator[Check]:
    label = "sandbox" if settings.sandbox_mode == "sandbox" else "sandbox (restricted: weaker, as you set it)"
    try:
        with tempfile.TemporaryDirectory(prefix="jupyter_agents-") as folder:
            problem = asyncio.run(_try_kernel(Path(folder), settings))
    except JupyterAgentsError as error:
        yield Check(name=label, state="problem", detail="no sandboxed kernel starts here", mend=error.message)
        return
    if problem:
        yield Check(
            name=label,
            state="problem",
            detail=f"it does not hold: {problem}",
            mend="run nothing of strangers here; report this with the output of `jupyter agents doctor --json`",
        )
    else:
        yield Check(name=label, state="ok", detail="a kernel started in it, without network and secrets")


async def _try_kernel(folder: Path, settings: Settings) -> str:
    """What a sandboxed kernel could do that it must not; empty where it holds."""
    from ..runtime.kernel.sandboxed import SandboxedKernel

    policy = SandboxPolicy(mode=settings.sandbox_mode, gpu=settings.gpu)
    kernel = await SandboxedKernel.start(folder, policy=policy, kernel_name=settings.kernel or None)
    try:
        result = await kernel.execute(IN_SANDBOX)
    finally:
        await kernel.shutdown()
    return "" if result.ok else f"{result.error_name or result.status}: {result.error_value}"


def _kernelspec(settings: Settings) -> Iterator[Check]:
    from jupyter_client.kernelspec import KernelSpecManager

    known = {point.name for point in entry_points(group="jupyter_client.kernel_provisioners")}
    yield kernelspec_check(KernelSpecManager().find_kernel_specs(), known)


def kernelspec_check(specs: Mapping[str, str], provisioners: Container[str]) -> Check:
    """Whether Jupyter can start the sandboxed kernel by name. specs: folders of all kernelspecs it finds."""
    if "jupyter-agents-sandbox" not in provisioners:
        detail, mend = "its provisioner is not installed", _reinstall()
    elif KERNEL not in specs:
        detail = f"Jupyter does not find the kernel {KERNEL}"
        mend = f"jupyter kernelspec install --sys-prefix --name {KERNEL} {shlex.quote(str(KERNELSPEC))}"
    else:
        return Check(name="kernelspec", state="ok", detail=f"{KERNEL} at {specs[KERNEL]}")
    return Check(name="kernelspec", state="problem", detail=detail, mend=mend)


def _reinstall() -> str:
    """The command that writes this package's metadata anew: from its checkout where it was installed from one."""
    try:
        installed = distribution("jupyter-agents").read_text("direct_url.json")
    except PackageNotFoundError:  # run from its source, or an installation that is only half there
        installed = None
    origin = json.loads(installed or "{}")
    if origin.get("dir_info", {}).get("editable"):
        folder = url2pathname(urlsplit(origin["url"]).path)
        return f"pip install --no-deps --editable {shlex.quote(folder)}"
    return "pip install --force-reinstall --no-deps jupyter-agents"


def _model(settings: Settings) -> Iterator[Check]:
    from ..runtime.model.client import credentials_present

    where = settings.base_url or "Anthropic"
    try:
        present = credentials_present(api_key(), settings.base_url or None)
        if not present:
            yield Check(
                name="model",
                state="note",
                detail="no key and no server: every agent still does what code alone can do",
                mend="set ANTHROPIC_API_KEY, or base_url to a server that speaks the Messages protocol",
            )
            return
        asyncio.run(_try_model(settings))
    except JupyterAgentsError as error:
        yield Check(name="model", state="problem", detail=f"{settings.model} at {where}", mend=error.message)
        return
    yield Check(name="model", state="ok", detail=f"{where} answers; runs ask {settings.model}")


async def _try_model(settings: Settings) -> None:
    from ..runtime.model.client import AnthropicModel

    model = AnthropicModel(settings.base_url or None, api_key(), folder=settings.cache_folder / "models")
    await model.model_info(settings.model)  # the list of models: it costs nothing


def _store(settings: Settings) -> Iterator[Check]:
    try:
        store = open_store(settings)
        store.search("line", limit=1)
    except JupyterAgentsError as error:
        yield Check(name="store", state="problem", detail=str(settings.store_folder), mend=error.message)
        return
    yield Check(name="store", state="ok", detail=f"{settings.store_folder} opens and is searched")


def _folders(settings: Settings) -> Iterator[Check]:
    for name, folder in (("runs", settings.runs_folder), ("cache", settings.cache_folder)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                yield Check(name=name, state="ok", detail=str(folder))
        except OSError as exc:
            mend = f"make it writable, or set JUPYTER_AGENTS_{name.upper()} to another folder"
            yield Check(name=name, state="problem", detail=f"{folder}: {exc.strerror}", mend=mend)


def _lab(settings: Settings) -> Iterator[Check]:
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    from jupyter_server.extension.config import ExtensionConfigManager
    from jupyterlab_server.config import get_federated_extensions

    # by itself it reads the user's folder only; a server reads all, as `jupyter server extension list` shows
    manager: Any = ExtensionConfigManager(read_config_path=jupyter_config_path())  # its methods are not annotated
    enabled = bool(manager.get_jpserver_extensions().get("jupyter_agents", False))
    yield Check(
        name="server extension",
        state="ok" if enabled else "note",
        detail="enabled" if enabled else "not enabled: outputs of sandboxed kernels are not filtered in JupyterLab",
        mend="" if enabled else "jupyter server extension enable jupyter_agents",
    )
    found = get_federated_extensions(jupyter_path("labextensions")).get("jupyter-agents")
    yield Check(
        name="Lab extension",
        state="ok" if found else "note",
        detail=found["ext_path"] if found else "none comes with this version: cells show runs as Markdown",
    )


PARTS: tuple[Callable[[Settings], Iterator[Check]], ...] = (
    _versions,
    _folders,
    _sandbox,
    _kernelspec,
    _model,
    _store,
    _lab,
)
"""All checks, in the order in which they are shown."""
