"""What can be read in a figure's PDF: its text layer, and its pages as pictures for a model that sees."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import Any

from ...errors import PaperNotFound, PaperRefused, PaperUnreadable

MAX_BYTES = 50_000_000
MAX_PAGES = 20
MAX_CHARACTERS = 20_000
MAX_PIXELS = 16_000_000


def extract_text(path: Path, *, pages: int = MAX_PAGES) -> str:
    """The text layer of a figure's PDF, line by line; empty where it has none.

    Reads at most `pages` pages and 20,000 characters. Raises PaperNotFound, PaperRefused (a link, a device, too
    large) and PaperUnreadable (damaged or encrypted).
    """
    document = _open(path)
    try:
        texts = [_page_text(document[index]) for index in range(min(len(document), pages))]
    finally:
        document.close()
    return "\n".join(text for text in texts if text)[:MAX_CHARACTERS].strip()


def rasterise(path: Path, page: int = 1, *, scale: float = 2.0) -> bytes:
    """A page as PNG bytes. page: counted from 1; scale: pixels per point, lowered where the page is huge.

    Raises as `extract_text`, and PaperNotFound where there is no such page.
    """
    document = _open(path)
    try:
        if not 1 <= page <= len(document):
            raise PaperNotFound(f"{path.name} has {len(document)} pages, not {page}", path=str(path), page=page)
        sheet = document[page - 1]
        width, height = sheet.get_size()
        bounded = min(scale, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
        picture = sheet.render(scale=bounded).to_pil()
        out = io.BytesIO()
        picture.save(out, format="PNG")
        return out.getvalue()
    finally:
        document.close()


def _open(path: Path) -> Any:
    import pypdfium2

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as exc:
        raise PaperNotFound(f"there is no file {path}", path=str(path)) from exc
    except OSError as exc:
        raise PaperRefused(f"cannot read {path.name}: {exc.strerror}", path=str(path)) from exc
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise PaperRefused(f"{path.name} is no plain file or larger than {MAX_BYTES:,} bytes", path=str(path))
        data = file.read(MAX_BYTES)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        raise PaperUnreadable(f"{path.name} is damaged or encrypted: {exc}", path=str(path)) from exc


def _page_text(page: Any) -> str:
    layer = page.get_textpage()
    try:
        text = str(layer.get_text_range(0, min(layer.count_chars(), MAX_CHARACTERS)))
    finally:
        layer.close()
        page.close()
    lines = (" ".join(line.replace("\0", "").split()) for line in text.replace("\ufffe", "-").splitlines())
    return "\n".join(line for line in lines if line)
