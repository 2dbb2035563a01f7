"""What search and the index ask of the record: passages, words and vectors."""

from __future__ import annotations

import collections
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ...records import Record
from .database import BUSY_S, connect, sentences, transaction

if TYPE_CHECKING:
    from .embed import Vectors

CHUNK = 500
"""Values bound to one statement; old SQLite versions take 999."""


class PassageRow(Record):
    """A passage of a standing preprint's newest version."""

    passage: int
    preprint: str
    version: int
    title: str
    section: str
    text: str
    trust: str
    model: str
    created: str


class Catalogue:
    """The reading side of one SQLite file, and the vectors kept in it.

    wait_s: how long a write waits for another process's before StoreLocked.
    """

    def __init__(self, path: Path, wait_s: float = BUSY_S) -> None:
        self.path = path
        self._connection = connect(path, wait_s)

    def close(self) -> None:
        """Close the file; the record stays."""
        self._connection.close()

    def _all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with sentences(self.path):
            return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def meta(self, key: str) -> str:
        """A word about the record itself: `id`, `epoch`, `embedder`, `embedder_name`; empty where unset."""
        row = self._one("SELECT value FROM meta WHERE key = ?", key)
        return str(row[0]) if row else ""

    def set_meta(self, key: str, value: str) -> None:
        """Keep such a word."""
        with sentences(self.path), transaction(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def new_epoch(self, **values: str) -> None:
        """Say that every index of this record is out of date, and what holds from now on."""
        with sentences(self.path), transaction(self._connection):
            values["epoch"] = str(int(self.meta("epoch")) + 1)
            self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def adopt(self, embedder: str, name: str) -> bool:
        """Make this the record's embedder if it has none yet; whether it is the record's now."""
        if not self.meta("embedder"):
            with sentences(self.path), transaction(self._connection):
                rows = [("embedder", embedder), ("embedder_name", name)]
                self._connection.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", rows)
        return self.meta("embedder") == embedder

    def unembedded(self, embedder: str, limit: int) -> list[PassageRow]:
        """Passages of standing preprints that have no vector yet, oldest first."""
        return self._passages(
            "WHERE NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.embedder = ? AND e.passage = live.passage) "
            "ORDER BY passage LIMIT ?",
            embedder,
            limit,
        )

    def _passages(self, where: str, *values: object) -> list[PassageRow]:
        return [PassageRow(**dict(row)) for row in self._all(f"SELECT * FROM live {where}", *values)]  # noqa: S608

    def embed(self, embedder: str, ids: Sequence[int], vectors: Vectors) -> None:
        """Keep vectors (n, d) of passages; those another process kept meanwhile stay."""
        rows = [(i, embedder, vector.tobytes()) for i, vector in zip(ids, vectors, strict=True)]
        with sentences(self.path), transaction(self._connection):
            self._connection.executemany(
                "INSERT OR IGNORE INTO embeddings(passage, embedder, vector) VALUES (?, ?, ?)", rows
            )

    def forget_embedders_but(self, embedder: str) -> None:
        """Drop the vectors of other embedders; they can be computed again."""
        with sentences(self.path), transaction(self._connection):
            self._connection.execute("DELETE FROM embeddings WHERE embedder <> ?", (embedder,))

    def mend_words(self) -> None:
        """Build the keyword index again from the passages."""
        with sentences(self.path), transaction(self._connection):
            self._connection.execute("INSERT INTO words(words) VALUES ('rebuild')")

    def standing(self, embedder: str, after: int = 0) -> list[int]:
        """Passages of standing preprints that have a vector numbered above `after`, in the order they got it."""
        rows = self._all(
            "SELECT e.passage FROM embeddings e JOIN live USING (passage) WHERE e.embedder = ? AND e.seq > ? "
            "ORDER BY e.seq",
            embedder,
            after,
        )
        return [row[0] for row in rows]

    def last_passage(self) -> int:
        """Number of the newest passage; it only grows, in the order of commits."""
        row = self._one("SELECT coalesce(max(id), 0) FROM passages")
        return int(row[0]) if row else 0

    def last_vector(self) -> int:
        """Number of the newest vector; it only grows, in the order of commits."""
        row = self._one("SELECT coalesce(max(seq), 0) FROM embeddings")
        return int(row[0]) if row else 0

    def vectors(self, embedder: str, ids: Iterable[int]) -> dict[int, bytes]:
        """float32 vectors of passages, as bytes; those without one are left out."""
        found: dict[int, bytes] = {}
        wanted = list(ids)
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            sql = f"SELECT passage, vector FROM embeddings WHERE embedder = ? AND passage IN ({marks})"  # noqa: S608
            found.update((row[0], row[1]) for row in self._all(sql, embedder, *chunk))
        return found

    def all_vectors(self, embedder: str, trust: str | None) -> list[tuple[int, bytes]]:
        """Passage and vector of everything standing, of one trust status if it is named."""
        rows = self._all(
            "SELECT e.passage, e.vector FROM embeddings e JOIN live USING (passage) "
            "WHERE e.embedder = ? AND live.trust = coalesce(?, live.trust)",
            embedder,
            trust,
        )
        return [(row[0], row[1]) for row in rows]

    def with_words(self, terms: Sequence[str], limit: int, trust: str | None) -> list[tuple[int, float]]:
        """Passages with any of these terms (quoted for FTS5), with BM25 (higher is better), best first."""
        rows = self._all(
            "SELECT live.passage, -bm25(words) AS score FROM words JOIN live ON live.passage = words.rowid "
            "WHERE words MATCH ? AND live.trust = coalesce(?, live.trust) ORDER BY score DESC LIMIT ?",
            " OR ".join(terms),
            trust,
            limit,
        )
        return [(row[0], row[1]) for row in rows]

    def covered(self, terms: Sequence[str], ids: Iterable[int]) -> dict[int, float]:
        """Which share of the terms each passage holds, 0 to 1; those with none are left out."""
        among = msgspec.json.encode(list(ids)).decode()
        found: collections.Counter[int] = collections.Counter()
        for term in terms:
            sql = "SELECT rowid FROM words WHERE words MATCH ? AND rowid IN (SELECT value FROM json_each(?))"
            found.update(row[0] for row in self._all(sql, term, among))
        return {id: count / len(terms) for id, count in found.items()}

    def details(self, ids: Iterable[int]) -> dict[int, PassageRow]:
        """Passages of standing preprints by id; others are left out."""
        found: dict[int, PassageRow] = {}
        wanted = list(ids)
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            found.update((p.passage, p) for p in self._passages(f"WHERE passage IN ({marks})", *chunk))
        return found

    def counts(self) -> dict[str, int]:
        """How many preprints, versions, passages and vectors the record holds, withdrawn ones included."""
        tables = ("preprints", "versions", "passages", "embeddings")
        return {t: int(self._all(f"SELECT count(*) FROM {t}")[0][0]) for t in tables}  # noqa: S608
