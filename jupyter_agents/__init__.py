"""Research agents inside Jupyter: evidence that can be checked, numbers that came out of a kernel."""

from __future__ import annotations

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """What Jupyter server asks a package for when the package is enabled as its extension."""
    from .interfaces.server import extension_points

    return extension_points()
