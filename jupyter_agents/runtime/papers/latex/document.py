"""A folder of LaTeX as one `Paper`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from ....errors import PaperError, PaperRefused, PaperUnreadable
from .. import Paper, Reference, Section, quantities
from . import (
    bibliography,
    citations,
    commands,
    deluxetable,
    environments,
    floats,
    front,
    main_file,
    plausible,
    programs,
    tables,
    units,
)
from .counters import Counters, Label, TheoremKind
from .files import SourceFolder, declared_encoding
from .flatten import Flat, Flattener
from .formulas import Formulas
from .walk import Source, Walker

_REGISTERED = (citations, commands, deluxetable, environments, floats, programs, tables, units)
"""Imported for what they register."""
GRAPHIC_SUFFIXES = ("", ".pdf", ".png", ".jpg", ".jpeg", ".eps", ".ps", ".svg", ".gif", ".PDF", ".PNG", ".JPG")
_THEOREM = re.compile(
    r"\\(?:newtheorem|newmdtheoremenv|declaretheorem)\s*(\*?)\s*\{([^{}]*)\}\s*(?:\[([^\]]*)\])?\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
    r"\s*(?:\[([^\]]*)\])?"
)
_WITHIN = re.compile(r"\\(?:numberwithin|counterwithin)\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_GRAPHICSPATH = re.compile(r"\\graphicspath\s*\{((?:\s*\{[^{}]*\})+)\s*\}")
_BIBLIOGRAPHY = re.compile(r"\\(?:bibliography|addbibresource)\s*(?:\[[^\]]*\])?\s*\{([^{}]*)\}")


def read(folder: Path, *, id: str, version: str, main: str | None = None) -> Paper:
    """The paper that a folder of LaTeX holds.

    folder: the unpacked source; nothing outside of it is read. main: the main file, where it is known.
    Raises PaperNotFound, PaperUnreadable (nothing to read in it, no LaTeX at all) and PaperRefused (hostile, endless,
    too large).
    """
    # a single file may lie in a folder that is no paper's, for instance among downloads
    source = SourceFolder(folder, shallow_if_large=main is not None)
    choice = main_file.choose(source, main)
    source.encoding = declared_encoding(source.read_bytes(choice.main))
    plausible.check(source.read(choice.main), choice.main)
    flattener = Flattener(source)
    flat = flattener.flatten(choice.main)
    notes = [*_about_choice(choice), *flat.notes]
    walker = _walk(flat, source, choice.main.rpartition("/")[0])
    references, used, missing = _references(flat, source, choice.main, walker, flattener)
    walker.parts.notes[:0] = notes
    if not walker.writer.text.strip():
        raise PaperUnreadable(f"{choice.main} holds no text that could be read", path=str(source.root / choice.main))
    unread = {*flat.files, *used, choice.main}
    return _paper(
        walker,
        id,
        version,
        source,
        references,
        (*flat.missing, *walker.parts.missing, *missing),
        unread,
        _version_of(flat),
    )


def _about_choice(choice: main_file.Choice) -> list[str]:
    notes = [f"supplement kept apart: {name}" for name in choice.supplements]
    if choice.others:
        notes.append(f"read {choice.main}; other documents in the folder: {', '.join(choice.others)}")
    return notes


def _walk(flat: Flat, folder: SourceFolder, near: str) -> Walker:
    """Two passes: the first learns labels and figures, the second writes their numbers and texts."""
    source = Source.of(flat.text)
    find = _graphic_finder(flat.text, folder, near)
    known: dict[str, Label] = {}
    texts: dict[str, str] = {}
    about_figures: list[str] = []
    for last in (False, True):
        walker = Walker(
            source, _theorems(flat.text), _counters(flat.text), known=known, find_graphic=find,
            figure_text=lambda name: texts.setdefault(name, ""),
            expand=Formulas(flat.macros).expand if last else str,
        )  # fmt: skip
        titles = front.read(walker)
        walker.home_title = titles.home_title
        if titles.title:
            walker.writer.heading(titles.title)
        walker.parts.sections.append(Section(id="s0", title="", level=0))
        start, end = _body(flat.text)
        _abstract_of_preamble(walker, start)
        walker.run(start, end)
        walker.paragraph()
        known = walker.parts.labels
        if not last:
            about_figures = _read_figures(folder, texts)
    walker.parts.notes += about_figures
    return walker


def _body(text: str) -> tuple[int, int]:
    begin = text.find("\\begin{document}")
    start = 0 if begin < 0 else begin + len("\\begin{document}")
    end = text.find("\\end{document}", start)
    return start, len(text) if end < 0 else end


def _abstract_of_preamble(walker: Walker, stop: int) -> None:
    """Some classes want the abstract before the document begins."""
    match = re.compile(r"\\abstract\s*(?=\{)").search(walker.source.text, 0, stop)
    if match and stop:
        environments.abstract_command(walker, "abstract", match.end(), stop)


def _theorems(text: str) -> dict[str, TheoremKind]:
    found: dict[str, TheoremKind] = {}
    for match in _THEOREM.finditer(text):
        star, name, shared, title = match[1], match[2].strip(), match[3], match[4]
        counter = "" if star else (shared.strip() if shared and "=" not in shared else name)
        found[name] = TheoremKind(title=re.sub(r"\\[a-zA-Z]+\s*|[{}]", "", title).strip() or name, counter=counter)
    for name in ("theorem", "lemma", "proposition", "corollary", "definition", "remark", "example", "claim",
                 "conjecture", "assumption", "thm", "lem", "prop", "defn"):  # fmt: skip
        found.setdefault(name, TheoremKind(title=name.capitalize(), counter=name))
    return found


def _counters(text: str) -> Counters:
    chapters = bool(re.search(r"\\chapter\s*[\[{]", text))
    counters = Counters(has_chapters=chapters)
    counters.within = {"subsection": "section", "subsubsection": "subsection"}
    if chapters:
        counters.within["section"] = "chapter"
    for match in _THEOREM.finditer(text):
        if match[5]:
            counters.within[match[2].strip()] = match[5].strip()
    for inner, outer in _WITHIN.findall(text):
        counters.within[inner.strip()] = outer.strip()
    counters.values.update(dict.fromkeys(re.findall(r"\\newcounter\s*\{(\w+)\}", text), 0))
    return _without_loops(counters)


def _without_loops(counters: Counters) -> Counters:
    for name in list(counters.within):
        seen, at = {name}, counters.within.get(name)
        while at is not None:
            if at in seen:
                counters.within.pop(name)
                break
            seen.add(at)
            at = counters.within.get(at)
    return counters


def _graphic_finder(text: str, folder: SourceFolder, near: str) -> Callable[[str], str | None]:
    match = _GRAPHICSPATH.search(text)
    bases = ["", *(re.findall(r"\{([^{}]*)\}", match[1]) if match else [])]

    def find(name: str) -> str | None:
        for base in bases:
            found = folder.find(f"{base}{name}" if not base or base.endswith("/") else f"{base}/{name}",
                                GRAPHIC_SUFFIXES, near)  # fmt: skip
            if found:
                return found
        return None

    return find


def _read_figures(folder: SourceFolder, texts: dict[str, str]) -> list[str]:
    """Put the text layers of figure PDFs in their place; a note for each that could not be read."""
    from .. import figures

    notes: list[str] = []
    names = [name for name in texts if name.lower().endswith(".pdf")]
    for name, found in zip(names, figures.extract_texts([folder.root / name for name in names]), strict=True):
        if isinstance(found, PaperError):
            notes.append(f"{name}: its text layer was not read ({found.message})")
        else:
            texts[name] = found
    return notes


def _references(
    flat: Flat, folder: SourceFolder, main: str, walker: Walker, flattener: Flattener
) -> tuple[tuple[Reference, ...], list[str], list[str]]:
    """References, the files they came from, and those that are not there."""
    if "\\bibitem" in flat.text:
        return bibliography.from_latex(flat.text), [], []
    asked = [name.strip() for m in _BIBLIOGRAPHY.findall(flat.text) for name in m.split(",") if name.strip()]
    keys = [key for citation in walker.parts.citations for key in citation.keys]
    found: list[Reference] = []
    used: list[str] = []
    bbl = _bbl(folder, main)
    if bbl is not None:
        found += bibliography.from_latex(flattener.flatten_text(folder.read(bbl)))
        used.append(bbl)
    missing: list[str] = []
    everything = bool(re.search(r"\\nocite\s*\{\s*\*\s*\}", flat.text))
    nocite = [k.strip() for m in re.findall(r"\\nocite\s*\{([^{}]*)\}", flat.text) for k in m.split(",")]
    for name in dict.fromkeys(asked):
        file = folder.find(name, (".bib", ""), main.rpartition("/")[0])
        if file is None:
            if bbl is None:
                missing.append(name if name.endswith(".bib") else f"{name}.bib")
            continue
        used.append(file)
        try:
            entries = folder.read(file)
        except PaperRefused as exc:
            walker.parts.notes.append(f"{file} was not read: {exc.message}")
            continue
        wanted = None if everything and bbl is None else [*keys, *nocite]
        found = _joined(found, bibliography.from_bib(entries, wanted), bbl is not None)
    return tuple(found), used, missing


def _joined(found: list[Reference], more: tuple[Reference, ...], printed: bool) -> list[Reference]:
    """Complete printed entries by the fields of the .bib; entries that were not printed come only from it."""
    fields = {reference.key: reference for reference in more}
    joined: list[Reference] = []
    for each in found:
        extra = fields.pop(each.key, None)
        if extra is not None:
            each = Reference(
                key=each.key, text=each.text or extra.text, title=extra.title or each.title,
                authors=extra.authors or each.authors, year=extra.year or each.year, doi=each.doi or extra.doi,
                arxiv=each.arxiv or extra.arxiv, url=each.url or extra.url,
            )  # fmt: skip
        joined.append(each)
    return joined + list(fields.values())


def _bbl(folder: SourceFolder, main: str) -> str | None:
    stem = main.rpartition(".")[0] or main
    if f"{stem}.bbl" in folder.names:
        return f"{stem}.bbl"
    found = [name for name in folder.names if name.endswith(".bbl")]
    return found[0] if len(found) == 1 else None


def _version_of(flat: Flat) -> str:
    return f"sha256:{hashlib.sha256(flat.text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _paper(
    walker: Walker, id: str, version: str, folder: SourceFolder, references: tuple[Reference, ...],
    missing: tuple[str, ...], read_files: set[str], digest: str,
) -> Paper:  # fmt: skip
    parts, text = walker.parts, walker.writer.text
    titles = front.read(walker)
    abstract = [p for p in parts.paragraphs if p.role == "abstract"]
    displays = tuple(equation.span for equation in parts.equations)
    where = [p.span for p in parts.paragraphs]
    cited = [c.span for c in parts.citations]
    return Paper(
        id=id, version=version or digest, kind="latex", title=titles.title, authors=titles.authors,
        abstract=text[abstract[0].span.start : abstract[-1].span.end] if abstract else "",
        text=text, sections=tuple(parts.sections), paragraphs=tuple(parts.paragraphs),
        equations=tuple(parts.equations), inline_math=tuple(parts.inline_math), tables=tuple(parts.tables),
        figures=tuple(parts.figures), algorithms=tuple(parts.algorithms), theorems=tuple(parts.theorems),
        footnotes=tuple(parts.footnotes), references=references, citations=tuple(parts.citations),
        numbers=quantities.find(text, within=where, without=(*displays, *parts.references, *cited)),
        missing=tuple(dict.fromkeys(missing)), notes=tuple(dict.fromkeys(parts.notes)), folder=str(folder.root),
        files=tuple(name for name in folder.names if name not in read_files),
    )  # fmt: skip
