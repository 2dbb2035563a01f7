"""Kernels that run what models and strangers wrote: sandboxed, bounded, and gone when their owner is.

`provisioner.py` starts any installed Python kernelspec inside a sandbox, for JupyterLab, nbclient, papermill
and us alike; `sandboxed.py` holds our own client, with budgets for time and output; `readback.py` reads files
beneath a folder without following links; `values.py` is what `claim`, `metric` and `predictions` are inside;
`probe.py` says what this machine can do. The README lists what they are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from ...records import CellResult, Json, Record

OnOutput = Callable[[Json], None]
"""Called with each nbformat output as it arrives; must not block."""


class SandboxPolicy(Record):
    """What a sandboxed kernel may see and use. Carried by a kernelspec or a run, never by a notebook."""

    mode: Literal["sandbox", "restricted"] = "sandbox"
    """`restricted`: Landlock and seccomp without namespaces; only ever by a person's explicit setting."""
    workdir: str = ""
    """The one writable folder; empty: a fresh one."""
    read_only: tuple[str, ...] = ()
    """Data folders and files that are readable."""
    memory_bytes: int = 4 << 30
    """For the kernel and all its children together."""
    processes: int = 256
    cpu_s: int = 0
    """CPU seconds a process may use; 0: no limit."""
    file_bytes: int = 1 << 30
    """The largest file."""
    disk_bytes: int = 4 << 30
    """All files under the work folder together."""
    open_files: int = 1024
    gpu: bool = False


class Limits(Record):
    """Bounds of one cell."""

    cell_s: float = 300.0
    output_bytes: int = 1 << 20
    """Kept of one cell's outputs, half of it from the head and half from the tail."""
    interrupt_s: float = 5.0
    """How long an interrupted cell may take to stop before the kernel is restarted."""


class Kernel(Protocol):
    """One running kernel, owned by whoever started it."""

    workdir: Path

    @property
    def starts(self) -> int:
        """How often its process was started; where it rises during a cell, variables are gone."""
        ...

    async def execute(
        self, code: str, *, cell: str = "", limits: Limits | None = None, on_output: OnOutput | None = None
    ) -> CellResult:
        """Run one cell and wait for it.

        `cell` is the id that values shown by `claim`, `metric` and `predictions` will carry. A cell over its
        time is interrupted, then the kernel restarted; a dead kernel gives status `died`, never an exception.
        When the awaiting task is cancelled the cell is interrupted first.
        """
        ...

    async def interrupt(self) -> None:
        """Interrupt the running cell and its children."""
        ...

    async def restart(self) -> None:
        """A fresh process in the same folder; variables are gone."""
        ...

    async def shutdown(self) -> None:
        """End the kernel and everything in its sandbox. Safe to call twice."""
        ...
