"""What a step costs that is not the model's: one answer, its tool call, journal, gate and back.

The model answers at once, so everything between two of its requests is ours. Without a disk under the journal fsync
costs nothing; on one, its price is the disk's.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.frame import Row, folder, seconds
from tests.benchmarks.scripted import Instant, between, worked, world

SYNCED = 100
"""Steps on a disk: enough for a median."""


def steps(turns: int, *, on_disk: bool) -> tuple[Instant, float]:
    """A model that timed a run of so many steps, and the seconds that its journal's lines take when merely written."""
    with folder(on_disk=on_disk) as place, world(place) as run:
        model = Instant(turns)
        worked(run, model)
        return model, seconds(lambda: written(run.journal, place / "plain"))


def written(journal: Path, to: Path) -> None:
    """The floor: the same events decoded, encoded and written line by line."""
    with to.open("wb", buffering=0) as file:
        for line in journal.read_bytes().splitlines():
            file.write(json.dumps(json.loads(line), ensure_ascii=False).encode() + b"\n")


def rows(small: bool) -> Iterable[Row]:
    """A step's wall and processor time, whether they grow, and what the disk adds."""
    turns, on_disk = (20, 5) if small else (500, SYNCED)
    model, floor_s = steps(turns, on_disk=False)
    wall, worked_s = between(model.asked)[:turns], between(model.worked)[:turns]
    edge = min(50, turns // 2)
    median_ms = 1e3 * statistics.median(wall)
    synced_ms = 1e3 * statistics.median(between(steps(on_disk, on_disk=True)[0].asked)[:on_disk])
    first, last = (1e3 * statistics.median(part) for part in (worked_s[:edge], worked_s[-edge:]))
    written_ms = 1e3 * floor_s / turns
    return [
        Row("step, without a disk", "ms", median_ms, written_ms, "writing the same events, nothing else", at_most=5),
        Row(f"step, the last {edge} of {turns}, processor time", "ms", last, first, f"the first {edge}", most=1.25),
        Row("step, every reply on the disk", "ms", synced_ms, median_ms, "the same without a disk"),
    ]
