"""Words from papers, models and outputs inside our Markdown: shown as they are, never obeyed.

Escaped are emphasis, code, links, pictures, HTML, tables, maths, headings, lists, and the addresses and mentions
that GitHub turns into links by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#$!])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAK = re.compile(r"\s*[\r\n\u0085\u2028\u2029]+\s*")
_LINK = re.compile(r"(?i)(:)(?=//)|(?<=\bwww)(\.)|(?<=mailto)(:)|(?<=xmpp)(:)|(@)")
_START = re.compile(r"^(\d{0,9})(?=[-+](?:\s|$)|--|=|[.)](?:\s|$))")
"""What would begin a list, a rule or a heading's underline; `-0.5` does not."""


def escape(text: str) -> str:
    """One line of Markdown that shows exactly this text; line breaks become spaces.

    Characters that turn the direction of writing or control a terminal are dropped.
    """
    line = _BREAK.sub(" ", _CONTROL.sub("", text)).strip()
    line = line.replace("&", "&amp;")
    line = _SPECIAL.sub(r"\\\1", line)
    line = _LINK.sub(lambda m: f"&#{ord(m[0])};", line)
    return _START.sub(r"\1\\", line)


def code(text: str) -> str:
    """Text as a code span that also stands in a table; runs of back-ticks inside are outrun."""
    line = _BREAK.sub(" ", _CONTROL.sub("", text)).replace("|", "¦").strip()
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line else ""


def block_quote(text: str) -> str:
    """Text as a block quote, paragraph by paragraph."""
    paragraphs = [escape(part) for part in re.split(r"\n\s*\n", text.strip())]
    return "\n>\n".join(f"> {part}" for part in paragraphs if part)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already (escape what is not ours). Short rows are filled with empty cells."""
    width = len(header)
    lines = [header, ["---"] * width, *([*row, *[""] * width][:width] for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("\n", " ") for cell in line) + " |" for line in lines)
