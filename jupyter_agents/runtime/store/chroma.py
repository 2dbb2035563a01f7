"""chromadb at arm's length: imported late, told everything, its errors as one of ours."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...errors import StoreError
from .loading import load

if TYPE_CHECKING:
    from .embed import Vectors

BATCH = 5_000
"""Vectors a call; chroma takes 5,461."""
SAMPLE = 20


class IndexDamaged(Exception):
    """The index cannot be used as it is; it can be built again from the record. Never reaches a user."""


class ChromaIndex:
    """Vectors of passages in one chroma collection. The passage's number is its id; only vectors are kept."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.held: set[int] = set()
        try:
            self._open(name)
        except IndexDamaged:
            self.close()
            raise

    def _open(self, name: str) -> None:
        with damage():
            self._collection = self._client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
            self.held = {int(id) for id in self._collection.get(include=[])["ids"]}
            self._probe()

    def _probe(self) -> None:
        """Read some vectors back and find one by itself: lost ones show only so."""
        sample = [str(id) for id in list(self.held)[:SAMPLE]]
        if not sample:
            return
        vectors = self._collection.get(ids=sample, include=["embeddings"])["embeddings"]
        if vectors is None or len(vectors) != len(sample) or not self.nearest(vectors[0], 1):
            raise IndexDamaged("vectors are missing")

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add vectors (n, d) of passages; those that are there stay as they are."""
        with damage():
            for start in range(0, len(ids), BATCH):
                part = ids[start : start + BATCH]
                self._collection.add(ids=[str(id) for id in part], embeddings=vectors[start : start + BATCH])
                self.held.update(part)

    def nearest(self, vector: Vectors, k: int) -> list[int]:
        """Up to k passages by cosine, nearest first. vector: (d,)."""
        if not self.held:
            return []
        with damage():
            found = self._collection.query(query_embeddings=[vector], n_results=min(k, len(self.held)), include=[])
        return [int(id) for id in found["ids"][0]]

    def close(self) -> None:
        """Let go of the files or the connection."""
        with contextlib.suppress(IndexDamaged), damage():
            _close(self._client)


def _close(client: Any) -> None:
    """Close a client, and what `close` of chroma 1.5.9 leaves behind if it is one of a server.

    Stopping a system does not close its HTTP session. And the client makes a second one to look up its database:
    `AdminClient.from_system` registers the system under a new id that nothing releases, then makes another system
    with a session of its own. For clients of own files there is nothing to do: they have no session.
    """
    admin, registered = getattr(client, "_admin_client", None), type(client)._identifier_to_system
    mine = registered.get(client._identifier)
    client.close()
    for part in (client, admin):
        session = getattr(getattr(part, "_server", None), "_session", None)
        if session is not None:
            session.close()
            for id in [id for id, system in registered.items() if system is mine]:
                del registered[id]


def local_client(folder: Path) -> Any:
    """A client of an own folder. Raises IndexDamaged."""
    with damage(folder):
        chromadb = load(folder)
        return chromadb.PersistentClient(path=str(folder), settings=_settings(chromadb))


def server_client(url: str) -> Any:
    """A client of a running chroma server. Raises StoreError for a strange URL, IndexDamaged if it is down."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(f"{url!r} is no chroma server; give for instance http://127.0.0.1:8000", url=url)
    secure = parts.scheme == "https"
    with damage():
        chromadb = load(Path("/"))
        port = parts.port or (443 if secure else 80)
        return chromadb.HttpClient(host=parts.hostname, port=port, ssl=secure, settings=_settings(chromadb))


def _settings(chromadb: Any) -> Any:
    """Settings that no `.env` and no telemetry reach."""
    return chromadb.config.Settings(_env_file=None, anonymized_telemetry=False, chroma_otel_collection_endpoint="")


@contextlib.contextmanager
def damage(where: Path | None = None) -> Iterator[None]:
    """Turns whatever chroma, its server or its disk raise into IndexDamaged."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as exc:
        raise IndexDamaged(f"{exc}{f' ({where})' if where else ''}") from exc
    except Exception as exc:
        if not _is_vendors(exc):
            raise
        raise IndexDamaged(str(exc)) from exc


def _is_vendors(exc: Exception) -> bool:
    """Whether chromadb or the HTTP client under it raised this; neither is imported only to find out."""
    chroma, httpx = sys.modules.get("chromadb.errors"), sys.modules.get("httpx")
    return (chroma is not None and isinstance(exc, chroma.ChromaError)) or (
        httpx is not None and isinstance(exc, httpx.HTTPError)
    )
