"""Who holds the index: takes it, fills it from the record and makes it anew, as disks and other processes allow."""

from __future__ import annotations

import functools
import hashlib
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .chroma import IndexDamaged
from .disk import filesystem, shared
from .index import Label, LocalIndex, ServerIndex
from .record import SqliteRecord

if TYPE_CHECKING:
    from .embed import Vectors

CHURN = 0.10
"""Share of the index that may be superseded or withdrawn before it is built again."""
SMALL = 200
"""Passages below which churn does not matter."""
STEP = 5_000
"""Vectors read from the record at a time."""


class IndexHolder:
    """A process's hold on the index of a record, if it can get one. Opens nothing until asked for neighbours.

    folder: where chroma's files go; None finds a place. server: URL of a chroma server instead. say: takes what a
    user should know.
    """

    def __init__(self, record: SqliteRecord, *, folder: Path | None, server: str, say: Callable[[str], None]) -> None:
        self._record = record
        self._set_folder = folder
        self._server = server
        self._say = say
        self._index: LocalIndex | ServerIndex | None = None
        self._high = 0

    @property
    def kind(self) -> str:
        """`chroma`, `chroma server` or `not open`."""
        return {LocalIndex: "chroma", ServerIndex: "chroma server"}.get(type(self._index), "not open")

    @property
    def held(self) -> int:
        """Number of passages in the index; 0 while it is not open."""
        return len(self._index.held) if self._index is not None else 0

    def close(self) -> None:
        """Let another process hold it; asking again takes it again."""
        if self._index is not None:
            self._index.close()
        self._index = None
        self._high = 0

    def nearest(self, vector: Vectors, many: int) -> list[int] | None:
        """Up to `many` standing passages, nearest first; None where this process has no index to ask."""
        self.catch_up()
        if self._index is None:
            return None
        try:
            return self._standing_near(self._index, vector, many)
        except IndexDamaged as exc:
            self._drop(exc)
            return None

    def _standing_near(self, index: LocalIndex | ServerIndex, vector: Vectors, many: int) -> list[int]:
        """Ask for more until enough of what comes is neither superseded nor withdrawn."""
        k = many
        while True:
            found = index.nearest(vector, k)
            standing = self._record.details(found)
            if len(standing) >= many or k >= len(index.held):
                return [id for id in found if id in standing][:many]
            k *= 4

    def catch_up(self, *, if_open: bool = False) -> None:
        """Bring the index to the record's state if this process may write it; a damaged one is made anew.

        if_open: leave it alone where this process has not opened it yet; the next search will.
        """
        if if_open and self._index is None:
            return
        for _ in range(2):
            try:
                self._open()
                if self._index is not None:
                    self._fill(self._index)
                return
            except IndexDamaged as exc:
                self._drop(exc)
        self._say("the search index cannot be used here; search reads the record's vectors instead")

    def _label(self) -> Label:
        meta = self._record.meta
        return Label(store=meta("id"), embedder=meta("embedder"), epoch=meta("epoch"))

    def _open(self) -> None:
        label = self._label()
        if self._index is not None and self._index.label != label:
            self._index.renew(label)
            self._high = 0
        if self._index is None:
            self._high = 0
            if self._server:
                self._index = ServerIndex(self._server, label)
            elif self._folder is not None:
                self._index = self._take(self._folder, label)
            if self._index is not None:
                self._say(self._index.news)

    def _take(self, folder: Path, label: Label) -> LocalIndex | None:
        """The index under its lock, if no other process holds it; says so if it once was there and is gone."""
        index = LocalIndex.take(folder, label)
        mark = f"index on {platform.node()} in {folder.resolve()}"
        if index is not None and not self._record.meta(mark):
            self._record.set_meta(mark, "made")
        elif index is not None and index.fresh and not index.news:
            self._say("the search index was gone and is built again from the record")
        return index

    @functools.cached_property
    def _folder(self) -> Path | None:
        """Where this machine keeps the index: as set, beside the record, or in the cache; never on a network disk."""
        from platformdirs import user_cache_path

        if self._set_folder is not None:
            return self._set_folder
        record = self._record.path
        name = hashlib.sha256(str(record.resolve()).encode()).hexdigest()[:16]
        for folder in (record.parent / "index", user_cache_path("jupyter_agents") / "index" / name):
            at = next(parent for parent in folder.parents if parent.exists())
            if not shared(filesystem(at)):
                return folder
        self._say("no local disk for the search index was found; name one in the settings to search faster")
        return None

    def _fill(self, index: LocalIndex | ServerIndex) -> None:
        import numpy as np

        newest = self._record.last_vector()
        if newest == self._high:
            return
        if self._high == 0 and self._churned(index):
            index.renew(index.label)
        standing = self._record.standing(index.label.embedder, self._high)
        missing = [id for id in standing if id not in index.held]
        for start in range(0, len(missing), STEP):
            stored = self._record.vectors(index.label.embedder, missing[start : start + STEP])
            matrix = np.stack([np.frombuffer(data, np.float32) for data in stored.values()])
            index.add(list(stored), matrix)
        self._high = newest

    def _churned(self, index: LocalIndex | ServerIndex) -> bool:
        """Whether much of it is superseded or withdrawn: chroma loses sight of neighbours when those are deleted."""
        dead = len(index.held.difference(self._record.standing(index.label.embedder)))
        return len(index.held) > SMALL and dead > CHURN * len(index.held)

    def _drop(self, reason: IndexDamaged) -> None:
        self._say(f"the search index failed ({reason}) and is built again from the record")
        if self._index is not None:
            self._index.close()
            self._index = None
