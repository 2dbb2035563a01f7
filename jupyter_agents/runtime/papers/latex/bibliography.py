"""The bibliography, from `thebibliography`, a .bbl or a .bib, joined to citations by its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .. import Reference
from .counters import Counters
from .walk import Source, Walker

_ITEM = re.compile(r"\\bibitem\b")
_YEAR = re.compile(r"(?<![\d.:/-])((?:1[6-9]|20)\d\d)[a-z]?(?![\d/-])")
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>{},;]+)", re.I)
_ARXIV = re.compile(r"(?:arXiv(?:\s+preprint)?\s*[:\s/]\s*(?:arXiv:)?|arxiv\.org/(?:abs|pdf)/|CoRR,?\s*abs/)"
                    r"((?:\d{4}\.\d{4,5}|[a-z][\w.-]+/\d{7})(?:v\d+)?)", re.I)  # fmt: skip
_URL = re.compile(r"https?://[^\s{}\\,;\]]+")
_JOURNAL_FOLLOWED = re.compile(r"[\s,]*(?:\\textbf\s*\{|\{\s*\\bf(?:series)?\b|[Vv]ol)?[\s{.~]*\d")
"""A volume behind emphasised words: they are the journal, not the title."""


def from_latex(latex: str) -> tuple[Reference, ...]:
    """The entries of a `thebibliography` (flat LaTeX), in its order."""
    if "\\entry{" in latex and "\\bibitem" not in latex:
        return _from_biblatex(latex)
    source = Source.of(latex)
    starts = [m.start() for m in _ITEM.finditer(latex)]
    stop_all = latex.find("\\end{thebibliography}", starts[-1]) if starts else -1
    found: dict[str, Reference] = {}
    for index, start in enumerate(starts):
        stop = starts[index + 1] if index + 1 < len(starts) else (stop_all if stop_all >= 0 else len(latex))
        reference = _item(source, start, stop)
        if reference is not None:
            found.setdefault(reference.key, reference)
    return tuple(found.values())


def _item(source: Source, start: int, stop: int) -> Reference | None:
    at = start + len("\\bibitem")
    key = source.group(_after_label(source, at, stop))
    if key is None or key[2] > stop:
        return None
    name = source.text[key[0] : key[1]].strip()
    latex = source.text[key[2] : stop]
    text = _plain(source, key[2], stop)
    return Reference(
        key=name,
        text=text,
        title=_title(source, key[2], stop, latex),
        authors=_authors(source, key[2], stop, latex),
        year=_year(latex, text),
        doi=_doi(latex, text),
        arxiv=_first(_ARXIV, latex) or _first(_ARXIV, text),
        url=_first(_URL, latex),
    )


def _after_label(source: Source, at: int, stop: int) -> int:
    """Behind `[label]`, which may hold braces and brackets in braces."""
    at = source.blanks(at)
    if source.text[at : at + 1] != "[":
        return at
    place = at + 1
    for match in iter(re.compile(r"\\.|[{\]]", re.S).finditer(source.text, place, stop)):
        if match.start() < place:
            continue
        if match[0] == "]":
            return match.end()
        if match[0] == "{":
            place = source.pairs.get(match.start(), match.start()) + 1
    return at


def _plain(source: Source, start: int, stop: int) -> str:
    scratch = Walker(source, {}, Counters(), cell=True)
    scratch.run(start, stop)
    return re.sub(r"\s+([,.;:])", r"\1", scratch.writer.text)


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return (match[1] if match.re.groups else match[0]).rstrip(".,;)") if match else ""


def _doi(latex: str, text: str) -> str:
    return _first(_DOI, latex.replace("\\_", "_")) or _first(_DOI, text)


def _year(latex: str, text: str) -> str:
    field = re.search(r"\\bibinfo\s*\{year\}\s*\{(\d{4})", latex)
    if field:
        return field[1]
    bracketed = re.findall(r"\(((?:1[6-9]|20)\d\d)[a-z]?\)", text)
    years = bracketed or _YEAR.findall(_ARXIV.sub(" ", _URL.sub(" ", text)))
    return str(years[-1]) if years else ""


def _blocks(source: Source, start: int, stop: int) -> list[tuple[int, int]]:
    cuts = list(re.compile(r"\\newblock\b").finditer(source.text, start, stop))
    begins = [start, *(m.end() for m in cuts)]
    ends = [*(m.start() for m in cuts), stop]
    return list(zip(begins, ends, strict=True))


def _title(source: Source, start: int, stop: int, latex: str) -> str:
    """By field, by second block, by emphasis or quotation marks; empty where none says so."""
    field = re.search(r"\\bib(?:info|field)\s*\{(?:title|booktitle)\}\s*(?=\{)", latex)
    blocks = _blocks(source, start, stop)
    quoted = re.search(r"``(.+?)''|“(.+?)”", latex, re.S)
    found = source.group(start + field.end()) if field else None
    if found:
        title = _plain(source, found[0], found[1])
    elif len(blocks) > 1:
        title = _plain(source, *blocks[1])
    elif quoted:
        begin = start + (quoted.start(1) if quoted[1] else quoted.start(2))
        title = _plain(source, begin, begin + len(quoted[1] or quoted[2]))
    else:
        emphasised = re.search(r"\\(?:emph|textit)\s*(?=\{)|(?=\{\\(?:em|it|sl)\b)", latex)
        found = source.group(start + emphasised.end()) if emphasised else None
        if found and _JOURNAL_FOLLOWED.match(source.text, found[2], stop):
            return ""
        title = _plain(source, found[0], found[1]) if found else ""
    return title.strip(" .,;“”")


def _authors(source: Source, start: int, stop: int, latex: str) -> tuple[str, ...]:
    fields = list(re.finditer(r"\\bibinfo\s*\{author\}\s*(?=\{)", latex))
    if fields:
        groups = [source.group(start + m.end()) for m in fields]
        return tuple(_plain(source, g[0], g[1]) for g in groups if g)
    blocks = _blocks(source, start, stop)
    if len(blocks) > 1:
        first = _plain(source, *blocks[0])
    else:
        cut = re.search(
            r",\s*(?:19|20)\d\d[a-z]?\s*,|\\(?:emph|textit)\b|\{\\(?:em|it|sl)\b|``|\\(?:newblock|href)\b|\(\d{4}\)",
            latex,
        )
        if cut is None:
            return ()
        first = _plain(source, start, start + cut.start())
    first = re.sub(r"[,.\s(]*(?:1[6-9]|20)\d\d[a-z]?[).,\s]*$", "", first).strip(" ,:")
    first = re.sub(r"(?<=\w\w)\.$", "", first)
    return split_names(first)


def split_names(text: str) -> tuple[str, ...]:
    """Names out of `A. Author, B. Author, and C. Author` or `Author, A. and Author, B.`"""
    pieces = re.split(r"\s*(?:,\s*and|,?\s+and|,?\s*&|;)\s+|\s*,\s*", text)
    names: list[str] = []
    for piece in pieces:
        piece = piece.strip()
        if names and re.fullmatch(r"(?:[A-Z][.\s~-]*)+", piece):
            names[-1] = f"{piece} {names[-1]}"
        elif piece and len(piece.split()) <= 6:
            names.append(piece)
    return tuple(names)


def from_bib(text: str, wanted: Iterable[str] | None) -> tuple[Reference, ...]:
    """The entries of a .bib file. wanted: keys to keep, in that order; None keeps all in the file's order."""
    entries = dict(_bib_entries(text))
    keys = list(entries) if wanted is None else [key for key in dict.fromkeys(wanted) if key in entries]
    return tuple(_of_fields(key, entries[key]) for key in keys)


_ENTRY = re.compile(r"@\s*(\w+)\s*[{(]\s*")
_KEY = re.compile(r"([^\s,{}()=\"#%]+)\s*,")
_ASSIGN = re.compile(r"\s*,?\s*([A-Za-z][\w:.-]*)\s*=\s*")


def _bib_entries(text: str) -> Iterable[tuple[str, dict[str, str]]]:
    strings: dict[str, str] = {
        name: name.capitalize()
        for name in ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    }
    for match in _ENTRY.finditer(text):
        kind = match[1].lower()
        if kind in ("comment", "preamble"):
            continue
        if kind == "string":
            fields = _fields(text, match.end(), strings)
            strings.update({name.lower(): value for name, value in fields.items()})
            continue
        key = _KEY.match(text, match.end())
        if key:
            yield key[1], _fields(text, key.end(), strings)


def _fields(text: str, at: int, strings: dict[str, str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    while match := _ASSIGN.match(text, at):
        value, at = _value(text, match.end(), strings)
        fields.setdefault(match[1].lower(), value)
    return fields


def _value(text: str, at: int, strings: dict[str, str]) -> tuple[str, int]:
    """One value: braced, quoted, a number, a name of a string, or several joined by `#`."""
    pieces: list[str] = []
    while True:
        opening = text[at : at + 1]
        if opening in ("{", '"'):
            stop = _closing(text, at, "}" if opening == "{" else '"')
            pieces.append(text[at + 1 : stop])
            at = stop + 1
        else:
            word = re.compile(r"[^\s,#{}\"]*").match(text, at)
            name = word[0] if word else ""
            pieces.append(strings.get(name.lower(), name))
            at += len(name)
        joined = re.compile(r"\s*#\s*").match(text, at)
        if joined is None:
            return " ".join("".join(pieces).split()), at
        at = joined.end()


def _closing(text: str, at: int, close: str) -> int:
    depth = 0
    for match in re.compile(r"\\.|[{}\"]", re.S).finditer(text, at + 1, at + 100_000):
        found = match[0]
        if found == close and depth == 0:
            return match.start()
        depth += (found == "{") - (found == "}")
    return min(len(text), at + 100_000)


def _of_fields(key: str, fields: dict[str, str]) -> Reference:
    def shown(name: str) -> str:
        latex = fields.get(name, "")
        return _plain(Source.of(latex), 0, len(latex)) if latex else ""

    authors = tuple(_straight(_plain_text(name)) for name in re.split(r"\s+and\s+", fields.get("author", "")) if name)
    title, venue = (
        shown("title"),
        shown("journal") or shown("journaltitle") or shown("booktitle") or shown("publisher"),
    )
    year = shown("year") or shown("date")[:4]
    eprint = fields.get("eprint", "")
    arxiv = _first(_ARXIV, " ".join(fields.values()))
    if not arxiv and re.fullmatch(r"(?:arXiv:)?(\d{4}\.\d{4,5}(v\d+)?|[a-z-]+/\d{7})", eprint.strip()):
        arxiv = eprint.strip().removeprefix("arXiv:")
    volume = " ".join(part for part in (shown("volume"), f"({shown('number')})" if shown("number") else "") if part)
    pages = shown("pages")
    behind = ", ".join(part for part in (venue, volume, pages) if part)
    text = ". ".join(part for part in (", ".join(authors), title, behind, year) if part)
    return Reference(
        key=key, text=f"{text}." if text else "", title=title, authors=authors, year=year,
        doi=_first(_DOI, fields.get("doi", "").replace("\\_", "_")), arxiv=arxiv, url=fields.get("url", "").strip(),
    )  # fmt: skip


def _plain_text(latex: str) -> str:
    return _plain(Source.of(latex), 0, len(latex))


def _straight(name: str) -> str:
    """`Family, Given` as it is spoken: `Given Family`."""
    family, comma, given = name.partition(",")
    return " ".join(f"{given} {family}".split()) if comma else name


def _from_biblatex(latex: str) -> tuple[Reference, ...]:
    """The .bbl that biblatex writes: `\\entry{key}{kind}{}` with `\\field{name}{value}`."""
    found: dict[str, Reference] = {}
    pieces = re.split(r"\\entry\s*\{", latex)[1:]
    for piece in pieces:
        key = piece[: piece.find("}")]
        fields = dict(re.findall(r"\\field\{(\w+)\}\{((?:[^{}]|\{[^{}]*\})*)\}", piece))
        fields["title"] = fields.get("title", "")
        given = re.findall(r"family=\{((?:[^{}]|\{[^{}]*\})*)\}.*?given=\{((?:[^{}]|\{[^{}]*\})*)\}", piece, re.S)
        fields["author"] = " and ".join(f"{family}, {first}" for family, first in given)
        for name in ("doi", "url", "eprint"):
            verb = re.search(rf"\\verb\{{{name}\}}\s*\\verb (\S+)", piece)
            if verb:
                fields[name] = verb[1]
        fields.setdefault("journal", fields.get("journaltitle", ""))
        found.setdefault(key, _of_fields(key, fields))
    return tuple(found.values())
