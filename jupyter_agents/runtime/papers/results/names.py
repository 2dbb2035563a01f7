"""What a paper calls its own: names it introduces, and over how many runs it averages."""

from __future__ import annotations

import re

from .. import Paper

_INTRODUCES = re.compile(
    r"\b(?:[Ww]e|[Tt]his (?:paper|work))\s+(?:\w+\s+){0,2}?(?:introduces?|presents?|proposes?|describes?|develops?|"
    r"releases?|calls?)\s+(?:(?:a|an|the|our|it)\s+)?(?P<name>[A-Z][\w-]*[A-Z0-9][\w-]*|[A-Z][a-z]+[A-Z]\w*)"
)
_TITLE = re.compile(r"^(?P<name>[A-Z][\w-]*[A-Z0-9][\w-]*)\s*[:–—]")
_RUNS = re.compile(
    r"(?i)\b(?:over|of|across|from|for|with)\s+(?:the\s+)?(?:mean\s+of\s+)?\$?(?P<n>\d+|two|three|four|five|ten|twenty)"
    r"\$?\s+(?:\w+\s+){0,2}?(?:runs|seeds|restarts|repetitions|repeats|trials|replicates|simulations)\b"
)
_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "twenty": 20}
_RANDOM = re.compile(
    r"(?i)\b(?:seeds|random (?:restarts|initiali[sz]ations|splits)|repeated runs|runs with different)\b"
)


def own_names(paper: Paper) -> tuple[str, ...]:
    """Names that the title or the abstract give to what the paper offers."""
    found = [m["name"] for m in _INTRODUCES.finditer(paper.abstract)]
    found += [m["name"] for m in _TITLE.finditer(paper.title)]
    return tuple(dict.fromkeys(found))


def runs(text: str) -> tuple[int | None, bool]:
    """Over how many runs or seeds a text says it averages, and whether it does so at all."""
    match = _RUNS.search(text)
    if match is None:
        return None, bool(_RANDOM.search(text))
    return _WORDS.get(match["n"].lower()) or int(match["n"]), True
