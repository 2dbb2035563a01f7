"""The Jupyter server's side: what lies between a sandboxed kernel and the page of a person.

`untrusted.py` says what of a kernel's messages may reach a page; `websocket.py` puts that over whichever
connection class the server is configured with. Jupyter finds `extension_points` through the package's hooks.
"""

from __future__ import annotations

from typing import Any


def extension_points() -> list[dict[str, str]]:
    """What Jupyter server loads for this package."""
    return [{"module": "jupyter_agents.interfaces.server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Filter sandboxed kernels in this server. `server`: the running ServerApp, its web app made."""
    from .websocket import filtered

    configured = server.web_app.settings["kernel_websocket_connection_class"]
    server.kernel_websocket_connection_class = filtered(configured)
    server.web_app.settings["kernel_websocket_connection_class"] = server.kernel_websocket_connection_class
