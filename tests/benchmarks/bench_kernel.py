"""Sandboxed ÷ plain kernel: start to the first cell, and a cell's round trip.

`python -m tests.benchmarks.bench_kernel [ROUNDS]` prints one table: medians of interleaved runs, by the same
client. Aims: start at most 1.15 ×, cell at most 1.05 ×.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from jupyter_agents.runtime.kernel import SandboxPolicy
from jupyter_agents.runtime.kernel.specs import kernel_manager, own_kernelspec

CELLS = 100
AIMS = {"start": 1.15, "cell": 1.05}


class PlainSpecs(KernelSpecManager):
    """The same interpreter and command, without a sandbox."""

    def get_kernel_spec(self, kernel_name: str):  # type: ignore[no-untyped-def]
        """The one kernelspec that there is."""
        return own_kernelspec()


async def measure(manager: AsyncKernelManager, folder: Path) -> tuple[float, float]:
    """Seconds from the call to the end of the first cell, and the median seconds of one more."""
    began = time.perf_counter()
    await manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        await execute(client)
        started = time.perf_counter() - began
        cells = [await execute(client) for _ in range(CELLS)]
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    return started, statistics.median(cells)


async def execute(client: AsyncKernelClient) -> float:
    began = time.perf_counter()
    await client.execute_interactive("1 + 1", timeout=30, output_hook=lambda message: None)
    return time.perf_counter() - began


async def compare(rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Plain and sandboxed kernels in turn, so that a busy machine slows both."""
    found: dict[str, list[tuple[float, float]]] = {"plain": [], "sandboxed": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            plain = AsyncKernelManager(kernel_name="plain", kernel_spec_manager=PlainSpecs())
            found["plain"].append(await measure(plain, folder))
            boxed = kernel_manager(SandboxPolicy(workdir=name))
            found["sandboxed"].append(await measure(boxed, folder))
    return found


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    found = asyncio.run(compare(rounds))
    print(f"{'':8}{'plain ms':>12}{'sandboxed ms':>14}{'ratio':>8}{'aim':>7}   ({rounds} rounds)")
    for column, what in enumerate(AIMS):
        plain, boxed = (
            statistics.median(pair[column] for pair in found[kind]) * 1000 for kind in ("plain", "sandboxed")
        )
        print(f"{what:8}{plain:12.1f}{boxed:14.1f}{boxed / plain:8.2f}{AIMS[what]:7.2f}")


if __name__ == "__main__":
    main()
