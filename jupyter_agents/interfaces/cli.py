"""`jupyter agents …`: the grammar in a shell. Exit code 0: done, 1: not done, 2: not as written."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from .. import __version__
from ..errors import JupyterAgentsError
from ..records import RunState
from ..runtime.journal.folder import RunFolder
from ..settings import resolve
from . import printing
from .attending import Ask, ask_by_lines, attend, leave
from .commands import perform
from .grammar import Command, Verb, find, parse
from .help import explain, explain_settings, overview
from .progress import Progress
from .starting import launch, plan
from .verbs import all_verbs
from .views import news, plain, printable, shorten
from .words import Word, from_argv

AUTHOR = "shell"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    sys.excepthook = sys.__excepthook__ if debug else _one_sentence
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal without ✓ shows ? instead of failing
        sys.stdout.reconfigure(errors="replace")
    try:
        return _main([word for word in words if word != "--debug"])
    except JupyterAgentsError as error:
        if debug:
            raise
        _say(f"error: {printable(error.message)}")
        return error.exit_code
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:  # the reader, `head` for instance, has gone: nobody is left to tell
        sys.stderr.close()
        return 1


def _main(argv: list[str]) -> int:
    if argv == ["--version"]:
        print(__version__)
        return 0
    if argv == ["--help-settings"]:
        print(explain_settings())
        return 0
    line, words = from_argv(argv)
    verbs = all_verbs()
    if not argv or argv[0] in ("--help", "-h"):
        print(overview(verbs, "shell"))
        return 0
    if any(word in ("--help", "-h") for word in argv):
        return _help(words, verbs)
    command = parse(line, words, verbs, "shell")
    return _run(command) if command.verb.agent else _perform(command)


def _help(words: Sequence[Word], verbs: Sequence[Verb]) -> int:
    group = [verb for verb in verbs if verb.words[0] == words[0].value]
    if len(words) == 2 and len(group) > 1:
        print("\n\n".join(explain(verb, "shell") for verb in group))
    else:
        print(explain(find(words, verbs)[0], "shell"))
    return 0


def _perform(command: Command) -> int:
    settings = resolve({})
    shown = perform(command, settings, AUTHOR)
    if command.switch("json"):
        print(printing.as_json(shown.record))
        return shown.exit_code
    if shown.follow is None:
        print(shown.text)
        return shown.exit_code
    _say(shown.text)
    return _stay(RunFolder(Path(shown.follow.folder)), after=shown.follow.after)


def _run(command: Command) -> int:
    folder, handed = launch(plan(command))
    for item in handed:
        _say(f"data {item.name}: {item.about}")
    if command.switch("background"):
        print(folder.id)
        return 0
    _say(f"run {folder.id}, Ctrl-C pauses it")
    return _stay(folder)


def _stay(folder: RunFolder, *, after: int = 0) -> int:
    screen = Screen()
    try:
        progress = attend(folder, screen.show, _asker(), AUTHOR, after=after)
    except KeyboardInterrupt:
        said = leave(folder, screen.show, AUTHOR)
        screen.clear()
        _say(said)
        return 1
    finally:
        screen.clear()
    print(plain(progress))
    if progress.state is RunState.paused or progress.state in (RunState.interrupted, RunState.failed):
        _say(f"go on with: jupyter agents runs resume {folder.id}")
    return 0 if progress.state is RunState.done else 1


def _asker() -> Ask | None:
    """Questions are asked where somebody sits at the terminal."""
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return ask_by_lines(input, _say)


class Screen:
    """Progress on standard error: a line for each thing that happens and, on a terminal, one that is redrawn."""

    def __init__(self) -> None:
        self._before: Progress | None = None
        self._redraws = sys.stderr.isatty()

    def show(self, progress: Progress) -> None:
        """What is new, and on a terminal where it stands."""
        self.clear()
        for line in news(self._before, progress):
            _say(line)
        self._before = progress
        if self._redraws and not progress.ended and progress.question is None:
            status = plain(progress).splitlines()[-1]
            sys.stderr.write(shorten(status, shutil.get_terminal_size().columns - 1))
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the redrawn line away."""
        if self._redraws:
            sys.stderr.write("\r\x1b[2K")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _one_sentence(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What a person reads when the program itself is wrong, or the machine fails it."""
    words = json.dumps(str(error).splitlines()[:1], ensure_ascii=False)[1:-1]
    _say(f"error: {kind.__name__} {words}; run it again with --debug for the traceback")


if __name__ == "__main__":
    sys.exit(main())
