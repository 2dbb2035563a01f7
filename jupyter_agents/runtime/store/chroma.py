"""chromadb at arm's length: imported late, told everything, its errors as one of ours."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...errors import StoreError
from .embed import silence_telemetry

if TYPE_CHECKING:
    from .embed import Vectors

BATCH = 5_000
"""Vectors a call; chroma takes 5,461."""
SAMPLE = 20
_CLONE_FS = 0x200


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
            self._client.close()
        with contextlib.suppress(IndexDamaged), damage():
            _close_connections(self._client)


def _close_connections(client: Any) -> None:
    """End the HTTP connections that chroma 1.5.9 leaves open, unless another client in this process shares them."""
    session = getattr(getattr(client, "_server", None), "_session", None)
    if session is not None and client._identifier not in type(client)._identifier_to_system:
        session.close()


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


def load(aside: Path) -> Any:
    """Import chromadb. It reads `.env` in the working folder while it loads; a foreign one can break it.

    If there is one, it is imported in a thread whose own working folder is `aside`; the process's stays. Where the
    system does not allow that it reads the file, of which nothing reaches our clients (see `_settings`).
    """
    silence_telemetry()
    if "chromadb" not in sys.modules and sys.platform == "linux" and Path(".env").exists():
        thread = threading.Thread(target=_import_elsewhere, args=(aside,))
        thread.start()
        thread.join()
    import chromadb
    import chromadb.config

    return chromadb


def _import_elsewhere(folder: Path) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_FS) == 0:
        os.chdir(folder)
        with contextlib.suppress(ValueError, OSError, ImportError):  # the plain import that follows reports it
            import chromadb  # noqa: F401
