"""LaTeX's names of characters as Unicode: accents, ligatures, letters and signs."""

from __future__ import annotations

import functools
import unicodedata

ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "k": "\u0328",
    "r": "\u030a", "t": "\u0361",
}  # fmt: skip
_DOTLESS = {"\\i": "i", "\\j": "j", "ı": "i", "ȷ": "j"}
_OWN = {
    "LaTeX": "LaTeX", "LaTeXe": "LaTeX2e", "TeX": "TeX", "BibTeX": "BibTeX", "ldots": "…", "dots": "…",
    "textellipsis": "…", "textbackslash": "\\", "textasciitilde": "~", "texttildelow": "~", "textasciicircum": "^",
    "textunderscore": "_", "textbar": "|", "textless": "<", "textgreater": ">", "textquotesingle": "'",
    "textquotedblleft": "“", "textquotedblright": "”", "textquoteleft": "‘", "textquoteright": "’",
    "textendash": "–", "textemdash": "—", "textdegree": "°", "degree": "°", "textmu": "µ", "micro": "µ",
    "textpm": "±", "texttimes": "×", "textperiodcentered": "·", "textbullet": "•", "textregistered": "®",
    "copyright": "©", "textcopyright": "©", "texttrademark": "™", "textsuperscript": "", "dag": "†", "ddag": "‡",
    "S": "§", "P": "¶", "pounds": "£", "euro": "€", "texteuro": "€", "slash": "/", "nobreakdash": "", "quad": " ",
    "qquad": " ", "enspace": " ", "thinspace": " ", "space": " ", "nobreakspace": " ", "newline": " ",
    "linebreak": " ", "hfill": " ", "hfil": " ", "checkmark": "✓", "cmark": "✓", "xmark": "✗", "ding": "",
    "lbrack": "[", "rbrack": "]", "lbrace": "{", "rbrace": "}", "textnumero": "№", "textapprox": "~",
    "i": "ı", "j": "ȷ", "linewidth": "", "textwidth": "", "columnwidth": "", "today": "",
    "figurename": "Figure", "tablename": "Table", "sectionname": "Section", "thefootnote": "",
}  # fmt: skip
ESCAPED = {
    "%": "%", "&": "&", "#": "#", "_": "_", "$": "$", "{": "{", "}": "}", " ": " ", "\n": " ", ",": " ", ";": " ",
    ":": " ", "!": "", "/": "", "-": "", "@": "", "*": "", "+": "", "|": "‖", ">": "", "<": "",
}  # fmt: skip


def accented(accent: str, letter: str) -> str:
    """A letter under an accent, composed where Unicode has it so; `\\'{\\i}` is í."""
    letter = _DOTLESS.get(letter.strip(), letter.strip())
    if not letter:
        return ""
    return unicodedata.normalize("NFC", letter[0] + ACCENTS[accent] + letter[1:])


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    from pylatexenc.latex2text import get_default_latex_context_db

    table: dict[str, str] = {}
    for spec in get_default_latex_context_db().iter_macro_specs():
        shown = spec.simplify_repl
        if isinstance(shown, str) and "%" not in shown and spec.macroname.isalpha():
            table[spec.macroname] = shown
    table.update(_OWN)
    for structural in ("title", "author", "date", "maketitle", "footnote", "item", "par", "and", "section"):
        table.pop(structural, None)
    return table


def symbol(name: str) -> str | None:
    """The characters a command stands for, or None where it stands for none."""
    return _table().get(name)


def ligatures(text: str) -> str:
    """TeX's dashes and quotation marks."""
    if "-" in text:
        text = text.replace("---", "—").replace("--", "–")
    if "`" in text:
        text = text.replace("``", "“").replace("`", "‘")
    return text.replace("''", "”").replace("'", "’") if "'" in text else text
