"""Research agents inside Jupyter: evidence that can be checked, numbers that came out of a kernel."""

from __future__ import annotations

__version__ = "0.1.0"
