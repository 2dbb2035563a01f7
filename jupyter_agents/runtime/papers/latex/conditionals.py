"""TeX's conditionals as far as they decide what a reader sees: \\iffalse, \\if0, flags, known names, files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .reading import Reader

if TYPE_CHECKING:
    from .flatten import Flattener

_PRIMITIVES = frozenset(
    [
        "if",
        "ifcat",
        "ifnum",
        "ifdim",
        "ifodd",
        "ifvmode",
        "ifhmode",
        "ifmmode",
        "ifinner",
        "ifvoid",
        "ifhbox",
        "ifvbox",
        "ifx",
        "ifeof",
        "iftrue",
        "iffalse",
        "ifcase",
        "ifdefined",
        "ifcsname",
        "iffontchar",
        "ifpdf",
        "ifxetex",
        "ifluatex",
        "ifpdftex",
        "ifthispageodd",
    ]
)
_SKIP = re.compile(r"\\([a-zA-Z@]+)|\\.", re.S)
_NUMBERS = re.compile(r"\s*(-?\d+)\s*([<>=])\s*(-?\d+)\s?")
_NAMES = re.compile(r"\s*\\([a-zA-Z@]+)\s*\\([a-zA-Z@]+)")
_NAME = re.compile(r"\s*\\([a-zA-Z@]+)\s?")


def handle(flat: Flattener, frame: Reader, name: str) -> bool:
    """Decide one conditional, if the command is one; True where it was."""
    if name == "newif":
        flag = frame.name()
        if flag and flag.startswith("if"):
            flat.flags[flag[2:]] = False
        return True
    if _flag(flat, name):
        return True
    if name in ("fi", "else"):
        if name == "else":
            skip(frame, flat, stop_at_else=False)
        return True
    if name in _PRIMITIVES or (name.startswith("if") and name[2:] in flat.flags):
        if not _holds(flat, frame, name):
            skip(frame, flat, stop_at_else=True)
        return True
    return _braced(flat, frame, name)


def _flag(flat: Flattener, name: str) -> bool:
    for ending, value in (("true", True), ("false", False)):
        if name.endswith(ending) and name[: -len(ending)] in flat.flags:
            flat.flags[name[: -len(ending)]] = value
            return True
    return False


def _holds(flat: Flattener, frame: Reader, name: str) -> bool:
    """Whether the first branch is what a reader sees; what cannot be known counts as true."""
    if name == "iffalse":
        return False
    if name[2:] in flat.flags:
        return flat.flags[name[2:]]
    if name == "if":
        first, second = frame.text[frame.at : frame.at + 1], frame.text[frame.at + 1 : frame.at + 2]
        if first in "01" and first:
            frame.at += 2 if second and second in "01" else 1
            return first == second
        return True
    if name == "ifnum" and (match := _NUMBERS.match(frame.text, frame.at)):
        frame.at = match.end()
        left, right = int(match[1]), int(match[3])
        return {"<": left < right, ">": left > right, "=": left == right}[match[2]]
    if name == "ifdefined" and (match := _NAME.match(frame.text, frame.at)):
        frame.at = match.end()
        return match[1] in flat.macros.commands
    if name == "ifx" and (match := _NAMES.match(frame.text, frame.at)):
        frame.at = match.end()
        commands = flat.macros.commands
        return match[1] == match[2] or commands.get(match[1]) == commands.get(match[2]) is not None
    if name in ("ifxetex", "ifluatex", "ifmmode"):
        return False
    if name == "ifcsname":
        frame.until("\\endcsname")
        return False
    return True


def skip(frame: Reader, flat: Flattener, *, stop_at_else: bool) -> None:
    """Move behind the matching \\fi, or, if wanted, behind its \\else."""
    depth, start = 0, frame.at
    while match := _SKIP.search(frame.text, frame.at):
        frame.at = match.end()
        name = match[1] or ""
        if name in _PRIMITIVES or (name.startswith("if") and name[2:] in flat.flags and name[2:]):
            depth += 1
        elif name == "fi":
            if depth == 0:
                break
            depth -= 1
        elif name == "else" and depth == 0 and stop_at_else:
            break
    else:
        frame.at = len(frame.text)
        flat.notes.append("a conditional is never closed; what follows it was left out")
    frame.work += frame.at - start


def _braced(flat: Flattener, frame: Reader, name: str) -> bool:
    """\\IfFileExists, \\ifthenelse and etoolbox's toggles and bools."""
    if name in ("newtoggle", "providetoggle", "newbool", "newboolean"):
        flat.flags.setdefault((frame.group() or "").strip(), False)
        return True
    if name in ("toggletrue", "togglefalse", "booltrue", "boolfalse"):
        flat.flags[(frame.group() or "").strip()] = name.endswith("true")
        return True
    if name in ("setboolean", "setbool", "settoggle"):
        flag = (frame.group() or "").strip()
        flat.flags[flag] = (frame.group() or "").strip() == "true"
        return True
    if name not in ("IfFileExists", "ifthenelse", "iftoggle", "ifbool"):
        return False
    test, yes, no = frame.group(), frame.group(), frame.group()
    if test is None or yes is None or no is None:
        return False
    chosen = yes if _test(flat, name, test.strip()) else no
    flat.push(chosen)
    return True


def _test(flat: Flattener, name: str, test: str) -> bool:
    if name == "IfFileExists":
        return flat.folder.find(test, ("", ".tex")) is not None
    if name in ("iftoggle", "ifbool"):
        return flat.flags.get(test, False)
    if match := re.fullmatch(r"\\boolean\s*\{([^{}]*)\}", test):
        return flat.flags.get(match[1], False)
    if match := re.fullmatch(r"\\equal\s*\{([^{}]*)\}\s*\{([^{}]*)\}", test):
        return flat.formulas.expand(match[1]) == flat.formulas.expand(match[2])
    return False
