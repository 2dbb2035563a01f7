"""Research agents inside Jupyter: evidence that can be checked, numbers that came out of a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext jupyter_agents` does: `%agent`, `%%agent`, `%config JupyterAgents`, completion."""
    from .interfaces.magics import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """What `%unload_ext jupyter_agents` does."""
    from .interfaces.magics import unload

    unload(shell)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """What Jupyter server asks a package for when the package is enabled as its extension."""
    from .interfaces.server import extension_points

    return extension_points()
