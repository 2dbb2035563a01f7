"""Title and authors, in the many forms that classes give them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .walk import Source, Walker

_TITLE = re.compile(r"\\(?:title|icmltitle|Title|papertitle|ArticleTitle|TITLE)\b\*?")
_AUTHOR = re.compile(r"\\(?:author|icmlauthor|Author|authors|name|addauthor)\b\*?")
_SECTION = re.compile(r"\\section\s*\*")
_BLOCKS = re.compile(r"\\IEEEauthorblockN\b")
_DROPPED = (
    "thanks|footnote|footnotemark|footnotetext|email|affiliation|affil|affiliations|address|institute|inst|orcid|Thanks"
    "|orcidlink|IEEEauthorblockA|textsuperscript|authorrefmark|IEEEauthorrefmark|IEEEmembership|corref|fnref|ead"
    "|thanksref|altaffiliation|institution|homepage|textit|emph|texttt|small|vspace|hspace|label|samethanks|url|href"
    "|authornote|icmlaffiliation|tnoteref|corauthref|url|textsl|raisebox|ddag|dag|orcidID|comma|printead"
    "|footnoterule|Emails"
)
_DROP = re.compile(rf"\\({_DROPPED})\b\*?\s*(?:\[[^\]]*\])?")
_BETWEEN = re.compile(r"\\(?:and|And|AND)\b")
_LINES = re.compile(r"\\\\(?:\s*\[[^\]]*\])?|\\(?:qquad|quad|hfill)\b|\n[ \t]*\n")
_MARK = "\x01"
"""Stands for a raised mark while names are parted: a line that begins with one is an affiliation."""
_SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV|PhD|Ph\.D|M\.?D)\.?")
_MARKS = re.compile(r"\$[^$]*\$|\\(?:hspace|vspace|thanks)\*?\s*\{[^{}]*\}|\^\{[^{}]*\}|\\(?:dag|ddag|ast|star|S|P)\b")
_AFFILIATION_WORDS = re.compile(
    r"universit|institut|depart|laborator|school|college|center|centre|facult|academy|research|google|microsoft|inc\.|ltd|@|"
    r"http|hospital|polytech|division|observatory|street|avenue|road|corporation|foundation|\bUSA\b|\bUK\b|member|fellow|"
    r"\blab\b|\blabs\b|engineering|\bsciences?\b|physics|mathemati|informati|statistics|germany|france|china|japan|netherlands|technology|technische|nasa|cnrs|inria|e-?mail|equal|contribut|affiliation|address",
    re.I,
)
_NAME = re.compile(r"^[^\W\d_][\w.'’‐\-–]*(?:[ \u00a0]+[^\W\d_]?[\w.'’‐\-–,]*){1,6}$")
_STYLED = re.compile(r"^\s*\{?\s*\\(?:footnotesize|small|scriptsize|textsl|textit|it|em|emph|tiny|sl|tt|texttt)\b")


@dataclass(frozen=True)
class Front:
    """Who wrote it and what it is called."""

    title: str
    authors: tuple[str, ...]
    home_title: str | None = None
    """The title where it is a heading in the body, so that it is not read as a section."""


def read(walker: Walker) -> Front:
    """Title and authors of a flat source."""
    source = walker.source
    title = _title(walker)
    if title:
        return Front(title, _authors(walker))
    home = _home_title(walker)
    if home is None:
        return Front("", _authors(walker))
    shown, after = home
    return Front(shown, _authors(walker) or _home_authors(walker, source, after), home_title=shown)


def _title(walker: Walker) -> str:
    for match in _TITLE.finditer(walker.source.text):
        found = walker.source.group(walker.source.after_optionals(match.end()))
        if found:
            title = clean(walker.plain(found[0], found[1]))
            if title and title.lower() not in ("title", "your title"):
                return title
    return ""


def clean(text: str) -> str:
    """One line, without the daggers and stars that point at notes."""
    return " ".join(re.sub(r"\s*[*†‡§¶]+\s*$", "", text).split())


def _home_title(walker: Walker) -> tuple[str, int] | None:
    """A starred first section before the abstract: a home-made style's title."""
    source = walker.source
    begin = source.text.find("\\begin{document}")
    match = _SECTION.search(source.text, max(begin, 0))
    found = source.group(match.end()) if match else None
    if match is None or found is None:
        return None
    abstract = source.text.find("\\begin{abstract}", found[2])
    first = re.compile(r"\\section\s*\{").search(source.text, max(begin, 0))
    if (first and first.start() < match.start()) or (abstract < 0 and first is None):
        return None
    title = walker.plain(found[0], found[1])
    if not title or title.lower() in ("abstract", "introduction", "acknowledgements", "acknowledgments"):
        return None
    return re.sub(r"\s+", " ", title).strip(), found[2]


def _authors(walker: Walker) -> tuple[str, ...]:
    source = walker.source
    found: list[str] = []
    for match in _AUTHOR.finditer(source.text):
        group = source.group(source.after_optionals(match.end()))
        if group:
            found += _of_group(walker, group[0], group[1])
    return tuple(dict.fromkeys(name for name in found if name))


def _of_group(walker: Walker, start: int, end: int) -> list[str]:
    source = walker.source
    blocks = list(_BLOCKS.finditer(source.text, start, end))
    if blocks:
        names: list[str] = []
        for block in blocks:
            group = source.group(block.end())
            if group:
                names += _names(_without_notes(source, group[0], group[1]), walker)
        return names
    return _names(_without_notes(source, start, end), walker)


def _without_notes(source: Source, start: int, end: int) -> str:
    """A piece of the source without notes, affiliations and marks."""
    out: list[str] = []
    at = start
    while match := _DROP.search(source.text, at, end):
        out.append(source.text[at : match.start()] + (_MARK if match[1] == "textsuperscript" else ""))
        group = source.group(match.end())
        at = group[2] if group and group[2] <= end else match.end()
        if match[1] == "href" and group:
            group = source.group(at)
            out.append(source.text[group[0] : group[1]] if group else "")
            at = group[2] if group else at
    out.append(source.text[at:end])
    return _MARKS.sub(_MARK, "".join(out))


def _names(latex: str, walker: Walker) -> list[str]:
    names: list[str] = []
    for block in _BETWEEN.split(latex):
        affiliated, before = False, len(names)
        for line in _LINES.split(block):
            if affiliated or (names and line.lstrip(" {\n\t").startswith(_MARK)):
                break
            shown = _plain(line.replace(_MARK, " "), walker)
            if len(names) > before and _AFFILIATION_WORDS.search(shown):
                break
            found, affiliated = _of_line(shown)
            names += [name for name in found if not (names and _SUFFIX.fullmatch(name))]
    return names


def _of_line(shown: str) -> tuple[list[str], bool]:
    """The names of one line; and whether an affiliation began in it, so that no names follow."""
    found: list[str] = []
    shown = re.sub(r"\[[^\]]*\]|[*†‡§¶#∗⋆]|\d+(?:\s*,\s*\d+)*\s*$", " ", shown)
    for piece in re.split(r"\s*[,;]\s*(?:and\s+)?|\s+(?:and|AND|&)\s+|\s*\|\s*", shown):
        if _AFFILIATION_WORDS.search(piece or ""):
            return found, True
        name = re.sub(r"[\d,]+$", "", " ".join((piece or "").split())).strip(" ,;.:").removeprefix("and ")
        if re.search(r"[^\W\d_]{2}", name) and len(name.split()) <= 7:
            found.append(name)
    return found, False


def _plain(latex: str, walker: Walker) -> str:
    source = Source.of(latex)
    scratch = Walker(source, walker.theorems, walker.counters, cell=True, expand=walker.expand)
    scratch.run(0, len(latex))
    return scratch.writer.text


def _home_authors(walker: Walker, source: Source, at: int) -> tuple[str, ...]:
    """Lines between a home-made title and the abstract that are names and not set smaller, as affiliations are."""
    stop = source.text.find("\\begin{abstract}", at)
    if stop < 0 or stop - at > 8_000:
        return ()
    block = source.text[at:stop]
    names: list[str] = []
    for line in re.split(r"\\\\(?:\s*\[[^\]]*\])?|\n[ \t]*\n", _without_marks(source, at, stop, block)):
        shown = "" if _STYLED.match(line) else _plain(line, walker)
        if shown and _NAME.match(shown) and not _AFFILIATION_WORDS.search(shown):
            names.append(shown)
    return tuple(names)


def _without_marks(source: Source, start: int, stop: int, block: str) -> str:
    """The block without footnotes, whose text stands there in a home-made style."""
    out: list[str] = []
    at = start
    for match in re.compile(r"\\(?:footnotetext|footnote|footnotemark)\b").finditer(source.text, start, stop):
        if match.start() < at:
            continue
        out.append(source.text[at : match.start()])
        group = source.group(match.end())
        at = group[2] if group else match.end()
    out.append(source.text[at:stop])
    return "".join(out)
