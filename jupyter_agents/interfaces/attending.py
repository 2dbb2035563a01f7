"""Staying with a run until it needs nobody any more: show what happens, ask what it asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import InputError, RunFailed
from ..records import Answer, Option, Question, RunState
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.state import summary
from ..session.start import resume
from . import steering
from .progress import Progress
from .views import question_text
from .watching import Watch, watch

Show = Callable[[Progress], None]
Ask = Callable[[RunFolder, Question], Answer | None]
"""Ask a person; None where they decide later."""
TRIES = 20


def attend(folder: RunFolder, show: Show, ask: Ask | None, author: str, *, after: int = 0) -> Progress:
    """Show a run until it ends, stands still, or asks what nobody here can answer; returns how it was left.

    after: the newest event before it was resumed. KeyboardInterrupt passes through; `leave` is for that.
    """
    asked: set[str] = set()
    for progress in watch(folder, after=after):
        show(progress)
        question = progress.question
        if question is None or question.id in asked or progress.state is not RunState.waiting:
            continue
        answer = ask(folder, question) if ask is not None else None
        if answer is None:
            return progress
        asked.add(question.id)
        steering.post_answer(folder, author, answer)
        if not summary(folder).pid:  # it has waited so long that its process was let go
            resume(folder)
    return progress


def leave(folder: RunFolder, show: Show, author: str) -> str:
    """A person interrupts: ask for a pause, show the last state, say how to go on. Returns at once."""
    try:
        said = steering.pause(folder, author)
    except InputError as error:  # it has just ended, or has paused already
        said = f"{error.message}; `jupyter agents runs show {folder.id}` says more"
    show(Watch(folder).look())
    return said


def check_end(progress: Progress) -> None:
    """Raises RunFailed for a run that did not come to its end: failed, stopped or interrupted."""
    if progress.state in (RunState.failed, RunState.stopped, RunState.interrupted):
        why = progress.reason or "no reason was given"
        raise RunFailed(
            f"run {progress.run} {_was(progress.state)}: {why}. What it has is kept in {progress.folder}; "
            f"{steering.go_on(progress.run)} goes on from there",
            run=progress.run,
            state=progress.state.value,
        )


def ask_by_lines(read: Callable[[str], str], write: Callable[[str], None], *, shown: bool = False) -> Ask:
    """Ask by numbered options on a line: `input()` of a notebook or a terminal.

    shown: whether the question already stands before the person's eyes, as in a page.
    """

    def ask(folder: RunFolder, question: Question) -> Answer | None:
        if not shown:
            write(question_text(question))
        option = _option(question, read, write)
        if option is None:
            return None
        text = _text(folder, question, option, read) if option.wants_text else ""
        return Answer(question=question.id, option=option.id, text=text)

    return ask


def _option(question: Question, read: Callable[[str], str], write: Callable[[str], None]) -> Option | None:
    for _ in range(TRIES):
        try:
            choice = read(f"1–{len(question.options)}, or Enter to decide later: ").strip()
        except EOFError:
            return None
        if not choice:
            return None
        try:
            return steering.choose(question, choice)
        except InputError as error:
            write(error.message)
    return None


def _text(folder: RunFolder, question: Question, option: Option, read: Callable[[str], str]) -> str:
    """A note on one line; a longer text is edited as a file."""
    if question.editable is None or option.id != "edit":
        return read(f"{option.label}, your text: ")
    path = folder.path / f"edit-{question.id}.txt"
    path.write_text(question.editable, encoding="utf-8")
    read(f"Edit and save {path}, then press Enter: ")
    return _edited(path)


def _edited(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} cannot be read: {exc}; answer again by `jupyter agents runs answer`") from exc


def _was(state: RunState) -> str:
    return "failed" if state is RunState.failed else f"was {state.value}"
