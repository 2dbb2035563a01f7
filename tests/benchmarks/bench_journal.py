"""What an event costs: appended with and without fsync, over a plain write of the same line.

Run: python -m tests.benchmarks.bench_journal [EVENTS]
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from jupyter_agents.runtime.journal.journal import Journal, read, verify

_DATA = {"text": "x" * 300, "usage": {"input_tokens": 1200, "output_tokens": 80, "usd": 0.004}}


def each(times: int, act: Callable[[], object]) -> list[float]:
    """Microseconds of each call."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        took.append((time.perf_counter() - start) * 1e6)
    return took


def plain(folder: Path, times: int, *, synced: bool) -> list[float]:
    """The floor: the same number of bytes written to an open file."""
    with (folder / f"plain-{synced}").open("ab", buffering=0) as file:

        def act() -> None:
            file.write(b"x" * 560 + b"\n")
            if synced:
                os.fsync(file.fileno())

        return each(times, act)


def appended(path: Path, times: int, *, synced: bool) -> list[float]:
    """The same through a journal."""
    with Journal.open(path) as journal:
        return each(times, lambda: journal.append("reply", _DATA, key="/:1", durable=synced))


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def measure(folder: Path, events: int) -> dict[str, float]:
    """Medians in microseconds, ratios to the plain write, seconds to read everything back."""
    few = max(50, events // 50)
    path = folder / "journal.jsonl"
    buffered = appended(path, events, synced=False)
    tenth = max(1, events // 10)
    write, write_synced = (statistics.median(plain(folder, few, synced=synced)) for synced in (False, True))
    append = statistics.median(buffered)
    append_synced = statistics.median(appended(folder / "synced.jsonl", few, synced=True))
    return {
        "events": events,
        "append_us": append,
        "append_over_write": append / write,
        "last_tenth_over_first": statistics.median(buffered[-tenth:]) / statistics.median(buffered[:tenth]),
        "durable_append_us": append_synced,
        "durable_append_over_write": append_synced / write_synced,
        "read_s": seconds(lambda: list(read(path))),
        "verify_s": seconds(lambda: verify(path)),
        "open_s": seconds(lambda: Journal.open(path).close()),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    print(json.dumps({key: round(value, 3) for key, value in found.items()}, indent=2))
