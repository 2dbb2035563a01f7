"""Research agents inside Jupyter: evidence that can be checked, numbers that came out of a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from .interfaces.handle import RunHandle
    from .records import Budget

__all__ = ["run"]
__version__ = "0.1.0"


async def run(
    agent: str,
    text: str,
    *,
    sources: Sequence[str | Path] = (),
    data: Mapping[str, Path] | None = None,
    budget: Budget | None = None,
    model: str | None = None,
    design: str | None = None,
    kernel: str | None = None,
    options: Mapping[str, Any] | None = None,
    settings: Mapping[str, object] | None = None,
) -> RunHandle:
    """Work an agent in this process until it ends; the same as `%agent`, for programs.

    agent: a verb such as `review`. sources, data: as `--source` and `--data`. budget: None, that of the settings.
    options: what only this agent understands. settings: by name, over those of environment and file.
    The handle's `state` says how it ended. Raises InputError for what cannot be done as asked.
    """
    from pathlib import Path

    from . import agents
    from .interfaces.handle import RunHandle
    from .records import Request, dump, parse
    from .session.start import run as work
    from .settings import resolve

    resolved = resolve({**(settings or {}), "model": model, "design": design, "kernel": kernel})
    request = Request(
        agent=agent,
        text=text,
        sources=tuple(str(source) for source in sources),
        budget=budget or resolved.budget,
        model=model,
        design=design,
        kernel=kernel,
        options=dump(parse(dict(options or {}), agents.load(agent).options)),
        folder=str(Path.cwd()),
    )
    folder, _ = await work(request, resolved, data=data)
    return RunHandle(folder)


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
