from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from jupyter_agents.errors import SandboxUnavailable
from jupyter_agents.runtime import kernel as kernel_package
from jupyter_agents.runtime.kernel.sandboxed import SandboxedKernel

SECRET = "sk-decoy-4711"
KERNELSPEC = Path(kernel_package.__file__).parent / "kernelspec"


@pytest.fixture(scope="session", autouse=True)
def private_jupyter_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Kernels started without a run make their work folders under Jupyter's data folder."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("jupyter")
        for name in ("DATA", "RUNTIME", "CONFIG"):
            patch.setenv(f"JUPYTER_{name}_DIR", str(folder / name.lower()))
        shutil.copytree(KERNELSPEC, folder / "installed" / "kernels" / "python3-sandboxed")
        patch.setenv("JUPYTER_PATH", str(folder / "installed"))
        patch.setenv("DECOY_API_KEY", SECRET)  # what must never be found inside
        yield folder


async def start_or_skip(workdir: Path) -> SandboxedKernel:
    try:
        return await SandboxedKernel.start(workdir)
    except SandboxUnavailable as exc:
        pytest.skip(f"no sandbox on this machine: {exc}")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def kernel(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxedKernel]:
    """One kernel for the tests of a module that leave it usable."""
    started = await start_or_skip(tmp_path_factory.mktemp("work"))
    yield started
    await started.shutdown()
