"""What `%agent` and `%%agent` do in a notebook. A cell waits for its run and shows it in one display."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..runtime.journal.folder import RunFolder
from ..settings import resolve
from . import printing
from .attending import Ask, ask_by_lines, attend, check_end, leave
from .commands import perform
from .grammar import Command, find, parse
from .handle import RunHandle
from .help import explain, overview
from .pages import Lines, Page, show_text
from .starting import launch, plan
from .steering import find as find_run
from .verbs import all_verbs
from .words import fill, from_argv, split

AUTHOR = "notebook"


class Paused(KeyboardInterrupt):
    """A person interrupted the cell; the run was asked to pause. Carries what to say."""


class Cells:
    """The grammar over one IPython shell."""

    def __init__(self, shell: Any, settings: object, sources: Mapping[str, str]) -> None:
        """shell: an `InteractiveShell`. settings: what `%config JupyterAgents` holds. sources: of cells, by id."""
        self.shell = shell
        self.settings = settings
        self.sources = sources

    def agent(self, line: str, cell: str | None) -> object:
        """One line of `%agent`, or one cell of `%%agent`. Raises JupyterAgentsError, KeyboardInterrupt."""
        words, verbs = split(line), all_verbs()
        if not words and cell is None:
            from .form import launch_form

            return launch_form(self._begin, resolve({}, self.settings))
        if any(word.value == "--help" and not word.quoted for word in words):
            helped = overview(verbs, "notebook") if len(words) == 1 else explain(find(words, verbs)[0], "notebook")
            show_text(helped)
            return None
        filled = partial(fill, variables=self._variables())
        command = parse(line, words, verbs, "notebook", body=cell, fill=filled)
        return self._start(command) if command.verb.agent else self._perform(command)

    def _begin(self, argv: Sequence[str], body: str) -> RunFolder:
        """Start a run for the launch form, which watches it by itself."""
        line, words = from_argv(argv)
        command = parse(line, words, all_verbs(), "notebook", body=body)
        return launch(plan(command, self.settings, self._find_cell), self._variables())[0]

    def _start(self, command: Command) -> RunHandle:
        out = command.options.get("out")
        if out is not None and not str(out).isidentifier():
            raise InputError(f"--out {out!r} cannot name a variable")
        folder, handed = launch(plan(command, self.settings, self._find_cell), self._variables())
        handle = self._handle(folder)
        if out is not None:
            self.shell.user_ns[out] = handle
        for item in handed:
            show_text(f"data {item.name}: {item.about}")
        if command.switch("background"):
            show_text(f"run {folder.id} works in the background; %agent runs show {folder.id} looks at it")
            return handle
        return self._stay(folder, handle)

    def _find_cell(self, name: str) -> str | None:
        """A cell's source by its id, or by the number in its brackets."""
        if name in self.sources:
            return self.sources[name]
        ran = self.shell.history_manager.input_hist_raw
        number = name.strip("[]")
        return ran[int(number)] if number.isdecimal() and 0 < int(number) < len(ran) else None

    def _perform(self, command: Command) -> object:
        settings = resolve({}, self.settings)
        if command.verb.name == "runs show" and not command.switch("json"):
            return RunHandle(find_run(settings, command.places["RUN"]))
        shown = perform(command, settings, AUTHOR)
        show_text(printing.as_json(shown.record) if command.switch("json") else shown.text)
        if shown.follow is None:
            return None
        folder = RunFolder(Path(shown.follow.folder))
        return self._stay(folder, self._handle(folder), after=shown.follow.after)

    def _stay(self, folder: RunFolder, handle: RunHandle, *, after: int = 0) -> RunHandle:
        """Show a run until it needs nobody any more. Raises RunFailed once it has shown itself."""
        view = Page() if self._has_page else Lines(show_text)
        try:
            progress = attend(folder, view.show, self._asker(), AUTHOR, after=after)
        except KeyboardInterrupt as interrupt:
            said = leave(folder, view.show, AUTHOR)
            view.close()
            raise Paused(said) from interrupt
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
        return ask_by_lines(input, show_text, shown=self._has_page) if allowed else None

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
