"""Reads figures' PDFs; run as a script, in a process of its own with hard limits (`confined.py`).

`python figure_pages.py text` takes a JSON list of files on its standard input and writes a line of JSON for each as
soon as it was read: {"text": …} or {"error": KIND, "why": …}. `python figure_pages.py png FILE PAGE SCALE` writes
such a line, and where it holds no error, the picture behind it.

This file imports nothing of the project, so that it runs the same however the project was installed.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from typing import Any

MAX_BYTES = 50_000_000
MAX_PAGES = 20
MAX_CHARACTERS = 20_000
MAX_PIXELS = 16_000_000
FILE_S = 10
"""Seconds for one file; the process ends where one takes longer, whatever PDFium is doing."""


class Unread(Exception):
    """A file that cannot be read: the kind of error, and why."""


def opened(path: str) -> Any:
    """A PDF, reached through no link. Raises Unread."""
    import pypdfium2

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as exc:
        raise Unread("absent", "") from exc
    except OSError as exc:
        raise Unread("refused", exc.strerror) from exc
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise Unread("refused", f"it is no plain file or larger than {MAX_BYTES:,} bytes")
        data = file.read(MAX_BYTES)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        raise Unread("broken", str(exc)) from exc


def text_of(path: str) -> str:
    """The text layer, line by line."""
    document = opened(path)
    texts = [page_text(document[index]) for index in range(min(len(document), MAX_PAGES))]
    return "\n".join(text for text in texts if text)[:MAX_CHARACTERS].strip()


def page_text(page: Any) -> str:
    """The text layer of one page."""
    layer = page.get_textpage()
    text = str(layer.get_text_range(0, min(layer.count_chars(), MAX_CHARACTERS)))
    lines = (" ".join(line.replace("\0", "").split()) for line in text.replace("\ufffe", "-").splitlines())
    return "\n".join(line for line in lines if line)


def png_of(path: str, page: int, scale: float) -> bytes:
    """A page as a picture; the scale is lowered where the page is huge."""
    import io

    document = opened(path)
    if not 1 <= page <= len(document):
        raise Unread("page", f"{len(document)} pages")
    sheet = document[page - 1]
    width, height = sheet.get_size()
    bounded = min(scale, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    out = io.BytesIO()
    sheet.render(scale=bounded).to_pil().save(out, format="PNG")
    return out.getvalue()


def answer(**fields: str) -> None:
    """One line, at once: what was read before a file that ends this process must have arrived."""
    sys.stdout.buffer.write(json.dumps(fields).encode() + b"\n")
    sys.stdout.buffer.flush()


def main(task: str, arguments: list[str]) -> None:
    """Read what was asked for."""
    import pypdfium2

    for path in json.load(sys.stdin) if task == "text" else arguments[:1]:
        signal.alarm(FILE_S)
        try:
            if task == "text":
                answer(text=text_of(path))
            else:
                picture = png_of(path, int(arguments[1]), float(arguments[2]))
                answer()
                sys.stdout.buffer.write(picture)
        except Unread as exc:
            answer(error=exc.args[0], why=exc.args[1])
        except pypdfium2.PdfiumError as exc:
            answer(error="broken", why=str(exc))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
