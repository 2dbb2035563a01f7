"""Sandboxed beside plain kernels: from the call to the first cell, and a cell's round trip.

The same interpreter, command and client for both, in turn, so that a busy machine slows both.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterable
from pathlib import Path

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from jupyter_agents.runtime.kernel import SandboxPolicy
from jupyter_agents.runtime.kernel.specs import kernel_manager, own_kernelspec
from tests.benchmarks.frame import Row, folder


class PlainSpecs(KernelSpecManager):
    """The same interpreter and command, without a sandbox."""

    def get_kernel_spec(self, kernel_name: str):  # type: ignore[no-untyped-def]
        """The one kernelspec that there is."""
        return own_kernelspec()


async def measured(manager: AsyncKernelManager, place: Path, cells: int) -> tuple[float, float]:
    """Seconds from the call to the end of the first cell, and the median seconds of one more."""
    began = time.perf_counter()
    await manager.start_kernel(cwd=str(place))
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        await executed(client)
        started_s = time.perf_counter() - began
        cell_s = statistics.median([await executed(client) for _ in range(cells)])
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    return started_s, cell_s


async def executed(client: AsyncKernelClient) -> float:
    """Seconds of one cell's round trip."""
    began = time.perf_counter()
    await client.execute_interactive("1 + 1", timeout=30, output_hook=lambda message: None)
    return time.perf_counter() - began


async def compared(rounds: int, cells: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Plain kernels and sandboxed ones."""
    plain, boxed = [], []
    for _ in range(rounds):
        with folder() as place:
            manager = AsyncKernelManager(kernel_name="plain", kernel_spec_manager=PlainSpecs())
            plain.append(await measured(manager, place, cells))
            sandboxed = kernel_manager(SandboxPolicy(workdir=str(place)))
            boxed.append(await measured(sandboxed, place, cells))
    return plain, boxed


def rows(small: bool) -> Iterable[Row]:
    """Medians of both."""
    plain, boxed = asyncio.run(compared(*((1, 3) if small else (7, 100))))
    aims = (("sandboxed kernel: start to first cell", 1.15), ("sandboxed kernel: a cell", 1.05))
    for column, (what, most) in enumerate(aims):
        ours, baseline = (1e3 * statistics.median(pair[column] for pair in kind) for kind in (boxed, plain))
        yield Row(what, "ms", ours, baseline, "the same kernel without a sandbox", most=most)
