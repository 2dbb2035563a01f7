"""A notebook as a model reads it: what is where, what changed in full, what came out in short. Always the same text
for the same cells, so that it can be cached and replayed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ...records import Cell, CellResult, Json
from .draft import joined

OUTPUT_CHARS = 3000
"""Kept of one cell's outputs, two thirds from the head and one from the tail."""
FRAMES = 3
"""Kept of a traceback, counted from the exception."""
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$", re.MULTILINE)
_VALUE = "application/vnd.jupyter-agents.value+json"


def compact(cells: Sequence[Cell], *, changed: Collection[str] | None = None, output_chars: int = OUTPUT_CHARS) -> str:
    """The view of a notebook: outline, cells named in `changed` in full, the others as one line each.

    changed: ids; None shows every cell in full. output_chars: bound for each cell's outputs.
    """
    full = {cell.id for cell in cells} if changed is None else set(changed)
    counted = f"{len(cells)} cells" + ("" if changed is None else f", {len(full & {c.id for c in cells})} changed")
    parts = [f"Notebook: {counted}"]
    outline = list(_outline(cells))
    if outline:
        parts += ["Outline:", *outline]
    parts.append("Cells:")
    for number, cell in enumerate(cells, 1):
        parts.append(_full(number, cell, output_chars) if cell.id in full else _line(number, cell))
    return "\n".join(parts) + "\n"


def _outline(cells: Sequence[Cell]) -> Iterator[str]:
    for cell in cells:
        if cell.kind == "markdown":
            for match in _HEADING.finditer(cell.source):
                yield f"{'  ' * len(match[1])}{match[2]} [{cell.id}]"


def _line(number: int, cell: Cell) -> str:
    lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
    first = lines[0] if lines else "(empty)"
    more = f" … {len(lines)} lines" if len(lines) > 1 else ""
    return f"{number}. [{cell.id}] {_state(cell)}: {shorten(first, 80, tail=0)}{more}"


def _state(cell: Cell) -> str:
    words = [cell.kind, *(f"#{tag}" for tag in cell.tags)]
    if cell.kind == "code":
        words.append(_ended(cell.result) if cell.result else "not run")
    return " ".join(words)


def _ended(result: CellResult) -> str:
    return f"{result.status} {result.error_name}".strip()


def _full(number: int, cell: Cell, output_chars: int) -> str:
    parts = [f"{number}. [{cell.id}] {_state(cell)}, in full", cell.source.rstrip("\n")]
    if cell.result is not None:
        shown = outputs(cell.result, output_chars)
        parts += ["--- output", shown] if shown else ["--- no output"]
    return "\n".join([*parts, "---"])


def outputs(result: CellResult, limit: int = OUTPUT_CHARS) -> str:
    """What came out of a cell, head and tail of it; pictures as marks, errors with their last frames.

    An error is never cut away: it is shown after the bounded rest, within a bound of its own.
    """
    texts = [text for output in result.outputs if output.get("output_type") != "error" for text in _texts(output)]
    parts = [shorten("\n".join(text.rstrip("\n") for text in texts), limit)] if texts else []
    errors = [_error(o) for o in result.outputs if o.get("output_type") == "error"]
    if not errors and not result.ok:
        errors = [f"{result.error_name}: {result.error_value}" if result.error_name else f"(cell {result.status})"]
    parts += [shorten(text, max(limit, 400), tail=max(limit, 400) * 2 // 3) for text in errors]
    if result.dropped_bytes:
        parts.append(f"({result.dropped_bytes} more bytes were not kept)")
    return "\n".join(parts)


def _texts(output: Json) -> Iterator[str]:
    if output.get("output_type") == "stream":
        name = "" if output.get("name") != "stderr" else "(stderr) "
        yield name + plain(joined(output.get("text", "")))
        return
    data = output.get("data")
    if not isinstance(data, dict):
        return
    if isinstance(data.get(_VALUE), dict):
        value = data[_VALUE]
        yield f"({value.get('kind', 'value')} {value.get('name', '')} = {value.get('value')})"
        return
    pictures = [mime for mime in data if mime.startswith("image/")]
    for mime in pictures:
        yield f"({mime}, {_kilobytes(joined(data[mime]), mime)} kB)"
    for mime in ("text/plain", "text/markdown", "text/latex"):
        if mime in data and not (pictures and mime == "text/plain"):  # beside a picture it is `<Figure size …>`
            yield plain(joined(data[mime]))
            return
    if not pictures:
        yield f"({', '.join(sorted(map(str, data))) or 'empty output'})"


def _kilobytes(content: str, mime: str) -> int:
    size = len(content) if mime == "image/svg+xml" else len(content) * 3 // 4
    return max(1, round(size / 1000))


def _error(output: Json) -> str:
    frames = [plain(str(frame)) for frame in output.get("traceback", [])]
    last = f"{output.get('ename', 'Error')}: {plain(str(output.get('evalue', '')))}"
    kept = [frame for frame in frames[-FRAMES - 1 :] if frame.strip() and not frame.strip().startswith(last[:60])]
    omitted = [f"({len(frames) - len(kept)} lines or frames above)"] if len(frames) > FRAMES + 1 else []
    return "\n".join([*omitted, *kept, last])


def plain(text: str) -> str:
    """Text without a terminal's colours; of lines that a progress bar overwrote, the last state."""
    clean = _ANSI.sub("", text).replace("\r\n", "\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in clean.split("\n"))


def shorten(text: str, limit: int, *, tail: int | None = None) -> str:
    """At most about `limit` characters: head and tail, with how much is left out between them."""
    if len(text) <= limit:
        return text
    keep = limit // 3 if tail is None else min(tail, limit)
    end = text[len(text) - keep :] if keep else ""
    return f"{text[: limit - keep]}… ({len(text) - limit} characters left out) …{end}" if keep else f"{text[:limit]}…"
