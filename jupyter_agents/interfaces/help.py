"""Help and completion, made from the grammar, so that neither can be out of date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from .. import designs
from ..settings import SECTION, described
from .grammar import Face, Verb
from .words import split

START: Mapping[Face, str] = {"notebook": "%agent", "shell": "jupyter agents"}
Lister = Callable[[], Iterable[str]]


def overview(verbs: Sequence[Verb], face: Face) -> str:
    """All commands of a face, one a line."""
    here = [verb for verb in verbs if verb.face in (None, face)]
    wide = max(len(_short(verb)) for verb in here)
    lines = [f"  {_short(verb):<{wide}}  {verb.about}" for verb in here]
    start = START[face]
    more = (
        f"`{start} COMMAND --help` says more about one command; `--help-settings` lists the settings."
        if face == "shell"
        else "`%agent COMMAND --help` says more about one command. Alone, `%agent` shows a form; with `%%agent` the\n"
        "request is the cell's body, and {name} of a variable becomes its value."
    )
    return "\n".join([f"{start} COMMAND …", "", *lines, "", more])


def explain(verb: Verb, face: Face) -> str:
    """One command: how it is typed, and what each part is for."""
    options = [option for option in verb.options if option.face in (None, face)]
    rows = [(place.name, place.about) for place in verb.places]
    rows += [(option.usage, option.about) for option in options]
    wide = min(32, max((len(name) for name, _ in rows), default=0))
    lines = [f"  {name:<{wide}}  {about}" for name, about in rows]
    short = " ".join([START[face], _short(verb), "[OPTIONS]" if options else ""]).strip()
    return "\n".join([verb.about, "", short, "", *lines]).rstrip()


def explain_settings() -> str:
    """All settings: what they are for, what they take, their defaults."""
    head = (
        f"Set by an option, `%config {SECTION}.NAME = value`, the environment (JUPYTER_AGENTS_NAME) or\n"
        f'jupyter_agents_config.json on Jupyter\'s config path: {{"{SECTION}": {{"NAME": value}}}}.'
    )
    blocks = [f"{s.name} = {s.default!r}\n    {s.about} Wanted: {s.wants}." for s in described()]
    return "\n\n".join([head, *blocks])


def complete(line: str, verbs: Sequence[Verb], face: Face, runs: Lister = tuple) -> list[str]:
    """What the last, unfinished word of a line may become; the line is what follows `%agent`."""
    words = [word.value for word in split(line)]
    last = words.pop() if words and not line[-1:].isspace() else ""
    return sorted(word for word in _possible(words, last, verbs, face, runs) if word.startswith(last))


def _possible(before: list[str], last: str, verbs: Sequence[Verb], face: Face, runs: Lister) -> Iterable[str]:
    here = [verb for verb in verbs if verb.face in (None, face)]
    verb = next((v for v in here if tuple(before[: len(v.words)]) == v.words), None)
    if verb is None:
        return {v.words[len(before)] for v in here if list(v.words[: len(before)]) == before}
    options = {f"--{option.name}": option for option in verb.options if option.face in (None, face)}
    if before[-1] in options and not options[before[-1]].switch:
        return _values(before[-1], options[before[-1]].choices)
    if last.startswith("-"):
        return {name for name, option in options.items() if option.many or name not in before} | {"--help"}
    if verb.places[:1] and verb.places[0].name == "RUN" and len(before) == len(verb.words):
        return {*runs(), "last"}
    return ()


def _values(option: str, choices: Sequence[str]) -> Iterable[str]:
    return designs.names() if option == "--design" else choices


def _short(verb: Verb) -> str:
    return " ".join([verb.name, *(p.name if p.required else f"[{p.name}]" for p in verb.places)])
