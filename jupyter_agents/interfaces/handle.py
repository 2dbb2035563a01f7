"""What `%agent` gives back: a run as an object, always read from its files, so it is never out of date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..records import Claim, Evidence, Record, RunState, Usage, Verdict, parse
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.journal import read
from ..runtime.journal.state import summary
from ..session.state import project
from .pages import show_bundle
from .progress import ENDED, Ending, Progress
from .views import bundle, shorten
from .watching import Watch


class ClaimChecked(Record):
    """One claim of a paper and what a clean run said of it."""

    claim: Claim
    verdict: Verdict | None = None
    """None where no run has checked it."""


class RunHandle:
    """A run: `r.result .report .notebook .evidence .claims .cost`, and where it stands."""

    def __init__(self, folder: RunFolder, *, already_shown: Callable[[], bool] = lambda: False) -> None:
        """already_shown: whether the cell that is running shows this run anyway, so that it is not shown twice."""
        self._run = folder
        self._already_shown = already_shown

    @property
    def id(self) -> str:
        """The run's id, as `runs show` takes it."""
        return self._run.id

    @property
    def folder(self) -> Path:
        """Where everything of the run lies."""
        return self._run.path

    @property
    def state(self) -> RunState:
        """Where it stands now."""
        return self.progress().state

    @property
    def result(self) -> Any:
        """What the agent gave back as plain values; None before it has ended."""
        return self._ending.result

    @property
    def report(self) -> str:
        """The report in Markdown; empty before there is one."""
        return self._run.report.read_text("utf-8", "replace") if self._run.report.is_file() else ""

    @property
    def notebook(self) -> Path | None:
        """The notebook the agent wrote; None before there is one."""
        return self._run.notebook if self._run.notebook.is_file() else None

    @property
    def files(self) -> dict[str, Path]:
        """More files the run gave back, by name: `references.bib` …"""
        return {name: self._run.artifacts / name for name in self._ending.files}

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Every quote the run rests on."""
        return tuple(project(read(self._run.journal)).evidence.values())

    @property
    def claims(self) -> tuple[ClaimChecked, ...]:
        """A paper's claims with their verdicts."""
        verdicts = {verdict.claim: verdict for verdict in parse(self._ending.verdicts, tuple[Verdict, ...])}
        claims = parse(self._ending.claims, tuple[Claim, ...])
        return tuple(ClaimChecked(claim=claim, verdict=verdicts.get(claim.id)) for claim in claims)

    @property
    def cost(self) -> Usage:
        """What it has spent."""
        return summary(self._run).cost

    def progress(self) -> Progress:
        """Where it stands, with all that a view shows."""
        return Watch(self._run).look()

    @property
    def _ending(self) -> Ending:
        return self.progress().ending or Ending()

    def __repr__(self) -> str:
        now = self.progress()
        title = now.ending.title if now.ending else now.text
        more = ".result .report .notebook .evidence .claims .cost" if now.state in ENDED else ""
        return f"<run {self.id}: {now.agent} {now.state.value}, {shorten(title, 80)!r}> {more}".strip()

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return bundle(self.progress())

    def _ipython_display_(self) -> None:
        """Shown as the value of a cell; a cell that ran it shows it already."""
        if not self._already_shown():
            show_bundle(bundle(self.progress()))
