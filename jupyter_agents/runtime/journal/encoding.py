"""JSON that takes any text a run may meet: other scripts, lone surrogates, NaN."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...errors import JournalError
from ...records import dump


def encode(value: object) -> bytes:
    """One line of compact JSON in UTF-8, without the line's end.

    Lone surrogates come out as escapes and come back as they were; NaN and infinities stand as Python writes them.
    Raises JournalError for what JSON cannot hold.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        try:
            return text.encode()
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as exc:
        raise JournalError(f"this cannot be written as JSON: {exc}; give records, texts, numbers or lists") from exc


def decode(data: bytes) -> Any:
    """The value again. Raises ValueError if it is no JSON."""
    try:
        return json.loads(data.decode())
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def plain(value: object, redact: Callable[[str], str] | None = None) -> Any:
    """What `decode(encode(value))` will give, with every text passed through `redact`, keys of objects too."""
    try:
        return _walk(dump(value), redact or str)
    except (TypeError, ValueError, RecursionError) as exc:
        raise JournalError(f"this cannot be written as JSON: {exc}; give records, texts, numbers or lists") from exc


def _walk(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return _joined(redact(value))
    if isinstance(value, dict):
        return {_joined(redact(str(key))): _walk(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, redact) for item in value]
    return value


def _joined(text: str) -> str:
    """Two surrogates side by side as the one character that JSON makes of them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text
