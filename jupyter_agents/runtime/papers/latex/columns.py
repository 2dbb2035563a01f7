"""A tabular's column specification, as far as it puts printed marks between cells.

`r@{.}l` prints one number in two columns, `r@{$\\pm$}l` a value and its error: such columns are one to a reader.
"""

from __future__ import annotations

import re

_JOINTS = re.compile(r"^[\s$~]*(?:\\[,;:! ])*[\s$~]*(\.|,|\\pm|±|/|--?|\\times|:)[\s$~]*(?:\\[,;:! ])*[\s$~]*$")
_SHOWN = {"\\pm": " ± ", "±": " ± ", "\\times": " × ", ".": ".", ",": ",", "/": "/", "-": "-", "--": "–", ":": ":"}
MAX_COLUMNS = 500


def joints(specification: str) -> dict[int, str]:
    """What is printed between column i and i + 1 (counted from 0) where that makes them one number."""
    found: dict[int, str] = {}
    column = -1
    at, text = 0, _unfolded(specification)
    while at < len(text) and column < MAX_COLUMNS:
        character = text[at]
        at += 1
        if character in "@!":
            inner, at = _group(text, at)
            match = _JOINTS.match(inner)
            if match and column >= 0 and character == "@":
                found[column] = _SHOWN[match[1]]
        elif character in "<>":
            _, at = _group(text, at)
        elif character.isalpha():
            column += 1
            while text[at : at + 1] in ("{", "["):
                at = _group(text, at)[1] if text[at] == "{" else max(text.find("]", at), at) + 1
    found.pop(column, None)
    return found


def _group(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != "{":
        return text[at : at + 1], at + 1
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[at + 1 : place], place + 1
    return text[at + 1 :], len(text)


_REPEATED = re.compile(r"\*\s*\{\s*(\d{1,2})\s*\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}")


def _unfolded(specification: str) -> str:
    """`*{3}{c}` as `ccc`."""
    return _REPEATED.sub(lambda match: match[2] * int(match[1]), specification[:5_000])
