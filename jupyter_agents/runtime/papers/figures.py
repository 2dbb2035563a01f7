"""What can be read in a figure's PDF: its text layer, and its pages as pictures for a model that sees.

Both are done by `figure_pages.py` in a process with hard limits: figures come from strangers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from ...errors import PaperError, PaperNotFound, PaperRefused, PaperUnreadable
from ...records import Record
from . import limited

TIME_S: Final = 60.0
"""Seconds for all figures of a paper; one file has ten."""
_SCRIPT: Final = Path(__file__).with_name("figure_pages.py")


class _Answer(Record):
    """A line of `figure_pages.py`."""

    text: str = ""
    error: str = ""
    why: str = ""


def extract_text(path: Path) -> str:
    """The text layer of a figure's PDF, line by line; empty where it has none.

    Reads at most 20 pages and 20,000 characters. Raises PaperNotFound, PaperRefused (a link, a device, too large,
    endless) and PaperUnreadable (damaged or encrypted).
    """
    (found,) = extract_texts([path])
    if isinstance(found, PaperError):
        raise found
    return found


def extract_texts(paths: Sequence[Path]) -> list[str | PaperError]:
    """The text layers of many figures, in their order; what `extract_text` would raise stands in its place."""
    found: list[str | PaperError] = []
    deadline = time.monotonic() + TIME_S
    while len(found) < len(paths) and (left := deadline - time.monotonic()) > 0:
        waiting = paths[len(found) :]
        ended = limited.run(_SCRIPT, "text", given=json.dumps([str(p) for p in waiting]).encode(), time_s=left)
        whole = ended.output.split(b"\n")[:-1]
        found += [_text(line, path) for line, path in zip(whole, waiting, strict=False)]
        if len(whole) < len(waiting):
            found.append(_failed(waiting[len(whole)], ended))
    found += [
        PaperRefused(f"the paper's figures take over {TIME_S:g} s to read", path=str(p)) for p in paths[len(found) :]
    ]
    return found


def rasterise(path: Path, page: int = 1, *, scale: float = 2.0) -> bytes:
    """A page as PNG bytes. page: counted from 1; scale: pixels per point, lowered where the page is huge.

    Raises as `extract_text`, and PaperNotFound where there is no such page.
    """
    ended = limited.run(_SCRIPT, "png", str(path), str(page), str(scale), time_s=TIME_S)
    line, _, picture = ended.output.partition(b"\n")
    answer = _answer(line)
    if answer is None or (not answer.error and ended.code != 0):
        raise _failed(path, ended)
    if answer.error == "page":
        raise PaperNotFound(f"{path.name} has {answer.why}, not {page}", path=str(path), page=page)
    if answer.error:
        raise _error(answer, path)
    return picture


def _text(line: bytes, path: Path) -> str | PaperError:
    answer = _answer(line)
    if answer is None:
        return PaperUnreadable(f"{path.name} made the PDF reader fail", path=str(path))
    return _error(answer, path) if answer.error else answer.text


def _answer(line: bytes) -> _Answer | None:
    try:
        return msgspec.json.decode(line, type=_Answer)
    except msgspec.DecodeError:
        return None


def _failed(path: Path, ended: limited.Ended) -> PaperError:
    if ended.at_limit or ended.late:
        return PaperRefused(f"{path.name} takes more memory or time than a figure needs", path=str(path))
    return PaperUnreadable(f"{path.name} made the PDF reader fail (exit {ended.code})", path=str(path))


def _error(answer: _Answer, path: Path) -> PaperError:
    match answer.error:
        case "absent":
            return PaperNotFound(f"there is no file {path}", path=str(path))
        case "refused":
            return PaperRefused(f"cannot read {path.name}: {answer.why}", path=str(path))
        case _:
            return PaperUnreadable(f"{path.name} is damaged or encrypted: {answer.why}", path=str(path))
