"""Watching a run from outside until it ends, waits, or stands still: the journal read as it grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..records import RunState, changed
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.journal import Tail, read
from ..runtime.journal.live import read_live
from ..runtime.journal.state import Summary, summary
from ..session.tape import counting
from .progress import Fold, Progress

POLL_S = 0.1
START_S = 60.0
"""How long a run may take until something owns it; importing on a busy machine takes seconds."""
SILENT_S = 5.0
"""How long where its process has written last words already."""
LIVE_CHARS = 1000


@dataclass
class Watch:
    """One look after the other at the same run; each reads only what is new."""

    folder: RunFolder
    after: int = 0
    """What the run was told up to this event is past: it has been resumed since."""
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
            if event.kind == "rewind":
                self._begin_again(event.seq)
            else:
                self.fold.take(event)
        if self._tail.seq != seq:
            self._live = ""
        deltas, self._live_at = read_live(self.folder.live, self._live_at)
        self._live = (self._live + "".join(d.text for d in deltas if d.kind == "text"))[-LIVE_CHARS:]
        return self._checked(self.fold.progress(self._live))

    def _begin_again(self, seq: int) -> None:
        """Some of what happened no longer counts; what it has cost still does."""
        cost = self.fold.cost
        self.fold = Fold(self.fold.run, self.fold.request, self.fold.folder)
        for event in counting(e for e in read(self.folder.journal) if e.seq <= seq):
            self.fold.take(event)
        self.fold.cost = cost

    def stands_still(self, progress: Progress) -> bool:
        """Whether nothing will happen until a person does something, answering a question aside."""
        if progress.state is RunState.interrupted:
            return True
        if progress.seq <= self.after:
            return False
        return progress.ended or progress.state is RunState.paused

    def _checked(self, progress: Progress) -> Progress:
        past = progress.seq <= self.after
        if not past and progress.state not in (RunState.queued, RunState.running, RunState.waiting):
            return progress
        stands = summary(self.folder)
        self._owned = self._owned or (stands.pid > 0 and stands.state is not RunState.interrupted)
        if not self._gone(stands):
            return progress
        if progress.state is RunState.waiting and not past:
            return progress  # let go after a while, in good order: an answer and `runs resume` go on
        reason = last_words(self.folder) or "its process is gone"
        return changed(progress, state=RunState.interrupted, reason=reason)

    def _gone(self, stands: Summary) -> bool:
        """Whether nobody works on it: a dead owner, an owner who left, or one who never came."""
        if stands.events != self._tail.seq:
            return False  # the next look will tell
        if stands.pid and stands.state is not RunState.interrupted:
            return False
        patience_s = SILENT_S if last_words(self.folder) else START_S
        return self._owned or time.monotonic() - self._began > patience_s


def watch(folder: RunFolder, *, after: int = 0, poll_s: float = POLL_S) -> Iterator[Progress]:
    """Every change until the run has ended, is interrupted or paused.

    Also gives the run while it waits for an answer, again and again, so that the caller may answer it or leave.
    """
    eye, before = Watch(folder, after), None
    while True:
        now = eye.look()
        if now != before or now.question is not None:
            yield now
        if eye.stands_still(now):
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
