"""The index on this machine: one chroma folder per generation, one writer under a file lock, always rebuildable."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ...records import Record, dumps
from .chroma import ChromaIndex, IndexDamaged, damage, local_client, server_client

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from .embed import Vectors

COLLECTION = "passages"


class Label(Record):
    """What an index is built from; one with another label is out of date."""

    store: str
    """Id of the record."""
    embedder: str
    """SHA-256 of the model."""
    epoch: str
    """Grows with each `rebuild` of the record, on whichever machine."""


class Seal(Record):
    """The state a generation was left in: chroma crashes the process on vector files that changed under it."""

    label: Label
    files: dict[str, tuple[int, int]]
    """Size and modification time (ns) of each vector file."""
    passages: int


class LocalIndex:
    """A generation of the index, held under the writer's lock until `close`."""

    def __init__(self, folder: Path, label: Label, lock: BaseFileLock) -> None:
        self.label = label
        self.news = ""
        """What a user should know about how it was opened; empty if all was well."""
        self.fresh = False
        """Whether it was made empty just now."""
        self._folder = folder
        self._lock = lock
        try:
            self._index = self._open_current()
        except IndexDamaged as exc:
            if self._current():
                self.news = f"the search index was damaged or out of date ({exc}) and is built again from the record"
            self._index = self._open_new()

    @classmethod
    def take(cls, folder: Path, label: Label) -> LocalIndex | None:
        """The index of a folder, or None while another process holds it. Raises IndexDamaged if it cannot be made."""
        from filelock import FileLock, Timeout

        with damage(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / "writer.lock", thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                return None
            try:
                return cls(folder, label, lock)
            except BaseException:
                lock.release()
                raise

    def _current(self) -> str:
        try:
            return (self._folder / "current").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    @property
    def _generation(self) -> Path:
        return self._folder / self._current()

    def _open_current(self) -> ChromaIndex:
        """Open only what was left as sealed: damaged vector files end the process, not the query."""
        name = self._current()
        if not name or not (self._folder / name).is_dir():
            raise IndexDamaged("it is not there")
        try:
            seal = msgspec.json.decode((self._generation / "seal.json").read_bytes(), type=Seal)
        except (OSError, msgspec.ValidationError, msgspec.DecodeError) as exc:
            raise IndexDamaged("it was not closed while being written") from exc
        if seal.label != self.label:
            raise IndexDamaged("the record was rebuilt, or is another one")
        if seal.files != _vector_files(self._generation):
            raise IndexDamaged("its files have changed")
        return self._open(self._generation, seal.passages)

    def _open(self, generation: Path, passages: int) -> ChromaIndex:
        index = ChromaIndex(local_client(generation), COLLECTION)
        if len(index.held) != passages:
            index.close()
            raise IndexDamaged(f"it holds {len(index.held)} of {passages} passages")
        self._seal(generation, passages)  # the first query after an opening touches the vector files
        return index

    def _open_new(self) -> ChromaIndex:
        """An empty generation in a fresh folder: chroma keeps what it once opened at a path."""
        name = f"g-{uuid.uuid4().hex[:12]}"
        with damage(self._folder):
            for old in self._folder.glob("g-*"):
                shutil.rmtree(old, ignore_errors=True)
            generation = self._folder / name
            generation.mkdir()
            index = self._open(generation, 0)
            _write(self._folder / "current", name)
        self.fresh = True
        return index

    def _seal(self, generation: Path, passages: int) -> None:
        with damage(generation):
            seal = Seal(label=self.label, files=_vector_files(generation), passages=passages)
            _write(generation / "seal.json", dumps(seal))

    @property
    def held(self) -> set[int]:
        """Passages in it."""
        return self._index.held

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """See ChromaIndex.add. Killed in between, the generation stays unsealed and is built again."""
        with damage(self._generation):
            (self._generation / "seal.json").unlink(missing_ok=True)
        self._index.add(ids, vectors)
        self._seal(self._generation, len(self._index.held))

    def nearest(self, vector: Vectors, k: int) -> list[int]:
        """See ChromaIndex.nearest."""
        return self._index.nearest(vector, k)

    def renew(self, label: Label) -> None:
        """Start again, empty, under a new label."""
        self._index.close()
        self.label = label
        self._index = self._open_new()

    def close(self) -> None:
        """Close the files and let another process write."""
        self._index.close()
        self._lock.release()


class ServerIndex(ChromaIndex):
    """The index on a chroma server, which takes writers in turn: no lock."""

    def __init__(self, url: str, label: Label) -> None:
        self.label = label
        self.news = ""
        self._url = url
        self._start(label)

    def _start(self, label: Label) -> None:
        mine = f"jupyter-agents-{label.store[:12]}"
        name = f"{mine}-{label.embedder[:12]}-{label.epoch}"
        client = server_client(self._url)
        super().__init__(client, name)
        with damage():
            for other in client.list_collections():
                if other.name.startswith(mine) and other.name != name:
                    client.delete_collection(other.name)

    def renew(self, label: Label) -> None:
        """Start again, empty, under a new label."""
        self.close()
        self.label = label
        self._start(label)


def _vector_files(generation: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for path in sorted(generation.glob("*/*")):
        status = path.stat()
        found[str(path.relative_to(generation))] = (status.st_size, status.st_mtime_ns)
    return found


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(path)
