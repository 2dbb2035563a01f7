"""Programs: verbatim text as it stands, pseudocode as one line for each statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import Block
from .lexing import VERBATIM
from .walk import ENVIRONMENTS

if TYPE_CHECKING:
    from .walk import Walker


def _verbatim(walker: Walker, name: str, start: int, end: int) -> None:
    text = walker.source.text[start:end]
    title = re.match(r"\s*\[[^\]]*\]", text)
    caption = re.search(r"caption\s*=\s*\{([^{}]*)\}", title[0]) if title else None
    if name in ("lstlisting", "minted", "Verbatim", "tcblisting"):
        text = text[title.end() :] if title else text
        text = re.sub(r"\A\s*\{[^{}\n]*\}", "", text) if name == "minted" else text
    if walker.cell:
        walker.writer.write(text)
        return
    walker.paragraph()
    if not text.strip():
        return
    span = walker.writer.exact(text.strip("\n").rstrip())
    walker.close("algorithm")
    if not walker.floats:
        walker.parts.algorithms.append(
            Block(
                id=f"alg{len(walker.parts.algorithms) + 1}",
                kind=name,
                title=caption[1] if caption else "",
                section=walker.section,
                latex=text,
                span=span,
            )
        )


_LINE_WORDS = re.compile(
    r"\\(State|Statex|If|ElsIf|Else|EndIf|For|ForAll|EndFor|While|EndWhile|Repeat|Until|Require|Ensure|Return|Comment"
    r"|Function|EndFunction|Procedure|EndProcedure|Loop|EndLoop|STATE|IF|ELSIF|ELSE|ENDIF|FOR|FORALL|ENDFOR|WHILE"
    r"|ENDWHILE|REPEAT|UNTIL|REQUIRE|ENSURE|RETURN|COMMENT|KwIn|KwOut|KwData|KwResult|Input|Output|Call|uIf|eIf"
    r"|KwRet|tcp|tcc|lIf|lElse|ElseIf)\b|\\(;)"
)


_IN_LINE = frozenset({"comment", "tcp", "tcc", "call"})
_SHOWN = {"state": "", ";": "", "statex": "", "call": "", "comment": "// ", "tcp": "// ", "tcc": "// "}
_OPENERS = frozenset({"if", "for", "forall", "while", "repeat", "loop", "function", "procedure"})


def statements(walker: Walker, begins: int, end: int) -> None:
    """Write pseudocode: a line for each statement, the words of its control flow kept, blocks indented."""
    at, depth = begins, 0
    words = list(_LINE_WORDS.finditer(walker.source.text, begins, end))
    blocks = any((word[1] or "").lower().startswith("end") for word in words)
    walker.run(at, words[0].start() if words else end)
    for index, word in enumerate(words):
        stop = words[index + 1].start() if index + 1 < len(words) else end
        shown = re.sub(r"^(?:Kw|u|l|e)(?=[A-Z])", "", word[1] or ";").lower()
        if shown in ("state", ";") and not walker.source.text[word.end() : stop].strip():
            continue
        depth -= shown.startswith(("end", "until", "els"))
        if shown not in _IN_LINE:
            walker.writer.line()
            walker.writer.exact("  " * max(0, depth))
        walker.writer.write(_SHOWN.get(shown, f"{shown} "))
        depth += blocks and (shown in _OPENERS or shown.startswith("els"))
        head = walker.source.group(word.end())
        if head and head[2] <= stop:
            walker.run(head[0], head[1])
            walker.writer.write(" ")
        walker.run(head[2] if head and head[2] <= stop else walker.source.blanks(word.end()), stop)
        walker.writer.write(" ")


def _algorithmic(walker: Walker, name: str, start: int, end: int) -> None:
    """A program: one line for each statement, the words of its control flow kept."""
    if walker.cell:
        walker.run(walker.source.after_optionals(start), end)
        return
    alone = not walker.floats
    walker.paragraph()
    first = len(walker.parts.paragraphs)
    statements(walker, walker.source.after_optionals(start), end)
    walker.close("algorithm")
    if alone:
        walker.parts.algorithms.append(
            Block(id=f"alg{len(walker.parts.algorithms) + 1}", kind=name, section=walker.section,
                  latex=walker.source.text[start:end].strip(), span=walker.covered(first))
        )  # fmt: skip


def register() -> None:
    """Fill the table of environments."""
    ENVIRONMENTS.update(dict.fromkeys(VERBATIM, _verbatim))
    ENVIRONMENTS.update(dict.fromkeys(("algorithmic", "algorithm2e", "pseudocode", "algpseudocode"), _algorithmic))


register()
