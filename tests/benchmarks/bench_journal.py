"""What an event costs: appended with and without fsync, over a plain write of the same line; and reading it all."""

from __future__ import annotations

import io
import json
import os
import statistics
from collections.abc import Iterable
from pathlib import Path

from jupyter_agents.runtime.journal.journal import Journal, read, verify
from tests.benchmarks.frame import Row, folder, seconds

DATA = {"text": "x" * 300, "usage": {"input_tokens": 1200, "output_tokens": 80, "usd": 0.004}}


def appended_us(journal: Path, plain: Path, times: int, *, synced: bool) -> tuple[list[float], list[float]]:
    """Each event through a journal, and the floor: as many bytes written to an open file, in turn."""
    taken, floor = [], []
    with Journal.open(journal) as into, plain.open("ab", buffering=0) as file:
        for _ in range(times):
            taken.append(1e6 * seconds(lambda: into.append("reply", DATA, key="/:1", durable=synced)))
            floor.append(1e6 * seconds(lambda: written(file, synced=synced)))
    return taken, floor


def written(file: io.FileIO, *, synced: bool) -> None:
    """One line of an event's length."""
    file.write(b"x" * 560 + b"\n")
    if synced:
        os.fsync(file.fileno())


def parsed(path: Path) -> None:
    """The floor of reading: every line as JSON."""
    for line in path.read_bytes().splitlines():
        json.loads(line)


def rows(small: bool) -> Iterable[Row]:
    """Appending, its growth, and the ways to read a whole journal."""
    events = 200 if small else 10_000
    few, tenth = max(50, events // 50), events // 10
    with folder() as place:
        path = place / "journal.jsonl"
        taken, floor = appended_us(path, place / "plain", events, synced=False)
        synced, floor_synced = appended_us(place / "synced.jsonl", place / "plain-synced", few, synced=True)
        parse_s, read_s = seconds(lambda: parsed(path)), seconds(lambda: list(read(path)))
        verify_s, open_s = seconds(lambda: verify(path)), seconds(lambda: Journal.open(path).close())
    append_us, write_us, synced_us, write_synced_us, first, last = map(
        statistics.median, (taken, floor, synced, floor_synced, taken[:tenth], taken[-tenth:])
    )
    against, all_of_it = "every line as JSON", f"journal, {events:,} events"
    return [
        Row("journal: append", "µs", append_us, write_us, "a plain write of as many bytes"),
        Row("journal: append, on the disk", "µs", synced_us, write_synced_us, "the same with fsync", most=1.5),
        Row(f"journal: the last {tenth:,} of {events:,}", "µs", last, first, f"the first {tenth:,}", most=1.25),
        *(
            Row(f"{all_of_it}: {what}", "s", taken_s, parse_s, against)
            for what, taken_s in (("read", read_s), ("verify", verify_s), ("open to write", open_s))
        ),
    ]
