"""`%agent` and `%%agent`: the grammar in a notebook. A cell waits for its run and shows it in one display."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display as _display

from ..errors import InputError, JupyterAgentsError
from ..runtime.journal.folder import RunFolder
from ..settings import configurable, resolve
from . import printing
from .attending import Ask, ask_by_lines, attend, check_end, leave
from .commands import perform
from .grammar import Command, find, parse
from .handle import RunHandle
from .help import complete, explain, overview
from .progress import Progress
from .starting import launch, plan
from .steering import find as find_run
from .verbs import all_verbs
from .views import bundle, news, plain, printable
from .words import fill, from_argv, split

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

AUTHOR = "notebook"
REDRAW_S = 0.4
"""The least time between two redraws: a page makes its Markdown anew each time."""


display: Any = _display  # not annotated over there


@magics_class
class AgentMagics(Magics):
    """Research agents in a notebook."""

    shell: Any  # IPython says it may be None, which only its own tests do

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.settings = configurable()(parent=shell)

    @no_var_expand
    @line_cell_magic
    def agent(self, line: str, cell: str | None = None) -> object:
        """Start an agent, or read and steer its runs; `%agent?` lists all commands."""
        try:
            return self._agent(line, cell)
        except JupyterAgentsError as error:
            raise _quiet(error, f"{type(error).__name__}: {error.message}") from error.__cause__

    def _agent(self, line: str, cell: str | None) -> object:
        words, verbs = split(line), all_verbs()
        if not words and cell is None:
            from .form import launch_form

            return launch_form(self._begin, resolve({}, self.settings))
        if any(word.value == "--help" and not word.quoted for word in words):
            helped = overview(verbs, "notebook") if len(words) == 1 else explain(find(words, verbs)[0], "notebook")
            self._print(helped)
            return None
        filled = partial(fill, variables=self._variables())
        command = parse(line, words, verbs, "notebook", body=cell, fill=filled)
        return self._start(command) if command.verb.agent else self._perform(command)

    def _begin(self, argv: Sequence[str], body: str) -> RunFolder:
        """Start a run for the launch form, which watches it by itself."""
        line, words = from_argv(argv)
        command = parse(line, words, all_verbs(), "notebook", body=body)
        return launch(plan(command, self.settings), self._variables())[0]

    def _start(self, command: Command) -> RunHandle:
        out = command.options.get("out")
        if out is not None and not str(out).isidentifier():
            raise InputError(f"--out {out!r} cannot name a variable")
        folder, handed = launch(plan(command, self.settings), self._variables())
        handle = self._handle(folder)
        if out is not None:
            self.shell.user_ns[out] = handle
        for item in handed:
            self._print(f"data {item.name}: {item.about}")
        if command.switch("background"):
            self._print(f"run {folder.id} works in the background; %agent runs show {folder.id} looks at it")
            return handle
        return self._stay(folder, handle)

    def _perform(self, command: Command) -> object:
        settings = resolve({}, self.settings)
        if command.verb.name == "runs show" and not command.switch("json"):
            return RunHandle(find_run(settings, command.places["RUN"]))
        shown = perform(command, settings, AUTHOR)
        self._print(printing.as_json(shown.record) if command.switch("json") else shown.text)
        if shown.follow is None:
            return None
        folder = RunFolder(Path(shown.follow.folder))
        return self._stay(folder, self._handle(folder), after=shown.follow.after)

    def _stay(self, folder: RunFolder, handle: RunHandle, *, after: int = 0) -> RunHandle:
        """Show a run until it needs nobody any more. Raises RunFailed once it has shown itself."""
        view = Page() if self._has_page else Lines(self._print)
        try:
            progress = attend(folder, view.show, self._asker(), AUTHOR, after=after)
        except KeyboardInterrupt as interrupt:
            said = leave(folder, view.show, AUTHOR)
            view.close()
            raise _quiet(interrupt, said) from None
        view.show(progress)
        view.close()
        check_end(progress)
        return handle

    @property
    def _has_page(self) -> bool:
        """Whether displays can be redrawn: in a kernel, not in a terminal."""
        return hasattr(self.shell, "kernel")

    def _asker(self) -> Ask | None:
        """`input()` where somebody can answer it: papermill and nbclient say that nobody can."""
        if self._has_page:
            allowed = bool(self.shell.kernel._allow_stdin)
        else:
            allowed = sys.stdin is not None and sys.stdin.isatty()
        return ask_by_lines(input, self._print) if allowed else None

    def _handle(self, folder: RunFolder) -> RunHandle:
        count = self.shell.execution_count
        return RunHandle(folder, already_shown=lambda: self.shell.execution_count == count)

    def _variables(self) -> Mapping[str, object]:
        """What the user has defined; not what IPython itself put there."""
        hidden = self.shell.user_ns_hidden
        return {
            name: value
            for name, value in self.shell.user_ns.items()
            if not name.startswith("_") and hidden.get(name, self) is not value
        }

    def _print(self, text: str) -> None:
        display({"text/plain": printable(text)}, raw=True)


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


def _quiet(error: BaseException, sentence: str) -> BaseException:
    """Show an error as its one sentence: a traceback through our own code helps nobody who uses a magic."""
    vars(error)["_render_traceback_"] = lambda: [sentence]
    return error


def _completions(magics: AgentMagics, shell: object, event: Any) -> list[str]:
    """What the tab key offers on a line that begins with the magic."""
    line = event.line.lstrip().lstrip("%").removeprefix("agent").removeprefix(" ")
    runs = partial(_run_ids, magics)
    return complete(line, all_verbs(), "notebook", runs)


def _run_ids(magics: AgentMagics) -> list[str]:
    return [folder.id for folder in RunFolder.list_runs(resolve({}, magics.settings).runs_folder)]


def load(shell: Any) -> None:
    """Register the magics, their settings and their completion in an `InteractiveShell`."""
    magics = AgentMagics(shell)
    shell.register_magics(magics)
    shell.configurables.append(magics.settings)
    for name in ("%agent", "%%agent"):
        shell.set_hook("complete_command", partial(_completions, magics), str_key=name)


def unload(shell: Any) -> None:
    """Take the magics away."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("agent", None)
    shell.configurables[:] = [c for c in shell.configurables if type(c) is not configurable()]


# `%agent?` asks for this: made when it is asked, so that it names every agent that is installed
vars(AgentMagics.agent)["getdoc"] = lambda: overview(all_verbs(), "notebook")
