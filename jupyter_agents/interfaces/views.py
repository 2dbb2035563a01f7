"""A run as a person sees it: Markdown for a page, plain lines for a terminal, one bundle for a cell.

What is shown holds words of papers and models, and a page trusts what its own kernel displays. So everything here is
inert: no tags, no links but to http addresses and files, no pictures from elsewhere, no control characters.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from ..records import Budget, Option, Question, RunState, Usage, dump
from .progress import CellGlance, Progress

MIME = "application/vnd.jupyter-agents.run+json"
SCHEMA = "jupyter_agents.run/1"
REPORT_CHARS = 20_000
"""How much of a report a cell shows; the rest stands in its file."""
SUMMARY_CHARS = 3000
KEPT_CHARS = 50_000
"""How much of a result goes into a cell's output; the rest stands in the run's folder."""
MARKS = {
    RunState.queued: "○",
    RunState.running: "●",
    RunState.waiting: "?",
    RunState.paused: "‖",
    RunState.interrupted: "⚡",
    RunState.done: "✓",
    RunState.failed: "✗",
    RunState.stopped: "■",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_TARGET = re.compile(r"(\]\(\s*<?\s*)(?!https?://)[^)\s]*[:&\\][^)]*(\))", re.IGNORECASE)
_DEFINITION = re.compile(r"(\]:\s*<?\s*)(?!https?://)\S*[:&\\]\S*", re.IGNORECASE)


def bundle(progress: Progress) -> dict[str, Any]:
    """What a cell displays: our live view where the page has one, Markdown and plain text everywhere else."""
    shown = _short(progress)
    return {
        MIME: {"schema": SCHEMA, **dump(shown)},
        "text/markdown": markdown(progress),
        "text/plain": plain(progress),
    }


def markdown(progress: Progress) -> str:
    """A run in Markdown, of bounded length."""
    parts = [progress.line, f"**{_headline(progress)}**"]
    if progress.ended:
        parts += _ending(progress)
    else:
        parts += _under_way(progress)
    return inert("\n\n".join(part for part in parts if part))


def plain(progress: Progress) -> str:
    """A run in plain text, a few lines."""
    lines = [progress.line.replace("**", ""), _headline(progress)]
    if progress.question is not None and not progress.ended:
        lines += [question_text(progress.question), f"answer: {to_answer(progress.question, progress.run)}"]
    if progress.ending is not None and progress.ended:
        lines += [shorten(progress.ending.title, 500), shorten(progress.ending.summary, SUMMARY_CHARS)]
    lines += _where(progress) if progress.ended else []
    return printable("\n".join(line for line in lines if line))


def news(before: Progress | None, now: Progress) -> list[str]:
    """What a terminal that is not redrawn prints: one line for each thing that happened since `before`."""
    lines: list[str] = []
    if now.line and (before is None or before.line != now.line):
        lines.append(now.line.replace("**", ""))
    lines += [f"— {stage}" for stage in _fresh(before.stages if before else (), now.stages)]
    lines += [f"  {note}" for note in _fresh(before.notes if before else (), now.notes)]
    if now.cell is not None and (before is None or before.cell != now.cell) and now.cell.status:
        lines.append(f"  cell {now.cell.number}: {now.cell.status}{_tail(now.cell)}")
    if before is None or before.state is not now.state:
        lines.append(_headline(now))
    return [printable(line) for line in lines]


def question_text(question: Question) -> str:
    """A question with its options numbered, for a terminal or a prompt."""
    lines = [question.title, question.body]
    if question.editable:
        lines.append(_fenced(question.editable, 4000))
    lines += [f"  {i}. {_label(option)}" for i, option in enumerate(question.options, 1)]
    return printable("\n".join(line for line in lines if line))


def to_answer(question: Question, run: str) -> str:
    """The shell command that answers a question; the number of an option goes in the place of NUMBER."""
    return f"jupyter agents runs answer {run} {question.id} NUMBER"


def money(usage: Usage, budget: Budget) -> str:
    """Cost against budget, in words."""
    spent = "cost unknown" if usage.usd is None else f"USD {usage.usd:.2f}"
    limit = f" of {budget.usd:.2f}" if budget.usd is not None else ""
    tokens = f" · {usage.tokens:,} tokens" if usage.tokens else ""
    cap = f" of {budget.tokens:,}" if budget.tokens and usage.tokens else ""
    return f"{spent}{limit}{tokens}{cap}"


def inert(text: str) -> str:
    """Markdown that only shows: tags get a space so that they are none, targets that could act lead nowhere."""
    # tabs inside a scheme are dropped by browsers, blanks are not
    text = _TAG.sub("< ", _CONTROL.sub("", text.replace("\t", "    "))).replace("![", "[")
    return _DEFINITION.sub(r"\1#", _TARGET.sub(r"\1#\2", text))


def printable(text: str) -> str:
    """Text without characters that steer a terminal."""
    return _CONTROL.sub("", text)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the end shown as missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _headline(progress: Progress) -> str:
    parts = [f"{MARKS[progress.state]} {progress.agent} {progress.state.value}"]
    if progress.stages and not progress.ended:
        parts.append(progress.stages[-1])
    parts += [f"{progress.steps} step{'s' * (progress.steps != 1)}", money(progress.cost, progress.budget)]
    counts = [(progress.papers, "paper"), (progress.evidence, "quote"), (progress.cells, "cell")]
    parts += [f"{n} {name}{'s' * (n > 1)}" for n, name in counts if n]
    parts.append(f"run {progress.run}")
    asked = progress.question is not None and progress.reason == progress.question.title  # shown below anyway
    reason = f" — {progress.reason}" if progress.reason and not asked else ""
    return shorten(" · ".join(parts) + reason, 600)


def _under_way(progress: Progress) -> list[str]:
    parts = ["\n".join(f"- {shorten(note, 300)}" for note in progress.notes)]
    if progress.cell is not None:
        parts.append(_cell(progress.cell))
    if progress.live:
        parts.append("\n".join(f"> {line}" for line in progress.live.splitlines()[-6:]))
    if progress.question is not None:
        parts.append(_question(progress.question, progress.run))
    return parts


def _cell(cell: CellGlance) -> str:
    language = "python" if cell.kind == "code" else "markdown"
    shown = _fenced(cell.source, 1500, language)
    return f"{shown}\n\n{_fenced(cell.output, 800)}" if cell.output else shown


def _question(question: Question, run: str) -> str:
    options = [f"{i}. {_label(option)}" for i, option in enumerate(question.options, 1)]
    edit = _fenced(question.editable, 4000) if question.editable else ""
    parts = [
        f"**{question.title}**",
        question.body[:4000],
        edit,
        "\n".join(options),
        f"Answer: `{to_answer(question, run)}`",
    ]
    return "\n\n".join(part for part in parts if part)


def _ending(progress: Progress) -> list[str]:
    report = Path(progress.folder) / "report.md"
    try:
        with report.open(encoding="utf-8", errors="replace") as file:
            text = file.read(REPORT_CHARS + 1)
    except OSError:
        ending = progress.ending
        text = f"# {ending.title}\n\n{ending.summary}" if ending else ""
    if len(text) > REPORT_CHARS:
        text = f"{text[:REPORT_CHARS]}\n\n… the rest stands in its file."
    # the report opens with the same line as this view
    return [text.replace(f"{progress.line}\n\n", "", 1) if progress.line else text, "\n".join(_where(progress))]


def _where(progress: Progress) -> list[str]:
    folder = Path(progress.folder)
    found = [
        f"{name}: {folder / file}"
        for name, file in (("Report", "report.md"), ("Notebook", "notebook.ipynb"))
        if (folder / file).is_file()
    ]
    if progress.ending is not None:
        found += [f"File: {folder / 'artifacts' / file}" for file in progress.ending.files[:20]]
        found += [f"Preprint: {progress.ending.preprint}"] if progress.ending.preprint else []
    return [f"- {line}" for line in found]


def _fresh(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """What was added at the end of a list of which only the newest are kept."""
    for kept in range(min(len(before), len(now)), 0, -1):
        if before[-kept:] == now[:kept]:
            return now[kept:]
    return now


def _tail(cell: CellGlance) -> str:
    last = cell.output.strip().splitlines()[-1:] if cell.output.strip() else []
    return f": {shorten(last[0], 200)}" if last else ""


def _label(option: Option) -> str:
    return option.label + (" (with a text)" if option.wants_text else "")


def _fenced(text: str, limit: int, language: str = "") -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shorten(text, limit)}\n{fence}"


def _short(progress: Progress) -> Any:
    """The same with long texts cut: a notebook keeps every bundle."""
    changes: dict[str, Any] = {"live": progress.live[-2000:], "notes": tuple(n[:300] for n in progress.notes)}
    if (cell := progress.cell) is not None:
        changes["cell"] = CellGlance(
            id=cell.id, kind=cell.kind, status=cell.status, source=cell.source[:4000], output=cell.output[:4000]
        )
    if (ending := progress.ending) is not None:
        kept = {**dump(ending), "title": ending.title[:500], "summary": ending.summary[:SUMMARY_CHARS]}
        big = len(msgspec.json.encode(kept)) > KEPT_CHARS
        changes["ending"] = {**kept, **({"result": None, "claims": [], "verdicts": []} if big else {})}
    return {**dump(progress), **{name: dump(value) for name, value in changes.items()}}
