"""N runs at a time on one machine, without a daemon: each working run holds one of N lock files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from ...errors import InputError
from .guard import try_lock

_POLL_S = 0.2


class Slot:
    """Leave to work; free again when released or when its process ends, however it ends."""

    def __init__(self, number: int, descriptor: int) -> None:
        self.number = number
        """Counted from 0."""
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next one work. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Slot:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


async def wait_for_slot(folder: Path, n: int, on_wait: Callable[[], None] | None = None) -> Slot:
    """One of `n` slots, as soon as one is free; nothing is held while waiting, so it may be cancelled.

    on_wait: called once if none is free at first. Whoever asks next after one is freed gets it: there is no queue.
    """
    if n < 1:
        raise InputError(f"{n} runs at a time would never start one; set it to 1 or more", n=n)
    told = on_wait is None
    while (slot := _free(folder, n)) is None:
        if not told and on_wait is not None:
            on_wait()
            told = True
        await asyncio.sleep(_POLL_S)
    return slot


def _free(folder: Path, n: int) -> Slot | None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in range(n):
        descriptor = try_lock(folder / f"slot-{number}")
        if descriptor is not None:
            return Slot(number, descriptor)
    return None
