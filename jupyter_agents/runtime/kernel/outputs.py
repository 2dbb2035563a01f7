"""The outputs of one cell as they arrive: bounded in memory, head and tail kept, the middle counted.

Messages come from code that may say anything, so each is checked here; what is malformed is counted as dropped.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from ...records import Json

_TEXT_KEYS = ("ename", "evalue")


def from_message(kind: str, content: Any) -> Json | None:
    """A message of the iopub channel as an nbformat 4.5 output; None when it is none or malformed."""
    if not isinstance(content, dict):
        return None
    if kind == "stream" and isinstance(content.get("text"), str) and content.get("name") in ("stdout", "stderr"):
        return {"output_type": "stream", "name": content["name"], "text": content["text"]}
    if kind == "error" and all(isinstance(content.get(key), str) for key in _TEXT_KEYS):
        traceback = [line for line in content.get("traceback") or [] if isinstance(line, str)]
        return {"output_type": "error", "ename": content["ename"], "evalue": content["evalue"], "traceback": traceback}
    if kind in ("display_data", "execute_result", "update_display_data") and isinstance(content.get("data"), dict):
        metadata = content.get("metadata")
        output: Json = {"output_type": kind, "data": content["data"], "metadata": metadata or {}}
        if not isinstance(output["metadata"], dict):
            return None
        if kind == "execute_result":
            output["execution_count"] = content.get("execution_count")
        return output
    return None


def display_id(content: Any) -> str | None:
    """The id under which a displayed output may be updated later."""
    transient = content.get("transient") if isinstance(content, dict) else None
    found = transient.get("display_id") if isinstance(transient, dict) else None
    return found if isinstance(found, str) else None


def size(output: Json) -> int:
    """Bytes of an output as JSON text."""
    if output["output_type"] == "stream":
        return len(output["text"].encode("utf-8", "surrogatepass"))
    return len(json.dumps(output, default=str))


class _Kept:
    """One output with its size and the id it may be updated by; text in pieces, joined once at the end."""

    def __init__(self, output: Json, display_id: str | None = None) -> None:
        self.output = output
        self.display_id = display_id
        self.size = size(output)
        self.stream: str | None = output["name"] if output["output_type"] == "stream" else None
        self.pieces: list[str] = [output["text"]] if self.stream else []


class OutputLog:
    """Outputs of a running cell within a byte budget: half for the first, half for the last."""

    def __init__(self, budget: int) -> None:
        self.half = max(budget // 2, 1)
        self.dropped = 0
        self.seen = 0
        """Bytes that arrived, kept or not."""
        self._head: list[_Kept] = []
        self._tail: deque[_Kept] = deque()
        self._head_size = 0
        self._tail_size = 0
        self._clear_next = False
        self._head_full = False

    def add(self, output: Json, display_id: str | None = None) -> None:
        """Take an output; long text is cut, the oldest of the tail leaves first."""
        if self._clear_next:
            self.clear()
        kept = _Kept(output, display_id)
        self.seen += kept.size
        if self._merge(kept):
            return
        if not self._head_full and self._head_size + kept.size <= self.half:
            self._head.append(kept)
            self._head_size += kept.size
        elif not self._head_full and kept.stream:
            self._split(kept)
        else:
            self._append_to_tail(kept)

    def update(self, output: Json, display_id: str) -> None:
        """Replace the data of outputs that were displayed under an id, within the budget."""
        for kept in (*self._head, *self._tail):
            if kept.display_id == display_id:
                changed = {**kept.output, "data": output["data"], "metadata": output["metadata"]}
                new_size = size(changed)
                self.seen += new_size
                if new_size > self.half:
                    self.dropped += new_size
                    continue
                if kept in self._head:
                    self._head_size += new_size - kept.size
                else:
                    self._tail_size += new_size - kept.size
                kept.output, kept.size = changed, new_size

    def clear(self, wait: bool = False) -> None:
        """Forget what was shown, as `clear_output` asks; with `wait`, when the next output comes."""
        self._clear_next = wait
        if not wait:
            self._head.clear()
            self._tail.clear()
            self._head_size = self._tail_size = 0
            self._head_full = False

    def outputs(self) -> tuple[Json, ...]:
        """What was kept, with a notice where something is missing."""
        notice = []
        if self.dropped:
            text = f"[{self.dropped} bytes of output were not kept]\n"
            notice = [{"output_type": "stream", "name": "stderr", "text": text}]
        return (*_joined(self._head), *notice, *_joined(self._tail))

    def _merge(self, kept: _Kept) -> bool:
        """Join text with the text before it, as notebooks do."""
        into = self._tail if self._head_full else self._head
        last = into[-1] if into else None
        if last is None or kept.stream is None or last.stream != kept.stream:
            return False
        if into is self._head:
            if self._head_size + kept.size > self.half:
                return False
            self._head_size += kept.size
        elif last.size + kept.size > self.half // 8:  # pieces stay small, so that old ones can leave
            return False
        else:
            self._tail_size += kept.size
        last.pieces += kept.pieces
        last.size += kept.size
        self._shorten_tail()
        return True

    def _split(self, kept: _Kept) -> None:
        """Fill the head with the first part of a text; the rest begins the tail."""
        raw = kept.output["text"].encode("utf-8", "surrogatepass")
        room = self.half - self._head_size
        first = raw[:room].decode("utf-8", "ignore")
        if first:
            self._head.append(_Kept({**kept.output, "text": first}))
        self._head_size = self.half
        self._append_to_tail(_Kept({**kept.output, "text": raw[room:].decode("utf-8", "ignore")}))

    def _append_to_tail(self, kept: _Kept) -> None:
        self._head_full = True  # what comes later must not stand before what was dropped
        if kept.size > self.half and kept.stream:
            raw = kept.output["text"].encode("utf-8", "surrogatepass")
            self.dropped += len(raw) - self.half
            kept = _Kept({**kept.output, "text": raw[-self.half :].decode("utf-8", "ignore")})
        elif kept.size > self.half:
            self.dropped += kept.size
            return
        self._tail.append(kept)
        self._tail_size += kept.size
        self._shorten_tail()

    def _shorten_tail(self) -> None:
        while self._tail_size > self.half and self._tail:
            gone = self._tail.popleft()
            self._tail_size -= gone.size
            self.dropped += gone.size


def _joined(kept: Iterable[_Kept]) -> Iterator[Json]:
    """Outputs as a notebook holds them: neighbouring text of one stream is one output."""
    for stream, group in groupby(kept, key=lambda one: one.stream):
        if stream is None:
            yield from (one.output for one in group)
        else:
            text = "".join(piece for one in group for piece in one.pieces)
            yield {"output_type": "stream", "name": stream, "text": text}
