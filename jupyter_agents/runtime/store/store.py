"""The store: what a user opens. The record first, then what it means; search fuses words and meaning."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from ...errors import MissingExtra, StoreError, UnknownName
from ...records import Preprint, Verdict
from . import Hit, Reproduction, Submission
from .embed import Embedder
from .holder import IndexHolder
from .meaning import Meaning
from .record import SqliteRecord
from .search import fuse, terms
from .trust import TRUSTS

CANDIDATES = 50
"""Passages each side brings at least."""
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
        self._parts: tuple[SqliteRecord, IndexHolder, Meaning] | None = None

    def _open(self) -> tuple[SqliteRecord, IndexHolder, Meaning]:
        if self._owner != os.getpid():  # a fork: SQLite and chroma must not be carried over
            self._turn = threading.RLock()
            self._forget()
        if self._parts is None:
            record = SqliteRecord(self.path)
            index = IndexHolder(record, folder=self._index_folder, server=self._server, say=self._say)
            self._parts = record, index, Meaning(record, self._model, index, self._say)
        return self._parts

    @property
    def _record(self) -> SqliteRecord:
        return self._open()[0]

    @property
    def _meaning(self) -> Meaning:
        return self._open()[2]

    def close(self) -> None:
        """Close the files and let another process hold the index; using the store opens them again."""
        with self._turn:
            if self._parts is not None and self._owner == os.getpid():
                record, index, _ = self._parts
                index.close()
                record.close()
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

    def submit(self, preprint: Preprint, *, key: str) -> Preprint:
        """See `Store.submit`. Once it returns the preprint is safe; vectors that could not be made are made later."""
        with self._turn:
            stored = self._record.submit(preprint, key)
            try:
                self._meaning.take_in()
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
            by_meaning = self._meaning.alike(query, by_words, many, trust)
            rows = self._record.details({*by_words, *by_meaning})
            return fuse(by_words, self._record.covered(words, rows), by_meaning, rows)[:limit]

    def rebuild(self) -> int:
        """See `Store.rebuild`. Also adopts another embedder. Every machine's index follows at its next search."""
        with self._turn:
            self._record.mend_words()
            return self._meaning.rebuild()

    def status(self) -> dict[str, int | str]:
        """Counts of the record, what the index holds and how search works now, for `doctor`."""
        with self._turn:
            record, index, _ = self._open()
            return {
                **record.counts(),
                "indexed": index.held,
                "index": index.kind,
                "embedder": record.meta("embedder_name"),
            }
