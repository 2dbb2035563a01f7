"""What every benchmark gives, rows, and the one table they are printed in.

A figure alone says more about the machine than about us, so each row stands beside a baseline that was measured in
the same run, where there is one. Nothing here is asserted: an aim that is missed is marked in the table.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

MEMORY = Path("/dev/shm")
"""A folder without a disk, where fsync costs nothing."""


@dataclass(frozen=True)
class Row:
    """One figure of ours, beside what it is compared with."""

    what: str
    unit: str
    ours: float
    baseline: float | None = None
    against: str = ""
    """What the baseline is."""
    most: float | None = None
    """Aim: the largest ratio."""
    at_most: float | None = None
    """Aim: the largest figure of ours."""

    @property
    def ratio(self) -> float | None:
        """How many times the baseline; None without one."""
        return self.ours / self.baseline if self.baseline else None

    @property
    def missed(self) -> bool:
        """Whether an aim is missed."""
        over = self.ratio is not None and self.most is not None and self.ratio > self.most
        return over or (self.at_most is not None and self.ours > self.at_most)

    @property
    def aim(self) -> str:
        """The aim in words, empty where there is none."""
        if self.most is not None:
            return f"≤ {self.most:g} ×"
        return f"≤ {self.at_most:g} {self.unit}" if self.at_most is not None else ""


@dataclass(frozen=True)
class Missing:
    """A benchmark that could not be made here, and why."""

    what: str
    why: str


Bench = Callable[[bool], Iterable[Row]]
"""What `rows` of each `bench_*.py` is; asked for its smallest size, it takes seconds and its figures mean nothing."""


def seconds(act: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def median_s(act: Callable[[int], object], times: int) -> float:
    """Median wall time of so many calls, which are given their number."""
    return statistics.median(seconds(partial(act, number)) for number in range(times))


@contextmanager
def folder(*, on_disk: bool = True) -> Iterator[Path]:
    """A folder for one measurement; without a disk under it where the system has such a place."""
    with TemporaryDirectory(dir=None if on_disk or not MEMORY.is_dir() else MEMORY) as name:
        yield Path(name)


def machine() -> str:
    """What the figures were measured on: they mean nothing without."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{system}, {os.cpu_count()} cores, load {load}"


HEAD = ("", "ours", "baseline", "ratio", "aim", "against")


def line(row: Row | Missing) -> tuple[str, ...]:
    """One row of the table, column by column."""
    if isinstance(row, Missing):
        return (row.what, "not measured", "", "", "", row.why)
    baseline = "" if row.baseline is None else f"{number(row.baseline)} {row.unit}"
    ratio = "" if row.ratio is None else f"{number(row.ratio)} ×"
    aim = row.aim + (" missed" if row.missed else "")
    return (row.what, f"{number(row.ours)} {row.unit}", baseline, ratio, aim, row.against)


def number(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows: Iterable[Row | Missing]) -> str:
    """All rows, the columns of figures to the right."""
    lines = [HEAD, *map(line, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]

    def padded(cells: tuple[str, ...]) -> str:
        sides = ("<", ">", ">", ">", "<", "<")
        return "  ".join(f"{c:{side}{w}}" for c, side, w in zip(cells, sides, widths, strict=True)).rstrip()

    return "\n".join(map(padded, lines))
