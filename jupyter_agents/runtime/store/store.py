"""The store: what a user opens. The record first, then vectors, then the index; search takes what is there."""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import platform
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import EmbedderMismatch, MissingExtra, StoreError, UnknownName
from ...records import Preprint, Verdict
from . import Hit, Reproduction, Submission
from .chroma import IndexDamaged
from .disk import filesystem, shared
from .embed import Embedder, embedder
from .index import Label, LocalIndex, ServerIndex
from .passages import context
from .record import SqliteRecord
from .search import fuse, terms
from .trust import TRUSTS

if TYPE_CHECKING:
    from .embed import Vectors

CANDIDATES = 50
"""Passages each side brings at least."""
BATCH = 64
"""Passages embedded between two commits, and at most those a search embeds for others before it answers."""
CHURN = 0.10
"""Share of the index that may be superseded or withdrawn before it is built again."""
SMALL = 200
"""Passages below which churn does not matter."""
log = logging.getLogger(__name__)


class PreprintStore:
    """The preprint store of a folder. Opens nothing until first used; safe among threads and processes.

    folder: holds `preprints.sqlite`. index: where chroma's files go, on this machine; by default beside the record,
    or in the user's cache folder if the record lies on a network disk. server: URL of a chroma server instead of own
    files. model: folder with `model.onnx` and `tokenizer.json` instead of the bundled embedder; after a change,
    `rebuild`.
    """

    def __init__(
        self, folder: Path, *, index: Path | None = None, server: str = "", model: Path | Embedder | None = None
    ) -> None:
        self.path = folder / "preprints.sqlite"
        self._index_folder = index
        self._server = server
        self._model = model
        self._notices: list[str] = []
        self._turn = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        self._owner = os.getpid()
        self._opened: SqliteRecord | None = None
        self._embedder: Embedder | None = None
        self._index: LocalIndex | ServerIndex | None = None
        self._embedded_to = 0
        self._high = 0
        self._exact: tuple[int, list[int], Vectors] | None = None

    @property
    def _record(self) -> SqliteRecord:
        if self._owner != os.getpid():  # a fork: SQLite and chroma must not be carried over
            self._turn = threading.RLock()
            self._forget()
        if self._opened is None:
            self._opened = SqliteRecord(self.path)
        return self._opened

    def close(self) -> None:
        """Close the files and let another process hold the index; using the store opens them again."""
        with self._turn:
            if self._index is not None:
                self._index.close()
            if self._opened is not None:
                self._opened.close()
            self._forget()

    def notices(self) -> list[str]:
        """What a user should know since last asked, for instance that the index was built again; each once."""
        with self._turn:
            said, self._notices = self._notices, []
            return said

    def _say(self, notice: str) -> None:
        if notice and notice not in self._notices:
            self._notices.append(notice)
            log.warning("%s", notice)

    # what people and agents do

    def submit(self, preprint: Preprint, *, key: str) -> Preprint:
        """See `Store.submit`. Once it returns the preprint is safe; vectors that could not be made are made later."""
        with self._turn:
            stored = self._record.submit(preprint, key)
            try:
                self._embed_missing(limit=None)
                if self._index is not None:
                    self._catch_up()
            except (StoreError, MissingExtra) as exc:
                self._say(f"{stored.id} is stored but not yet found by meaning: {exc}")
            return stored

    def show(self, id: str, *, version: int | None = None) -> Preprint:
        """See `Store.show`."""
        with self._turn:
            return self._record.show(id, version)

    def withdraw(self, id: str, reason: str) -> Preprint:
        """See `Store.withdraw`."""
        with self._turn:
            return self._record.withdraw(id, reason)

    def set_trust(self, id: str, verdicts: Sequence[Verdict], by_run: str, *, version: int | None = None) -> Preprint:
        """See `Store.set_trust`."""
        with self._turn:
            return self._record.set_trust(id, verdicts, by_run, version)

    def submissions(self, id: str) -> list[Submission]:
        """Every time a run put this preprint in, oldest first."""
        with self._turn:
            return self._record.submissions(id)

    def reproductions(self, id: str, *, version: int | None = None) -> list[Reproduction]:
        """What independent runs said of it, oldest first."""
        with self._turn:
            return self._record.reproductions(id, version)

    def check(self) -> None:
        """Read the whole record through. Raises StoreUnreadable naming the first damage."""
        with self._turn:
            self._record.check()

    def search(self, query: str, *, limit: int = 10, trust: str | None = None) -> list[Hit]:
        """See `Store.search`; one hit for each preprint, its newest version. Nothing found is an empty list.

        Raises EmbedderMismatch if the vectors were made by another model, UnknownName for an unknown trust status.
        """
        if trust is not None and trust not in TRUSTS:
            raise UnknownName("trust status", trust, TRUSTS)
        if limit < 1:
            raise StoreError(f"ask for at least one preprint, not {limit}", limit=limit)
        words = terms(query)
        if not words:
            return []
        with self._turn:
            many = max(CANDIDATES, 5 * limit)
            by_words = dict(self._record.with_words(words, many, trust))
            by_meaning = self._by_meaning(query, by_words, many, trust)
            rows = self._record.details({*by_words, *by_meaning})
            return fuse(by_words, self._record.covered(words, rows), by_meaning, rows)[:limit]

    def rebuild(self) -> int:
        """See `Store.rebuild`. Also adopts another embedder. Every machine's index follows at its next search."""
        with self._turn:
            model = self._model_in_use()
            self._record.mend_words()
            self._record.new_epoch(embedder=model.sha256, embedder_name=model.name)
            self._record.forget_embedders_but(model.sha256)
            self._embedded_to = 0
            self._embed_missing(limit=None)
            self._catch_up()
            return len(self._record.standing(model.sha256))

    def status(self) -> dict[str, int | str]:
        """Counts of the record, what the index holds and how search works now, for `doctor`."""
        with self._turn:
            found: dict[str, int | str] = dict(self._record.counts())
            kind = {LocalIndex: "chroma", ServerIndex: "chroma server"}.get(type(self._index), "not open")
            return found | {
                "indexed": len(self._index.held) if self._index is not None else 0,
                "index": kind,
                "embedder": self._record.meta("embedder_name"),
            }

    # search by meaning

    def _model_in_use(self) -> Embedder:
        if self._embedder is None:
            given = self._model
            self._embedder = embedder(given) if given is None or isinstance(given, Path) else given
        return self._embedder

    def _checked_model(self) -> Embedder:
        model = self._model_in_use()
        if not self._record.adopt(model.sha256, model.name):
            theirs = self._record.meta("embedder_name")
            raise EmbedderMismatch(
                f"the store's vectors were made by {theirs}, the embedder set here is {model.name}; "
                "run `jupyter agents store rebuild`, or set the embedder back",
                stored=theirs,
                given=model.name,
            )
        return model

    def _embed_missing(self, limit: int | None) -> None:
        """Vectors for passages without one; in steps, so that a kill loses one step at most."""
        model = self._checked_model()
        newest = self._record.last_passage()
        done = 0
        while newest != self._embedded_to and (limit is None or done < limit):
            rows = self._record.unembedded(model.sha256, BATCH)
            if not rows:
                self._embedded_to = newest
                return
            vectors = model.embed([context(row.title, row.section, row.text) for row in rows])
            self._record.embed(model.sha256, [row.passage for row in rows], vectors)
            done += len(rows)

    def _by_meaning(self, query: str, also: dict[int, float], many: int, trust: str | None) -> dict[int, float]:
        """Cosine of the nearest passages and of `also`, by passage; empty where no embedder is installed."""
        import numpy as np

        try:
            model = self._checked_model()
        except MissingExtra as exc:
            self._say(f"search by words only: {exc}")
            return {}
        self._embed_missing(limit=BATCH)
        vector = model.embed([query])[0]
        near = self._nearest(vector, many, trust)
        stored = self._record.vectors(model.sha256, {*near, *also})
        return {id: float(np.frombuffer(data, np.float32) @ vector) for id, data in stored.items()}

    def _nearest(self, vector: Vectors, many: int, trust: str | None) -> list[int]:
        """Nearest standing passages: from the index, or exactly from the record where there is none or a filter."""
        if trust is None:
            self._catch_up()
            if self._index is not None:
                try:
                    return self._standing_near(self._index, vector, many)
                except IndexDamaged as exc:
                    self._drop_index(exc)
        return self._exactly(vector, many, trust)

    def _standing_near(self, index: LocalIndex | ServerIndex, vector: Vectors, many: int) -> list[int]:
        """Ask for more until enough of what comes is neither superseded nor withdrawn."""
        k = many
        while True:
            found = index.nearest(vector, k)
            standing = self._record.details(found)
            if len(standing) >= many or k >= len(index.held):
                return [id for id in found if id in standing][:many]
            k *= 4

    def _exactly(self, vector: Vectors, many: int, trust: str | None) -> list[int]:
        import numpy as np

        newest = self._record.last_vector()
        if trust is not None or self._exact is None or self._exact[0] != newest:
            rows = self._record.all_vectors(self._model_in_use().sha256, trust)
            matrix = np.frombuffer(b"".join(data for _, data in rows), np.float32).reshape(len(rows), len(vector))
            loaded = (newest, [id for id, _ in rows], matrix)
            if trust is None:
                self._exact = loaded
        else:
            loaded = self._exact
        _, ids, matrix = loaded
        best = np.argsort(-(matrix @ vector), kind="stable")[: 4 * many]
        found = [ids[i] for i in best]
        standing = self._record.details(found)
        return [id for id in found if id in standing][:many]

    # the index

    def _label(self) -> Label:
        meta = self._record.meta
        return Label(store=meta("id"), embedder=meta("embedder"), epoch=meta("epoch"))

    def _catch_up(self) -> None:
        """Bring the index to the record's state if this process may write it; a damaged one is made anew."""
        for _ in range(2):
            try:
                self._open_index()
                if self._index is not None:
                    self._fill(self._index)
                return
            except IndexDamaged as exc:
                self._drop_index(exc)
        self._say("the search index cannot be used here; search reads the record's vectors instead")

    def _open_index(self) -> None:
        label = self._label()
        if self._index is not None and self._index.label != label:
            self._index.renew(label)
            self._high = 0
        if self._index is None:
            self._high = 0
            if self._server:
                self._index = ServerIndex(self._server, label)
            elif self._local_folder is not None:
                self._index = self._take(self._local_folder, label)
            if self._index is not None:
                self._exact = None
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
    def _local_folder(self) -> Path | None:
        """Where this machine keeps the index: as set, beside the record, or in the cache; never on a network disk."""
        from platformdirs import user_cache_path

        if self._index_folder is not None:
            return self._index_folder
        name = hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:16]
        for folder in (self.path.parent / "index", user_cache_path("jupyter_agents") / "index" / name):
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
        for start in range(0, len(missing), 5_000):
            stored = self._record.vectors(index.label.embedder, missing[start : start + 5_000])
            matrix = np.stack([np.frombuffer(data, np.float32) for data in stored.values()])
            index.add(list(stored), matrix)
        self._high = newest

    def _churned(self, index: LocalIndex | ServerIndex) -> bool:
        """Whether much of it is superseded or withdrawn: chroma loses sight of neighbours when those are deleted."""
        dead = len(index.held.difference(self._record.standing(index.label.embedder)))
        return len(index.held) > SMALL and dead > CHURN * len(index.held)

    def _drop_index(self, reason: IndexDamaged) -> None:
        self._say(f"the search index failed ({reason}) and is built again from the record")
        if self._index is not None:
            self._index.close()
            self._index = None
