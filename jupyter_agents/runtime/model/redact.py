"""Secrets that are known by value are taken out of whatever enters a conversation, a journal or a message."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Callable, Iterable
from typing import Any

MARK = "[redacted]"
SHORTEST = 6
"""Characters; anything shorter would take ordinary words along."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, also where they are quoted for URLs or JSON, or in base64."""
    return _without(text, _forms(secrets))


def redact_json(value: Any, secrets: Iterable[str]) -> Any:
    """The same JSON value with every text in it redacted, names of fields included."""
    known = tuple(secrets)
    if isinstance(value, str):
        return redact(value, known)
    if isinstance(value, dict):
        return {redact(str(name), known): redact_json(part, known) for name, part in value.items()}
    return [redact_json(part, known) for part in value] if isinstance(value, list | tuple) else value


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that redacts these secrets; what a `Conversation` takes."""
    forms = _forms(secrets)  # once: a journal passes every text of every event through here
    return lambda text: _without(text, forms)


def _without(text: str, forms: Iterable[str]) -> str:
    for form in forms:
        text = text.replace(form, MARK)
    return text


def _forms(secrets: Iterable[str]) -> list[str]:
    """Every spelling of the secrets, the longest first."""
    forms: set[str] = set()
    for secret in (found.strip() for found in secrets):
        if len(secret) >= SHORTEST:
            encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
            forms |= {secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1], encoded}
    return sorted(forms, key=len, reverse=True)
