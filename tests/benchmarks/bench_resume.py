"""A run of many steps that was killed just before its end: how long until it stands where it stood, and its memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.journal import read
from jupyter_agents.runtime.journal.state import summary
from jupyter_agents.session.state import project
from tests.benchmarks.frame import Row, folder, seconds
from tests.benchmarks.scripted import Instant, worked, world

CHILD = """
import json, sys
from tests.benchmarks.bench_resume import grown
print(json.dumps(grown(int(sys.argv[1]))))
"""


def killed(run: RunFolder, into: Path) -> RunFolder:
    """A copy of an ended run as a kill just before its end would have left it."""
    copy = RunFolder(into / run.id)
    shutil.copytree(run.path, copy.path, ignore=shutil.ignore_patterns("journal.*", "run.lock*"))
    lines = run.journal.read_bytes().splitlines(keepends=True)
    end = next(i for i, line in enumerate(lines) if json.loads(line)["kind"] == "ending")
    copy.journal.write_bytes(b"".join(lines[:end]))
    return copy


def resident() -> int:
    """Bytes of memory this process has."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def grown(turns: int) -> tuple[int, int]:
    """By how many bytes a process has grown after a run, and the bytes of its journal. Wants a process of its own."""
    with folder(on_disk=False) as place:
        with world(place / "first") as run:
            worked(run, Instant(5))
        before = resident()
        with world(place / "second") as run:
            worked(run, Instant(turns))
            return resident() - before, run.journal.stat().st_size


def rows(small: bool) -> Iterable[Row]:
    """Resume beside the run itself, what a view pays for the same journal, and memory."""
    turns = 20 if small else 1000
    with folder(on_disk=False) as place, world(place) as run:
        run_s = worked(run, Instant(turns))
        copy, nobody = killed(run, place / "again"), Instant(turns)
        read_s = seconds(lambda: list(read(copy.journal)))
        view_s = seconds(lambda: project(read(run.journal)))
        list_s = seconds(lambda: summary(run))
        resume_s = worked(copy, nobody)
        if nobody.asked:
            raise RuntimeError(f"a journalled reply was asked for again, {len(nobody.asked)} times")
    child = subprocess.run([sys.executable, "-c", CHILD, str(turns)], capture_output=True, text=True, check=True)
    grown_bytes, journal_bytes = json.loads(child.stdout)
    run_of = f"a run of {turns:,} steps"
    mb = 2**20
    return [
        Row(f"resume {run_of}", "s", resume_s, run_s, "making it, the model's time left out", most=1),
        Row("… a step of it", "ms", 1e3 * resume_s / turns, 1e3 * run_s / turns, "making the step", at_most=5),
        Row("… as a view projects it", "s", view_s, read_s, "reading its journal alone"),
        Row("… as `runs list` sums it up first", "s", list_s, read_s, "reading its journal alone"),
        Row(f"memory of {run_of}", "MB", grown_bytes / mb, journal_bytes / mb, "its journal on the disk"),
    ]
