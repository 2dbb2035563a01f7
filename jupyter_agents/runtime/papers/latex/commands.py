"""What the commands of running text mean: headings, citations, references, notes, and what only moves ink."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import Block, Section
from .counters import LEVELS, Label
from .silent import DROPPED, KEPT
from .walk import COMMANDS

if TYPE_CHECKING:
    from .walk import Walker


def _drop(walker: Walker, name: str, at: int, stop: int) -> int:
    count = DROPPED[name]
    return walker.source.drop(at, count) if count else walker.source.blanks(at)


def _keep(walker: Walker, name: str, at: int, stop: int) -> int:
    """Go on inside the last argument: its braces vanish by themselves."""
    at = walker.source.after_optionals(walker.source.drop(at, KEPT[name]))
    inside = walker.source.group(at)
    return inside[0] if inside else at


def _heading(walker: Walker, name: str, at: int, stop: int) -> int:
    source = walker.source
    starred = source.text[at - 1] == "*"
    short = source.optional(at)
    found = source.argument(short[1] if short else at)
    if found is None:
        return at
    if walker.cell:
        walker.run(found[0], found[1])
        return found[2]
    walker.paragraph()
    start, end, after = found
    after = _stepped_before(walker, name, after)
    title = re.sub(r"\s+", " ", walker.plain(start, end)).strip()
    if starred and walker.home_title is not None and title == walker.home_title:
        return _notes_of(walker, start, end, after)
    number = "" if starred else _number(walker, name)
    parent = next((s.id for s in reversed(walker.parts.sections) if s.level < LEVELS[name] and s.title), None)
    shown = " ".join(part for part in (number, title) if part)
    span = walker.writer.heading(shown) if shown else None
    section = Section(
        id=f"s{len(walker.parts.sections)}", title=title, level=LEVELS[name], parent=_parent(walker, parent, name),
        number=number, span=span,
    )  # fmt: skip
    walker.parts.sections.append(section)
    walker.section = section.id
    if number:
        walker.here = Label("section", number)
    for label in re.finditer(r"\\label\s*\{([^{}]*)\}", source.text[start:end]):
        walker.set_label(label[1])
    return _notes_of(walker, start, end, after)


_STEPPED_NEXT = re.compile(r"\s*\\refstepcounter\s*\{(\w+)\}")


def _stepped_before(walker: Walker, name: str, after: int) -> int:
    """A run-in heading is printed after what follows it at once: `\\paragraph{N~\\then}\\refstepcounter{n}`."""
    match = _STEPPED_NEXT.match(walker.source.text, after)
    if match is None or name != "paragraph":
        return after
    walker.here = Label("", walker.counters.step(match[1]))
    return match.end()


def _counter(walker: Walker, name: str, at: int, stop: int) -> int:
    """\\setcounter and its kin: the authors' own numbering."""
    source, counters = walker.source, walker.counters
    found = source.group(at)
    if found is None:
        return at
    counter, after = source.text[found[0] : found[1]].strip(), found[2]
    if name in ("setcounter", "addtocounter"):
        amount = source.group(after)
        after = amount[2] if amount else after
        text = source.text[amount[0] : amount[1]].strip() if amount else ""
        if re.fullmatch(r"-?\d{1,6}", text):
            counters.values[counter] = int(text) + (counters.values.get(counter, 0) if name == "addtocounter" else 0)
    elif name == "newcounter":
        counters.values.setdefault(counter, 0)
        after = source.after_optionals(after)
    else:
        number = counters.step(counter)
        walker.here = Label("", number) if name == "refstepcounter" else walker.here
    return after


def _value(walker: Walker, name: str, at: int, stop: int) -> int:
    """`\\arabic{counter}` and its kin."""
    found = walker.source.group(at)
    if found is None:
        return at
    value = walker.counters.values.get(walker.source.text[found[0] : found[1]].strip())
    if value is not None:
        letters = {"alph": "a", "Alph": "A"}
        walker.writer.write(chr(ord(letters[name]) + (value - 1) % 26) if name in letters else str(value))
    return found[2]


def _parent(walker: Walker, candidate: str | None, name: str) -> str | None:
    """The nearest heading above that is of a lower level, with no shallower one between."""
    level = LEVELS[name]
    for section in reversed(walker.parts.sections):
        if section.id != "s0" and section.level < level:
            return section.id
    return candidate


def _notes_of(walker: Walker, start: int, end: int, after: int) -> int:
    """Footnotes in a heading are read after it."""
    for match in re.finditer(r"\\(footnote|endnote|thanks)\b", walker.source.text[start:end]):
        found = walker.source.group(start + match.end())
        if found:
            _footnote(walker, match[1], start + match.end(), end)
    return after


def _number(walker: Walker, name: str) -> str:
    counters = walker.counters
    if name in ("part", "paragraph", "subparagraph"):
        return ""
    order = ["chapter", "section", "subsection", "subsubsection"]
    for inner in order[order.index(name) + 1 :]:
        counters.values[inner] = 0
    return counters.step(name)


def _footnote(walker: Walker, name: str, at: int, stop: int) -> int:
    source = walker.source
    at = source.after_optionals(at)
    found = source.group(at)
    if found is None:
        return at
    start, end, after = found
    number = walker.next_footnote()
    walker.later(lambda: _read_footnote(walker, number, start, end))
    walker.writer.tight()
    return after


def _read_footnote(walker: Walker, number: str, start: int, end: int) -> None:
    walker.writer.prefix(f"[Footnote {number}] ")
    first = len(walker.parts.paragraphs)
    walker.as_role("footnote", start, end)
    read = walker.parts.paragraphs[first:]
    if read:
        span = type(read[0].span)(start=read[0].span.start, end=read[-1].span.end)
        walker.parts.footnotes.append(
            Block(id=f"fn{len(walker.parts.footnotes) + 1}", kind="footnote", section=walker.section,
                  latex=walker.source.text[start:end], span=span)
        )  # fmt: skip


def _par(walker: Walker, name: str, at: int, stop: int) -> int:
    walker.paragraph()
    return walker.source.blanks(at)


def _url(walker: Walker, name: str, at: int, stop: int) -> int:
    found = walker.source.group(at)
    if found is None:
        return at
    address = walker.source.text[found[0] : found[1]]
    walker.writer.write(re.sub(r"\\([%#&_~{}])", r"\1", address))
    return found[2]


def _verb(walker: Walker, name: str, at: int, stop: int) -> int:
    text = walker.source.text
    close = text.find(text[at : at + 1], at + 1, stop)
    if close < 0:
        return at
    walker.writer.exact(text[at + 1 : close])
    return close + 1


def _xspace(walker: Walker, name: str, at: int, stop: int) -> int:
    following = walker.source.text[at : at + 1]
    if following and (following.isalnum() or following in "($\\“`["):
        walker.writer.write(" ")
    return at


def _ensuremath(walker: Walker, name: str, at: int, stop: int) -> int:
    found = walker.source.group(at)
    if found is None:
        return at
    walker.inline(walker.source.text[found[0] : found[1]])
    return found[2]


def _quoted(walker: Walker, name: str, at: int, stop: int) -> int:
    found = walker.source.group(at)
    if found is None:
        return at
    walker.writer.write("“")
    walker.run(found[0], found[1])
    walker.writer.tight()
    walker.writer.write("”")
    return found[2]


def _script(walker: Walker, name: str, at: int, stop: int) -> int:
    """Text raised or lowered: readable as `^…` only where leaving the mark out would change a number."""
    found = walker.source.group(at)
    if found is None:
        return at
    if walker.writer.last.isdigit() and not walker.writer.spaced:
        walker.writer.write("^" if name == "textsuperscript" else "_")
    return walker.source.blanks(at)


def _appendix(walker: Walker, name: str, at: int, stop: int) -> int:
    walker.paragraph()
    walker.counters.begin_appendix()
    return walker.source.blanks(at)


def _dimension(walker: Walker, name: str, at: int, stop: int) -> int:
    """`\\vskip 2pt plus 1fil`: a length without braces."""
    match = re.compile(r"\s*=?\s*-?[\d.]*\s*(?:\\[a-zA-Z]+|[a-z]{2})(?:\s*(?:plus|minus)\s*[-\d.]+\s*[a-z]+)*").match(
        walker.source.text, at, min(stop, at + 80)
    )
    return match.end() if match else at


def _missing(walker: Walker, name: str, at: int, stop: int) -> int:
    found = walker.source.group(at)
    if found is None:
        return at
    if walker.floats:
        walker.floats[-1].missing.append(walker.source.text[found[0] : found[1]])
    return found[2]


def _first_of_two(walker: Walker, name: str, at: int, stop: int) -> int:
    """`\\texorpdfstring{shown}{for bookmarks}`: read the first."""
    first = walker.source.group(at)
    if first is None:
        return at
    walker.run(first[0], first[1])
    return walker.source.drop(first[2], 1)


def register() -> None:
    """Fill `COMMANDS`; later entries win."""
    COMMANDS.update(dict.fromkeys(DROPPED, _drop))
    COMMANDS.update(dict.fromkeys(KEPT, _keep))
    COMMANDS.update(dict.fromkeys(LEVELS, _heading))
    COMMANDS.update(dict.fromkeys(("footnote", "endnote", "footnotetext"), _footnote))
    COMMANDS.update(
        dict.fromkeys(("setcounter", "addtocounter", "newcounter", "stepcounter", "refstepcounter"), _counter)
    )
    COMMANDS.update(dict.fromkeys(("arabic", "alph", "Alph", "value"), _value))
    COMMANDS.update(dict.fromkeys(("url", "nolinkurl", "path"), _url))
    COMMANDS.update(dict.fromkeys(("vskip", "hskip", "kern", "parindent", "parskip", "baselineskip"), _dimension))
    COMMANDS.update(
        par=_par, verb=_verb, lstinline=_verb, xspace=_xspace, ensuremath=_ensuremath,
        textsuperscript=_script, textsubscript=_script, appendix=_appendix, jamissing=_missing,
        enquote=_quoted,
        footnotemark=lambda w, n, at, stop: w.source.after_optionals(at), texorpdfstring=_first_of_two,
    )  # fmt: skip


register()
