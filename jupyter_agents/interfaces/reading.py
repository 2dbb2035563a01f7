"""The preprint store for people: search, show, submit, withdraw."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..errors import InputError
from ..records import Preprint, Record, changed, digest, dump, parse
from ..runtime.store import Hit
from ..session.services import open_store
from ..settings import Settings
from .views import printable, shorten

LARGEST = 50 * 1000 * 1000
"""Bytes of a preprint's file."""


class Hits(Record):
    """What `store search` prints."""

    query: str
    hits: tuple[Hit, ...]


def search(settings: Settings, query: str, limit: int, trust: str | None) -> Hits:
    """Passages of preprints that answer a query, best first."""
    return Hits(query=query, hits=tuple(open_store(settings).search(query, limit=limit, trust=trust)))


def hits_text(hits: Hits) -> str:
    """Passages for a terminal."""
    if not hits.hits:
        return f"nothing in the store about {hits.query!r}"
    blocks = [
        f"{hit.preprint} v{hit.version} · {hit.trust} · {hit.title}\n    {shorten(' '.join(hit.passage.split()), 300)}"
        for hit in hits.hits
    ]
    return printable("\n".join(blocks))


def submit(settings: Settings, file: str) -> Preprint:
    """Put a preprint's JSON file in; the same content twice changes nothing. Raises InputError, StoreError."""
    path = Path(file).expanduser()
    if not path.is_file():
        raise InputError(f"there is no file {path}; `jupyter agents store show ID --json` prints one")
    if path.stat().st_size > LARGEST:
        raise InputError(f"{path} has over {LARGEST / 1e6:.0f} MB; a preprint is a report, leave data out")
    try:
        content = msgspec.json.decode(path.read_bytes())
        preprint = parse(content, Preprint)
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise InputError(f"{path} is no preprint: {exc}; `jupyter agents schema preprint` says what it holds") from exc
    # trust is given by an independent reproduction only, never by who hands a preprint in
    clean = changed(preprint, trust="unchecked", withdrawn="")
    return open_store(settings).submit(clean, key=f"file:{digest(dump(clean))}")


def withdraw(settings: Settings, id: str, reason: str) -> str:
    """Mark a preprint withdrawn. Raises StoreError."""
    withdrawn = open_store(settings).withdraw(id, reason)
    return f"{withdrawn.id} is withdrawn; it stays readable and says why"


def rebuild(settings: Settings) -> str:
    """Build the index again."""
    return f"the index is built again from {open_store(settings).rebuild()} passages"
