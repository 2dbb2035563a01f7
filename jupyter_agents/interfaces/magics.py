"""`%agent` and `%%agent`, their settings, help and completion; what they do is loaded when they are first used."""

from __future__ import annotations

from functools import partial
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from ..errors import JupyterAgentsError
from ..settings import configurable, resolve

CELLS = 1000
"""How many cells are remembered."""


@magics_class
class AgentMagics(Magics):
    """Research agents in a notebook."""

    shell: Any  # IPython says it may be None, which only its own tests do

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.settings = configurable()(parent=shell)
        self.cells: dict[str, str] = {}
        """Sources of the notebook's cells as they ran last, by cell id; a kernel knows no others."""

    @no_var_expand
    @line_cell_magic
    def agent(self, line: str, cell: str | None = None) -> object:
        """Start an agent, or read and steer its runs; `%agent?` lists all commands."""
        from .cells import Cells, Paused

        try:
            return Cells(self.shell, self.settings, self.cells).agent(line, cell)
        except JupyterAgentsError as error:
            raise _quiet(error, f"{type(error).__name__}: {error.message}") from error.__cause__
        except Paused as paused:
            raise _quiet(paused, str(paused)) from None

    def remember(self, info: Any) -> None:
        """Keep the source of a cell that is about to run, for `--cell ID`."""
        if info is not None and getattr(info, "cell_id", None):
            self.cells[info.cell_id] = info.raw_cell
            if len(self.cells) > CELLS:
                self.cells.pop(next(iter(self.cells)))


def load(shell: Any) -> None:
    """Register the magics, their settings and their completion in an `InteractiveShell`."""
    magics = AgentMagics(shell)
    shell.register_magics(magics)
    shell.configurables.append(magics.settings)
    shell.events.register("pre_run_cell", magics.remember)
    for name in ("%agent", "%%agent"):
        shell.set_hook("complete_command", partial(_completions, magics), str_key=name)


def unload(shell: Any) -> None:
    """Take the magics away."""
    for kind in ("line", "cell"):
        magic = shell.magics_manager.magics[kind].pop("agent", None)
    magics = getattr(magic, "__self__", None)
    if magics is not None:
        shell.events.unregister("pre_run_cell", magics.remember)
    shell.configurables[:] = [c for c in shell.configurables if type(c) is not configurable()]


def _quiet(error: BaseException, sentence: str) -> BaseException:
    """Show an error as its one sentence: a traceback through our own code helps nobody who uses a magic."""
    vars(error)["_render_traceback_"] = lambda: [sentence]
    return error


def _completions(magics: AgentMagics, shell: object, event: Any) -> list[str]:
    """What the tab key offers on a line that begins with the magic."""
    from .help import complete
    from .verbs import all_verbs

    line = event.line.lstrip().lstrip("%").removeprefix("agent").removeprefix(" ")
    return complete(line, all_verbs(), "notebook", partial(_run_ids, magics))


def _run_ids(magics: AgentMagics) -> list[str]:
    from ..runtime.journal.folder import RunFolder

    return [folder.id for folder in RunFolder.list_runs(resolve({}, magics.settings).runs_folder)]


def _help() -> str:
    """Made when it is asked for, so that it names every agent that is installed."""
    from .help import overview
    from .verbs import all_verbs

    return overview(all_verbs(), "notebook")


vars(AgentMagics.agent)["getdoc"] = _help  # what `%agent?` asks for first
