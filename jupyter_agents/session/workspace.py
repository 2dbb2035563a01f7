"""The folder a kernel works in, the kernel itself, and how both come back after a restart.

`inputs/` holds what was placed for the run, untouched by any kernel; `work/` is what the kernel sees. When what a
kernel held in memory is lost, `work/` is laid anew from `inputs/` and the kept cells run again; outputs that then
differ are reported.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..records import Cell, CellResult, Json, digest
from ..runtime.kernel import Kernel, Limits, OnOutput

Start = Callable[[Path], Awaitable[Kernel]]
"""Starts a sandboxed kernel whose one writable folder is given."""
MOVING = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s)\b")
"""Addresses and times, which differ from run to run and mean nothing."""


class Bounded:
    """A run's kernel: every cell within the run's limits, its output shown live, a lost memory noticed."""

    def __init__(self, kernel: Kernel, limits: Limits, lost: Callable[[], None], show: OnOutput) -> None:
        self._kernel = kernel
        self._limits = limits
        self._lost = lost
        self._show = show
        self.workdir = kernel.workdir

    @property
    def starts(self) -> int:
        """How often its process was started."""
        return self._kernel.starts

    async def execute(
        self, code: str, *, cell: str = "", limits: Limits | None = None, on_output: OnOutput | None = None
    ) -> CellResult:
        """Run one cell; see `Kernel.execute`."""
        before = self._kernel.starts
        result = await self._kernel.execute(
            code, cell=cell, limits=limits or self._limits, on_output=on_output or self._show
        )
        if result.status == "died" or self._kernel.starts != before:
            self._lost()
        return result

    async def interrupt(self) -> None:
        """Interrupt the running cell and its children."""
        await self._kernel.interrupt()

    async def restart(self) -> None:
        """A fresh process in the same folder; variables are gone, and that is what was wanted."""
        await self._kernel.restart()

    async def shutdown(self) -> None:
        """End the kernel. Safe to call twice."""
        await self._kernel.shutdown()


class Workspace:
    """The folder and kernel of one line of work."""

    def __init__(
        self, folder: Path, start: Start, limits: Limits, report: Callable[[str, Json], None], show: OnOutput
    ) -> None:
        """Describe a line's folder.

        report: journals an event. show: takes outputs as they arrive.
        """
        self.folder = folder
        self._start = start
        self._limits = limits
        self._report = report
        self._show = show
        self._kernel: Kernel | None = None
        self._lost = False
        self._branches: list[Workspace] = []

    @property
    def work(self) -> Path:
        """What the kernel sees."""
        return self.folder / "work"

    @property
    def inputs(self) -> Path:
        """What was placed for the run."""
        return self.folder / "inputs"

    def lost(self) -> None:
        """Say that what the kernel held in memory is gone: the process is new, or the kernel died."""
        self._lost = True

    async def kernel(self, cells: Sequence[Cell]) -> Kernel:
        """The running kernel; a lost one is started again and the kept cells are run in it."""
        if self._kernel is not None and not self._lost:
            return self._kernel
        if self._kernel is not None:
            await self._kernel.shutdown()
            self._kernel = None
        kept = [cell for cell in cells if cell.kind == "code" and cell.result is not None and cell.result.ok]
        if self._lost:
            self._lay()
        self.work.mkdir(parents=True, exist_ok=True)
        kernel = Bounded(await self._start(self.work), self._limits, self.lost, self._show)
        self._kernel = kernel
        if self._lost and kept:
            await self._rebuild(kernel, kept)
        self._lost = False
        return kernel

    async def fresh(self, name: str) -> Kernel:
        """A new kernel in a fresh folder with the placed inputs and nothing else."""
        folder = self.folder / "clean" / _safe(name)
        _empty(folder)
        folder.mkdir(parents=True)
        if self.inputs.is_dir():
            shutil.copytree(self.inputs, folder, symlinks=True, dirs_exist_ok=True)
        return Bounded(await self._start(folder), self._limits, _nothing, self._show)

    def place(self, name: str, source: Path) -> Path:
        """Copy a file or folder into `inputs/` and `work/` as `name`."""
        relative = Path(name)
        if relative.is_absolute() or ".." in relative.parts or not relative.parts:
            raise InputError(f"{name!r} is no name inside the work folder; use a plain relative one", name=name)
        for root in (self.inputs, self.work):
            target = root / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)
        return self.work / relative

    def at(self, path: str) -> Workspace:
        """The workspace of a branch."""
        branch = Workspace(self._branch_folder(path), self._start, self._limits, self._report, self._show)
        self._branches.append(branch)
        return branch

    def branch(self, path: str) -> None:
        """Lay a branch's folder: what this one holds now is where it starts and what it goes back to."""
        folder = self._branch_folder(path)
        _empty(folder)
        if not self.work.is_dir():  # gone with an earlier process, and no kernel was needed since
            self._lay()
        for part in ("inputs", "work"):
            if self.work.is_dir():
                shutil.copytree(self.work, folder / part, symlinks=True)

    async def adopt(self, branch: Workspace) -> None:
        """Take over a branch's folder; the kernel is started anew when it is next needed."""
        await self.close()
        for part in ("inputs", "work"):
            _empty(self.folder / part)
            if (branch.folder / part).is_dir():
                shutil.copytree(branch.folder / part, self.folder / part, symlinks=True)
        self.lost()

    async def close(self) -> None:
        """End the kernel, and those of branches. Safe to call twice."""
        for branch in self._branches:
            await branch.close()
        if self._kernel is not None:
            await self._kernel.shutdown()
            self._kernel = None

    def _branch_folder(self, path: str) -> Path:
        return self.folder / "branches" / _safe(path)

    def _lay(self) -> None:
        """Make `work/` what it was before any cell ran."""
        _empty(self.work)
        if self.inputs.is_dir():
            shutil.copytree(self.inputs, self.work, symlinks=True)

    async def _rebuild(self, kernel: Kernel, kept: Sequence[Cell]) -> None:
        """Run the kept cells again in order and report which outputs differ."""
        differing = []
        for cell in kept:
            result = await kernel.execute(cell.source, cell=cell.id)
            if cell.result is None or _shown(result) != _shown(cell.result):
                differing.append(cell.id)
        self._report("rebuilt", {"cells": [cell.id for cell in kept], "differing": differing})


def _nothing() -> None:
    """A kernel for one clean run is not rebuilt."""


def _empty(folder: Path) -> None:
    """Remove a folder of ours; a link in its place is removed, never followed."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.is_dir():
        shutil.rmtree(folder)


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "main"


def _shown(result: CellResult) -> str:
    """A hash of what a cell showed, without counts, addresses and times."""
    return digest([result.status, [_still(output) for output in result.outputs]])


def _still(value: Any) -> Any:
    if isinstance(value, str):
        return MOVING.sub("", value)
    if isinstance(value, list):
        return [_still(v) for v in value]
    if isinstance(value, dict):
        return {k: _still(v) for k, v in value.items() if k not in ("execution_count", "image/png")}
    return value
