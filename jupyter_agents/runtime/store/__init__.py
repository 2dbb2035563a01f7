"""The preprint store: what agents found, for other agents, labs and people to search and cite.

`record.py` is SQLite, the record; `index.py` the chroma index built from it; `embed.py` the embedder that works
offline; `store.py` joins them. Losing the index loses nothing: `rebuild` makes it again.
"""

from __future__ import annotations

from typing import Protocol

from ...records import Preprint, Record


class Hit(Record):
    """One passage of a preprint that answers a query."""

    preprint: str
    version: int
    title: str
    passage: str
    score: float
    """Higher is better; comparable within one answer only."""
    trust: str = "unchecked"
    model: str = ""
    created: str = ""


class Store(Protocol):
    """Preprints, versioned, never deleted."""

    def submit(self, preprint: Preprint, *, key: str) -> Preprint:
        """Put a preprint in; returns it with its id and version. The same `key` twice changes nothing."""
        ...

    def search(self, query: str, *, limit: int = 10, trust: str | None = None) -> list[Hit]:
        """Passages by meaning and by words, fused; withdrawn preprints are left out."""
        ...

    def show(self, id: str, *, version: int | None = None) -> Preprint:
        """One preprint, newest version if none is named. Raises StoreError if there is none."""
        ...

    def withdraw(self, id: str, reason: str) -> Preprint:
        """Mark it withdrawn; it stays readable and says so."""
        ...

    def rebuild(self) -> int:
        """Build the index again from the record; returns the number of passages."""
        ...
