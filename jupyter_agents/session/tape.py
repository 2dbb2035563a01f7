"""What a journal already holds, by position: a resumed run makes the same calls and is answered from here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import RunDiverged
from ..records import Event

EFFECTS = frozenset({"cell", "cell_removed", "evidence", "paper", "artefact", "adopted"})
"""Kinds of events that change a run's state."""


class Tape:
    """Intents, results and effects of earlier processes of this run, by key.

    Only what still counts: a `rewind` event takes back everything from its `from` on, and an intent that was made
    again takes back the effects of its first try.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self._intents: dict[str, Event] = {}
        self._results: dict[str, Event] = {}
        self._within: dict[str, list[Event]] = {}
        self._notes: set[str] = set()
        self._failed: set[str] = set()
        for event in counting(events):
            if event.kind == "intent":
                self._intents[event.key] = event
            elif event.kind == "result":
                self._results[event.key] = event
            elif event.kind == "note":
                self._notes.add(event.key)
            elif event.kind == "call_failed":
                self._failed.add(event.key)
            if event.kind in EFFECTS | {"branch", "result"}:
                for path in _ancestors(event.key):
                    self._within.setdefault(path, []).append(event)

    def result(self, key: str, what: str, digest: str) -> Event | None:
        """The recorded result of a call, or None where it is new.

        Raises RunDiverged if another call was made at this position.
        """
        intent, result = self._intents.get(key), self._results.get(key)
        for recorded in (intent, result):
            if recorded is not None and (recorded.data["what"], recorded.data["hash"]) != (what, digest):
                raise RunDiverged(
                    f"at {key or 'the start'} this run now asks for something else ({what}) than its journal holds "
                    f"({recorded.data['what']}, seq {recorded.seq}): code, model or sources have changed since; "
                    f"keep what came before and go on from there with `runs resume RUN --from {recorded.seq}`",
                    seq=recorded.seq,
                )
        return result

    def within(self, key: str) -> list[Event]:
        """What the recorded call at this position changed and what was called inside it, in order."""
        return self._within.get(inside(key), [])

    def noted(self, key: str) -> bool:
        """Whether a note was made at this position."""
        return key in self._notes

    def failed(self, intent: Event) -> bool:
        """Whether the call was journalled as failed: it cost nothing and is made again."""
        return intent.key in self._failed

    def in_flight(self) -> list[Event]:
        """Intents without a result: calls that were under way when the run was killed."""
        return [intent for key, intent in self._intents.items() if key not in self._results]


def inside(key: str) -> str:
    """The path of what is called inside the call at this position."""
    path, _, ordinal = key.rpartition(":")
    return f"{path}/{ordinal}a"


def _ancestors(key: str) -> list[str]:
    """The insides of every call that this key belongs to, its own included."""
    parts = key.rpartition(":")[0].split("/")
    paths = ["/".join(parts[: i + 1]) for i in range(len(parts)) if parts[i].endswith("a")]
    return [*paths, inside(key)]


def counting(events: Iterable[Event]) -> Iterator[Event]:
    """The events that still count, in order."""
    kept: list[Event] = []
    tried: set[str] = set()
    for event in events:
        if event.kind == "rewind":
            kept = [e for e in kept if e.seq < int(event.data["from"])]
            tried = {e.key for e in kept if e.kind == "intent"}
        elif event.kind == "intent":
            if event.key in tried:
                kept = [e for e in kept if e.key != event.key or e.kind not in EFFECTS]
            tried.add(event.key)
        kept.append(event)
    return iter(kept)
