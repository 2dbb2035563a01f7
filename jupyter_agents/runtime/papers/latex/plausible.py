"""Whether a file named `.tex` is LaTeX, or at least text that people wrote."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final

from ....errors import PaperUnreadable

LOOKED_AT: Final = 100_000
"""Characters; what a file is shows at its beginning."""
_COMMAND = re.compile(r"\\(?:[a-zA-Z]{2,}|[\\%&#$_{}()\[\]])")
_MARKUP = re.compile(r"\s*<(?:[?!]|[a-zA-Z][\w:-]*[\s/>])")


def check(text: str, name: str) -> None:
    """Raise PaperUnreadable for binary content, and for JSON, markup and data that hold no LaTeX."""
    head = text[:LOOKED_AT]
    what = _other_than_text(head) or ("" if _COMMAND.search(head) else _other_than_prose(head, text))
    if what:
        raise PaperUnreadable(f"{name} is no LaTeX but {what}; give the paper's own source", path=name, found=what)


def _other_than_text(head: str) -> str:
    strange = sum(
        1 for char in head if unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs") and char not in "\n\t\f"
    )
    # encodings guessed wrong make some such signs, a picture or an archive makes every fourth one
    return "binary data" if strange > 0.05 * len(head) else ""


def _other_than_prose(head: str, text: str) -> str:
    if _MARKUP.match(head):
        return "HTML or XML"
    if head.lstrip()[:1] in ("{", "[") and _is_json(text):
        return "JSON"
    solid = "".join(head.split())
    letters = sum(1 for char in solid if char.isalpha())
    return "data without words" if solid and letters < 0.6 * len(solid) else ""


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
