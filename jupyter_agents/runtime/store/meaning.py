"""Search by meaning: the vectors of a record's passages, and the nearest of them to a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import EmbedderMismatch, MissingExtra
from .embed import Embedder, embedder
from .holder import IndexHolder
from .passages import context
from .record import SqliteRecord

if TYPE_CHECKING:
    from .embed import Vectors

BATCH = 64
"""Passages embedded between two commits, and at most those a search embeds for others before it answers."""


class Meaning:
    """A record's passages by what they mean.

    model: folder of an embedder or the embedder itself; None is the bundled one. say: takes what a user should know.
    """

    def __init__(
        self, record: SqliteRecord, model: Path | Embedder | None, index: IndexHolder, say: Callable[[str], None]
    ) -> None:
        self._record = record
        self._given = model
        self._index = index
        self._say = say
        self._model: Embedder | None = None
        self._embedded_to = 0
        self._exact: tuple[int, list[int], Vectors] | None = None

    @property
    def model(self) -> Embedder:
        """The embedder set here, loaded. Raises StoreError, MissingExtra where it cannot be."""
        if self._model is None:
            given = self._given
            self._model = embedder(given) if given is None or isinstance(given, Path) else given
        return self._model

    def _checked_model(self) -> Embedder:
        model = self.model
        if not self._record.adopt(model.sha256, model.name):
            theirs = self._record.meta("embedder_name")
            raise EmbedderMismatch(
                f"the store's vectors were made by {theirs}, the embedder set here is {model.name}; "
                "run `jupyter agents store rebuild`, or set the embedder back",
                stored=theirs,
                given=model.name,
            )
        return model

    def take_in(self) -> None:
        """Make the vectors that are missing. An index that is open follows; one that is not, waits for a search."""
        self._embed_missing(limit=None)
        self._index.catch_up(if_open=True)

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

    def rebuild(self) -> int:
        """Adopt the embedder set here, make what is missing, and the index anew; returns the passages standing."""
        model = self.model
        self._record.new_epoch(embedder=model.sha256, embedder_name=model.name)
        self._record.forget_embedders_but(model.sha256)
        self._embedded_to = 0
        self._embed_missing(limit=None)
        self._index.catch_up()
        return len(self._record.standing(model.sha256))

    def alike(self, query: str, also: Mapping[int, float], many: int, trust: str | None) -> dict[int, float]:
        """Cosine to a query of the nearest passages and of `also`; empty where no embedder is installed."""
        import numpy as np

        try:
            model = self._checked_model()
        except MissingExtra as exc:
            self._say(f"search by words only: {exc}")
            return {}
        self._embed_missing(limit=BATCH)
        vector = model.embed([query])[0]
        near = self.nearest(vector, many, trust)
        stored = self._record.vectors(model.sha256, {*near, *also})
        return {id: float(np.frombuffer(data, np.float32) @ vector) for id, data in stored.items()}

    def nearest(self, vector: Vectors, many: int, trust: str | None = None) -> list[int]:
        """Nearest standing passages: from the index, or exactly from the record where there is none or a filter."""
        near = self._index.nearest(vector, many) if trust is None else None
        if near is None:
            return self._exactly(vector, many, trust)
        self._exact = None  # the index answers now; the copy in memory can go
        return near

    def _exactly(self, vector: Vectors, many: int, trust: str | None) -> list[int]:
        import numpy as np

        newest = self._record.last_vector()
        if trust is not None or self._exact is None or self._exact[0] != newest:
            rows = self._record.all_vectors(self.model.sha256, trust)
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
