"""Watching a run from outside until it ends, waits, or stands still: the journal read as it grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from ..records import RunState
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.journal import Tail
from ..runtime.journal.live import read_live
from ..runtime.journal.state import Summary, summary
from .progress import Fold, Progress

POLL_S = 0.1
START_S = 20.0
"""How long a run may take until something owns it; importing on a busy machine takes seconds."""
LIVE_CHARS = 1000


@dataclass
class Watch:
    """One look after the other at the same run; each reads only what is new."""

    folder: RunFolder
    fold: Fold = field(init=False)

    def __post_init__(self) -> None:
        self.fold = Fold(self.folder.id, self.folder.read_request(), str(self.folder.path))
        self._tail = Tail(self.folder.journal)
        self._live = ""
        self._live_at = 0
        self._began = time.monotonic()
        self._owned = False

    def look(self) -> Progress:
        """The run as it stands now; a run whose process is gone shows as interrupted. Raises JournalError."""
        seq = self._tail.seq
        for event in self._tail.read():
            self.fold.take(event)
        if self._tail.seq != seq:
            self._live = ""
        deltas, self._live_at = read_live(self.folder.live, self._live_at)
        self._live = (self._live + "".join(d.text for d in deltas if d.kind == "text"))[-LIVE_CHARS:]
        return self._checked(self.fold.progress(self._live))

    def _checked(self, progress: Progress) -> Progress:
        if progress.state not in (RunState.queued, RunState.running):
            return progress
        stands = summary(self.folder)
        if stands.pid:
            self._owned = True
            gone = stands.state is RunState.interrupted
        else:
            gone = self._never_came(stands)
        if not gone:
            return progress
        reason = last_words(self.folder) or "its process is gone"
        return msgspec.structs.replace(progress, state=RunState.interrupted, reason=reason)  # type: ignore[type-var]

    def _never_came(self, stands: Summary) -> bool:
        """Nobody owns it: it has just ended and the next look will tell, or its process never got that far."""
        if self._owned and stands.state in (RunState.queued, RunState.running):
            return stands.events == self._tail.seq
        return time.monotonic() - self._began > START_S


def watch(folder: RunFolder, *, poll_s: float = POLL_S) -> Iterator[Progress]:
    """Every change until the run has ended, is interrupted, or is paused and its process let go.

    Also gives the run while it waits for an answer, again and again, so that the caller may answer it.
    """
    eye, before = Watch(folder), None
    while True:
        now = eye.look()
        if now != before or now.question is not None:
            yield now
        if now.ended or now.state is RunState.interrupted:
            return
        before = now
        time.sleep(poll_s)


def last_words(folder: RunFolder) -> str:
    """The last line that a run's process wrote before it went, if any."""
    try:
        lines = (folder.path / "process.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:500] if lines else ""
