"""Where a notebook shows a run: one display redrawn in place, or lines in a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .progress import Progress
from .views import bundle, news, plain, printable

REDRAW_S = 0.4
"""The least time between two redraws: a page makes its Markdown anew each time."""


def display(shown: dict[str, Any], **options: Any) -> Any:
    """IPython's `display`, imported when something is shown."""
    from IPython import display as ipython_display

    show: Any = ipython_display.display  # not annotated over there
    return show(shown, **options)


def show_text(text: str) -> None:
    """Show plain text."""
    show_bundle({"text/plain": printable(text)})


def show_bundle(shown: dict[str, Any]) -> None:
    """Show a MIME bundle as it is."""
    display(shown, raw=True)


class Page:
    """One display in a page, redrawn in place."""

    def __init__(self) -> None:
        self._display: Any = None
        self._last: Progress | None = None
        self._drawn: Progress | None = None
        self._drawn_at = 0.0

    def show(self, progress: Progress) -> None:
        """Draw it, unless it was drawn a moment ago."""
        self._last = progress
        now = time.monotonic()
        if now - self._drawn_at >= REDRAW_S or progress.ended or progress.question is not None:
            self._draw(progress)
            self._drawn_at = now

    def close(self) -> None:
        """Draw what came last."""
        if self._last is not None:
            self._draw(self._last)

    def _draw(self, progress: Progress) -> None:
        if progress == self._drawn:
            return
        self._drawn = progress
        if self._display is None:
            self._display = display(bundle(progress), raw=True, display_id=True)
        else:
            self._display.update(bundle(progress), raw=True)


class Lines:
    """A terminal: a line for each thing that happens, the result at the end."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._before: Progress | None = None

    def show(self, progress: Progress) -> None:
        """What is new since it was shown last."""
        for line in news(self._before, progress):
            self._write(line)
        self._before = progress

    def close(self) -> None:
        """The result."""
        if self._before is not None:
            self._write(plain(self._before))
