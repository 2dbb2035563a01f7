"""The small form that a bare `%agent` shows: agent, request, sources, budget, model, design.

Its button only starts the run: while a cell is busy a kernel hears no widget, so a run is never steered from here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from html import escape
from importlib.util import find_spec
from typing import Any

from .. import agents, designs
from ..errors import JupyterAgentsError
from ..runtime.journal.folder import RunFolder
from ..settings import Settings
from .views import plain
from .watching import watch

Begin = Callable[[Sequence[str], str], RunFolder]
"""Starts a run from the words and the body of a `%%agent` cell."""
STATUS = "white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5; max-height: 24em; overflow-y: auto"
"""How the text below the form looks; colours and fonts are the page's own."""


class LaunchForm:
    """Fields, a button, and below them how the run stands."""

    def __init__(self, begin: Begin, settings: Settings) -> None:
        import ipywidgets

        self._begin = begin
        self._defaults = settings
        wide = {"layout": {"width": "98%"}, "style": {"description_width": "6em"}}
        about = [(f"{agent.name}: {agent.about}", agent.name) for agent in agents.load_all()]
        self.agent = ipywidgets.Dropdown(options=about, description="Agent", **wide)
        self.request = ipywidgets.Textarea(description="Request", placeholder="A question, a paper or a goal", **wide)
        self.sources = ipywidgets.Textarea(
            description="Sources", placeholder="Folders, files or arXiv ids, one a line; may stay empty", **wide
        )
        self.budget = ipywidgets.FloatText(value=settings.budget_usd, description="USD", **wide)
        self.model = ipywidgets.Text(value=settings.model, description="Model", **wide)
        self.design = ipywidgets.Dropdown(options=designs.names(), value=settings.design, description="Design", **wide)
        self.button = ipywidgets.Button(description="Start", button_style="primary")
        self.status = ipywidgets.HTMLMath()
        self.button.on_click(self._start)
        fields = [self.agent, self.request, self.sources, self.budget, self.model, self.design]
        self.box = ipywidgets.VBox([*fields, self.button, self.status])
        self.folder: RunFolder | None = None
        """The run it started last."""

    def words(self) -> list[str]:
        """What would be typed after `%%agent`."""
        words = [self.agent.value, f"--budget={self.budget.value}", f"--design={self.design.value}"]
        if self.model.value.strip() != self._defaults.model:
            words.append(f"--model={self.model.value.strip()}")
        return words + [f"--source={line.strip()}" for line in self.sources.value.splitlines() if line.strip()]

    def _start(self, _: object) -> None:
        self.button.disabled = True
        try:
            self.folder = self._begin(self.words(), self.request.value)
        except JupyterAgentsError as error:
            self._say(error.message)
            self.button.disabled = False
            return
        threading.Thread(target=self._watch, args=(self.folder,), daemon=True).start()

    def _watch(self, folder: RunFolder) -> None:
        """Show the run beside the kernel's own work; steering is for the shell and for `%agent runs`."""
        shown = ""
        try:
            for progress in watch(folder, poll_s=0.5):
                if plain(progress) != shown:
                    shown = plain(progress)
                    self._say(f"{shown}\n\nr = %agent runs show {folder.id}")
        except JupyterAgentsError as error:
            self._say(error.message)
        self.button.disabled = False

    def _say(self, text: str) -> None:
        self.status.value = f'<div style="{STATUS}">{escape(text)}</div>'


def launch_form(begin: Begin, settings: Settings) -> Any:
    """What a bare `%agent` gives back: the form, or without ipywidgets the same as text to copy."""
    if find_spec("ipywidgets") is None:
        return Template(settings)
    return LaunchForm(begin, settings).box


class Template:
    """The form's fields as a cell to copy."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __repr__(self) -> str:
        names = "|".join(agents.names())
        options = f"--budget {self._settings.budget_usd:g} --model {self._settings.model}"
        return (
            "There is no form without ipywidgets; copy this into a cell:\n\n"
            f"%%agent {names} --source FOLDER {options} --design {self._settings.design}\n"
            "a question, a paper or a goal"
        )
