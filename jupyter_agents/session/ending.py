"""How a run begins and ends for whoever reads it: first line, report, notebook, preprint, final state."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING

from ..agents import Report
from ..errors import JupyterAgentsError
from ..records import Preprint, RunState, dump
from .services import WITHOUT as NO_MODEL

if TYPE_CHECKING:
    from .engine import Engine
    from .line import LiveRun

WITHOUT = (
    "**Without a model**: {why}, so this is what code alone can do; nothing here was written, judged or summarised "
    "by a model."
)


def announce(engine: Engine) -> None:
    """Journal what the run is, once."""
    if any(event.kind == "started" for event in engine.journal.events):
        return
    model = engine.model if engine.has_model else ""
    line = f"**With {model}**, design {engine.design.name}." if model else without(engine)
    data = {
        "agent": engine.agent.name,
        "design": engine.design.name,
        "model": model,
        "has_model": engine.has_model,
        "version": version("jupyter-agents"),
        "line": line,
    }
    engine.journal.append("started", data, durable=True)


def without(engine: Engine) -> str:
    """The first line of a run that no model worked on."""
    chosen = engine.model == NO_MODEL
    return WITHOUT.format(why="as was asked" if chosen else "no key and no server were set")


async def end(run: LiveRun, state: RunState, reason: str) -> RunState:
    """Write notebook and report from what there is, share the report if the run succeeded, say the final state."""
    engine = run.engine
    failed = state is not RunState.done
    engine.journal.append("ending", {"failed": failed, "reason": reason}, durable=True)
    save_notebook(run)
    try:
        report = await engine.agent.report(run.bench("/report:0"))
    except JupyterAgentsError as error:
        if not failed:
            reason, state = f"the report could not be written: {error.message}", RunState.failed
        report = Report(title=engine.request.text, summary=reason, body="", publish=False)
    _write(run, report, state, reason)
    preprint = _share(run, report) if state is RunState.done and report.publish else ""
    said = {name: getattr(report, name) for name in ("title", "summary", "result", "claims", "verdicts")}
    data = {**dump(said), "files": sorted(report.files), "preprint": preprint}
    engine.journal.append("report", data, durable=True)
    engine.say(state, reason)
    return state


def save_notebook(run: LiveRun) -> None:
    """The draft as it stands, as `notebook.ipynb`."""
    engine = run.engine
    if not run.line.state.cells:
        return
    from ..runtime.notebook.draft import to_notebook
    from ..runtime.notebook.files import write

    notebook = to_notebook(
        run.line.state.cells,
        kernel_name="python3-sandboxed",
        title=engine.request.text,
        run=engine.folder.id,
        agent=engine.agent.name,
    )
    write(engine.folder.notebook, notebook)


def _write(run: LiveRun, report: Report, state: RunState, reason: str) -> None:
    folder = run.engine.folder
    said = (event.data["line"] for event in run.engine.journal.events if event.kind == "started")
    line = next(said, without(run.engine))
    warning = f"\n\n> **{state.value}**: {reason}" if reason else ""
    text = f"# {report.title}\n\n{line}{warning}\n\n{report.body.strip()}\n"
    folder.report.write_text(text, encoding="utf-8", errors="backslashreplace")
    for name, content in report.files.items():
        target = folder.artifacts / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8", errors="backslashreplace")


def _share(run: LiveRun, report: Report) -> str:
    """Put the report into the store; the id of its preprint. The same run never makes two."""
    engine = run.engine
    models = [e.data["model"] for e in engine.journal.events if e.kind == "result" and e.data["what"] == "model"]
    notebook = engine.folder.notebook
    preprint = Preprint(
        id="",
        title=report.title,
        abstract=report.summary,
        body=report.body,
        agent=engine.agent.name,
        run=engine.folder.id,
        model=", ".join(dict.fromkeys(models)),
        cost=run.spent,
        created=engine.journal.events[-1].at,
        notebook_hash=hashlib.sha256(notebook.read_bytes()).hexdigest() if notebook.is_file() else "",
        keywords=report.keywords,
        evidence=tuple(run.line.state.evidence.values()),
        claims=report.claims,
        verdicts=report.verdicts,
    )
    try:
        return engine.services.store().submit(preprint, key=f"run:{engine.folder.id}").id
    except JupyterAgentsError as error:
        engine.journal.append("note", {"text": f"not put into the store: {error.message}"}, durable=False)
        return ""
