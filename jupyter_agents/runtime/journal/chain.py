"""One line of a journal: an event whose hash covers its bytes and the hash of the line before."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from ...errors import JournalError
from ...records import Event, parse
from .encoding import decode, encode
from .files import write_whole

VERSION = 1
START = "0" * 64
"""What the first line follows."""
BLOB_BYTES = 256 * 1024
"""Data larger than this lies in a file of its own, named by its hash, and the line only points there."""
_MARK = b',"hash":"'
_TAIL = len(_MARK) + 64 + len(b'"}')


class Damage(ValueError):
    """Why a line cannot be believed; whoever reads knows its number and makes the error of it."""


def seal(event: Event, blobs: Path) -> tuple[Event, bytes]:
    """The event with its hash, and its line. Large data are written to `blobs` first, so the line never dangles."""
    data = encode(event.data)
    held = b'"blob":' + encode(_keep(data, blobs)) if len(data) > BLOB_BYTES else b'"data":' + data
    front = encode({"seq": event.seq, "kind": event.kind, "at": event.at})
    back = encode({"key": event.key, "v": event.v, "prev": event.prev})
    body = b",".join([front[:-1], held, back[1:]])
    value = line_hash(event.prev, body)
    sealed = Event(
        seq=event.seq,
        kind=event.kind,
        at=event.at,
        data=event.data,
        key=event.key,
        v=event.v,
        prev=event.prev,
        hash=value,
    )
    return sealed, body[:-1] + _MARK + value.encode() + b'"}\n'


def line_hash(prev: str, body: bytes) -> str:
    """SHA-256 over the previous hash and the line's bytes without its own hash."""
    return hashlib.sha256(prev.encode() + body).hexdigest()


def hash_of(line: bytes) -> str:
    """The hash a line claims, without reading the rest of it."""
    return line[-66:-2].decode("ascii", "replace")


def unseal(line: bytes, *, seq: int, prev: str, blobs: Path) -> Event:
    """The event of a line (without its line end) that must be number `seq` and follow `prev`.

    Raises Damage, or JournalError where a newer version wrote it.
    """
    fields = _fields(line)
    version = fields.get("v")
    if isinstance(version, int) and version > VERSION:
        raise JournalError(
            f"line {seq} of the journal has format {version}, this program reads up to {VERSION}; "
            "upgrade jupyter-agents to open this run",
            line=seq,
            version=version,
        )
    if line[-_TAIL:-66] != _MARK or line_hash(prev, line[:-_TAIL] + b"}") != fields.get("hash"):
        raise Damage(_why(fields, line, seq, prev))
    if fields.get("seq") != seq:
        raise Damage(f"it is numbered {fields.get('seq')}")
    if "blob" in fields:
        fields["data"] = _fetch(str(fields["blob"]), blobs)
    try:
        return parse(fields, Event)
    except msgspec.ValidationError as exc:
        raise Damage(str(exc)) from exc


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields = decode(line)
    except ValueError as exc:
        raise Damage("it is no JSON") from exc
    if not isinstance(fields, dict):
        raise Damage("it is no JSON object")
    return fields


def _why(fields: dict[str, Any], line: bytes, seq: int, prev: str) -> str:
    """In what way a line breaks the chain: another line's place, or other bytes."""
    own = line_hash(str(fields.get("prev")), line[:-_TAIL] + b"}")
    if fields.get("prev") == prev or own != fields.get("hash"):
        return "its text was changed after it was written"
    if fields.get("seq") != seq:
        return f"event {fields.get('seq')} stands in its place"
    return "it does not follow the line before"


def blob_path(sha256: str, blobs: Path) -> Path:
    """Where data of this hash lie."""
    return blobs / f"blob-{sha256}.json"


def _keep(data: bytes, blobs: Path) -> str:
    name = hashlib.sha256(data).hexdigest()
    path = blob_path(name, blobs)
    if not path.exists():
        blobs.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, data)
    return name


def _fetch(sha256: str, blobs: Path) -> Any:
    if len(sha256) != 64 or not sha256.isalnum():
        raise Damage("it points to no file of its own")
    path = blob_path(sha256, blobs)
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise Damage(f"its data are missing: {path.name}") from exc
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Damage(f"its data were changed: {path.name}")
    return decode(data)
