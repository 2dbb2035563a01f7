"""What TeX reads first: comments away, verbatim text untouched, braces and environments paired."""

from __future__ import annotations

import re

VERBATIM = (
    "verbatim", "verbatim*", "Verbatim", "Verbatim*", "BVerbatim", "LVerbatim", "lstlisting", "minted", "alltt",
    "spverbatim", "verbatimtab", "pyconcode", "filecontents", "filecontents*", "tcblisting",
)  # fmt: skip
DISPLAYS = frozenset(
    f"{name}{star}"
    for name in (
        "equation",
        "align",
        "gather",
        "multline",
        "eqnarray",
        "displaymath",
        "flalign",
        "alignat",
        "xalignat",
        "xxalignat",
        "IEEEeqnarray",
        "dmath",
        "dgroup",
        "empheq",
        "math",
    )
    for star in ("", "*")
) - {"math", "math*"}
_VERBATIM_NAMES = "|".join(re.escape(name) for name in sorted(VERBATIM, key=len, reverse=True))
_LEX = re.compile(
    r"\\begin[ \t]*\{(?P<env>" + _VERBATIM_NAMES + r"|comment)\}"
    r"|(?P<url>\\(?:url|nolinkurl|path|href)[ \t]*\{[^{}\n]*\})"
    r"|(?P<verb>\\(?:verb|lstinline(?:\[[^\]\n]*\])?)\*?(?P<mark>[^\sA-Za-z*{]))"
    r"|\\."
    r"|(?P<comment>%[^\n]*(?:\n[ \t]*)?)",
    re.S,
)


def without_comments(text: str) -> str:
    """A source as TeX sees it: no comments, no `comment` environments; verbatim text is left alone."""
    out: list[str] = []
    at = 0
    while match := _LEX.search(text, at):
        out.append(text[at : match.start()])
        piece, at = match[0], match.end()
        if match["env"]:
            end = f"\\end{{{match['env']}}}"
            stop = text.find(end, at)
            stop = len(text) if stop < 0 else stop + len(end)
            piece = "" if match["env"] == "comment" else text[match.start() : stop]
            at = stop
        elif match["verb"]:
            stop = text.find(match["mark"], at)
            line = text.find("\n", at)
            if stop >= 0 and not 0 <= line < stop:
                piece, at = text[match.start() : stop + 1], stop + 1
        elif match["comment"]:
            # an empty line after a comment still ends the paragraph
            piece = "\n" if text[at : at + 1] == "\n" else ""
        out.append(piece)
    out.append(text[at:])
    return "".join(out)


_BRACES = re.compile(
    r"\\begin[ \t]*\{(?P<env>" + _VERBATIM_NAMES + r")\}"
    r"|\\verb\*?(?P<mark>[^\sA-Za-z*{])"
    r"|\\.|[{}]",
    re.S,
)


def brace_pairs(text: str) -> dict[int, int]:
    """Where each `{` closes, by position; one pass, so hostile nesting costs no more than its length."""
    pairs: dict[int, int] = {}
    open_at: list[int] = []
    at = 0
    while match := _BRACES.search(text, at):
        at = match.end()
        if match["env"]:
            pairs[at - len(match["env"]) - 2] = at - 1
            stop = text.find(f"\\end{{{match['env']}}}", at)
            at = len(text) if stop < 0 else stop
        elif match["mark"]:
            stop, line = text.find(match["mark"], at), text.find("\n", at)
            if stop >= 0 and not 0 <= line < stop:
                at = stop + 1
        elif match[0] == "{":
            open_at.append(match.start())
        elif match[0] == "}" and open_at:
            pairs[open_at.pop()] = match.start()
    return pairs


_ENDS = re.compile(
    r"\\begin[ \t]*\{(?P<verbatim>"
    + _VERBATIM_NAMES
    + r")\}|\\(?P<which>begin|end)[ \t]*\{(?P<name>[^{}\\\n]{1,60})\}"
)


def environment_ends(text: str) -> dict[int, tuple[int, int]]:
    """For each `\\begin{x}`, by position: where its `\\end{x}` starts and where that stops.

    An `\\end` closes the nearest open environment of its name; those left open inside it end there too.
    """
    ends: dict[int, tuple[int, int]] = {}
    open_now: list[tuple[str, int]] = []
    counts: dict[str, int] = {}
    at = 0
    while match := _ENDS.search(text, at):
        at = match.end()
        name = match["verbatim"] or match["name"]
        if match["verbatim"]:
            end = f"\\end{{{name}}}"
            stop = text.find(end, at)
            here = (len(text), len(text)) if stop < 0 else (stop, stop + len(end))
            ends[match.start()] = here
            at = here[1]
        elif match["which"] == "begin":
            open_now.append((name, match.start()))
            counts[name] = counts.get(name, 0) + 1
        elif counts.get(name):
            while True:
                opened, begin = open_now.pop()
                counts[opened] -= 1
                if opened == name:
                    ends[begin] = (match.start(), match.end())
                    break
                ends[begin] = (match.start(), match.start())
    for _, begin in open_now:
        ends[begin] = (len(text), len(text))
    return ends
