"""Walks the blocks of a page in reading order into a draft."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from .. import Paper, Role
from ..bibliography import reference
from ..draft import Draft, Flow
from ..headings import ABSTRACT, REFERENCES, depth, numbered
from .dom import classes, find, find_all, hidden, tag
from .front import authors_of, metadata_of, title_of
from .inline import Inline
from .maths import is_display, latex_of
from .tables import rows_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement
else:
    HtmlElement = Any

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "ul",
    ]
)
_LEVELS: Final = {
    "ltx_title_part": 0,
    "ltx_title_chapter": 0,
    "ltx_title_section": 1,
    "ltx_title_appendix": 1,
    "ltx_title_bibliography": 1,
    "ltx_title_acknowledgements": 1,
    "ltx_title_subsection": 2,
    "ltx_title_subsubsection": 3,
    "ltx_title_paragraph": 4,
    "ltx_title_subparagraph": 5,
}
_EQUATIONS: Final = frozenset({"ltx_equation", "ltx_equationgroup", "ltx_eqn_table"})
_CAPTION_NUMBER: Final = re.compile(r"(?:table|figure|fig\.|algorithm|listing)\s*([\w.]*\w)", re.IGNORECASE)


class Reader:
    """Reads one page. folder: where its pictures may lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.draft = Draft("html")
        self.inline = Inline(self._key)
        self._keys: dict[str, str] = {}
        self._run = Flow()
        self._role: Role = "text"
        self._references = False
        self._title: HtmlElement | None = None
        self._base = 1
        self._holding: set[HtmlElement] = set()

    def read(self, root: HtmlElement, *, id: str, version: str, name: str) -> Paper:
        """The whole page as a paper."""
        body = _main(root)
        self._title = find(body, "ltx_title_document")
        if self._title is None:
            self._title = next((e for e in body.iter("h1") if not hidden(e)), None)
        self._collect_references(body)
        title = self.inline.text(self._title) if self._title is not None else ""
        authors = authors_of(body, self.inline)
        self.inline.footnotes.clear()
        self._base = 2 if self._title is not None and tag(self._title) == "h1" else 1
        self._holding = _holding_blocks(body)
        self._inside(body)
        self._flush()
        about = metadata_of(root)
        for error in self.inline.errors:
            self.draft.notes.append(f"the page could not show {error[:80]}")
        return self.draft.finish(
            id=id,
            version=version,
            title=title or title_of(root) or name,
            authors=authors or tuple(about.get("citation_author", "").split("\n")) if about or authors else (),
            abstract=self.draft.abstract(),
            year=(re.findall(r"\b(?:19|20)\d\d\b", about.get("citation_date", "")) or [""])[0],
        )

    def _key(self, address: str) -> str | None:
        return self._keys.get(unquote(address.partition("#")[2])) if "#" in address else None

    def _collect_references(self, body: HtmlElement) -> None:
        """Entries of the bibliography first, since citations point forward."""
        items = find_all(body, "ltx_bibitem") or _listed_references(body)
        for count, item in enumerate(items, 1):
            anchor = item.get("id") or next((e.get("id") for e in item.iter() if e.get("id")), "") or str(count)
            key = anchor.removeprefix("bib.") or str(count)
            for named in item.iter():
                if named.get("id"):
                    self._keys[named.get("id") or ""] = key
            mark = find(item, "ltx_tag_bibitem", "ltx_tag")
            flow = Flow(item.text or "")
            for child in item:
                if child is not mark:
                    flow.add(" ")
                    self.inline.one(child, flow)
                flow.add(child.tail or "")
            links = [a.get("href") or "" for a in item.iter("a")]
            url = next((u for u in links if re.match(r"https?://", u)), "")
            self.draft.references.append(reference(key, flow.text, url=url))

    def _inside(self, element: HtmlElement) -> None:
        self._run.add(element.text or "")
        for child in element:
            self._one(child)
            self._run.add(child.tail or "")

    def _one(self, element: HtmlElement) -> None:
        latex = latex_of(element)
        if latex is not None and is_display(element):
            self._flush()
            self.draft.equation(latex, environment="displaymath")
        elif latex is not None or (tag(element) not in _BLOCKS and element not in self._holding):
            self.inline.one(element, self._run)
        elif not hidden(element) and element is not self._title:
            self._flush()
            self._block(element)
            self._flush()

    def _flush(self) -> None:
        run, self._run = self._run, Flow()
        self.draft.paragraph(run, self._role)
        footnotes, self.inline.footnotes = self.inline.footnotes, []
        for label, flow in footnotes:
            self.draft.footnote(flow, label=label)

    def _block(self, element: HtmlElement) -> None:
        names, name = classes(element), tag(element)
        if {"ltx_authors", "ltx_dates", "ltx_keywords"} & names:
            return
        if "ltx_bibliography" in names or "ltx_biblist" in names:
            self._bibliography(element)
        elif names & _EQUATIONS:
            self._equation(element)
        elif "ltx_abstract" in names:
            self._as("abstract", element)
        elif "ltx_theorem" in names or "ltx_proof" in names:
            self._theorem(element)
        elif name in _HEADINGS or {n for n in names if n in _LEVELS}:
            self._heading(element)
        elif name == "figure" or {"ltx_table", "ltx_figure", "ltx_float"} & names:
            self._float(element)
        elif name == "table" or "ltx_tabular" in names:
            self._table(element, None)
        elif name in {"ul", "ol", "dl"} and self._references:
            return
        elif name in {"li", "dd"}:
            self._item(element)
        else:
            self._inside(element)

    def _as(self, role: Role, element: HtmlElement) -> None:
        outer, self._role = self._role, role
        for child in element:
            if "ltx_title" not in classes(child):
                self._one(child)
                self._run.add(child.tail or "")
        self._flush()
        self._role = outer

    def _item(self, element: HtmlElement) -> None:
        outer, self._role = self._role, "item" if self._role == "text" else self._role
        for child in element:
            if "ltx_tag_item" in classes(child):
                child.text, child[:] = None, []
        self._inside(element)
        self._flush()
        self._role = outer

    def _heading(self, element: HtmlElement) -> None:
        names = classes(element)
        if {"ltx_title_abstract", "ltx_title_document"} & names:
            return
        mark = find(element, "ltx_tag")
        text = self.inline.text(element)
        number, title = numbered(text)
        if mark is not None:
            shown = self.inline.text(mark)
            number = re.sub(r"(?i)^(?:appendix|section|§)\s*", "", shown).strip(" .")
            title = text.removeprefix(shown).strip()
        level = next((_LEVELS[n] for n in names if n in _LEVELS), None)
        if level is None:
            digits = re.sub(r"\D", "", tag(element))
            level = depth(number) if number else max(1, int(digits or 2) - self._base + 1)
        self._references = bool(REFERENCES.fullmatch(title))
        self._role = "abstract" if ABSTRACT.fullmatch(title) else "text"
        self.draft.heading(title, level, number=number)

    def _bibliography(self, element: HtmlElement) -> None:
        heading = next((e for e in element.iter() if tag(e) in _HEADINGS), None)
        if heading is not None:
            self._heading(heading)

    def _theorem(self, element: HtmlElement) -> None:
        names = classes(element)
        kind = next((n.rpartition("_")[2] for n in names if n.startswith("ltx_theorem_")), "proof")
        heading = find(element, "ltx_title_theorem", "ltx_title_proof", "ltx_title")
        title = self.inline.text(heading) if heading is not None else ""
        with self.draft.block(kind, title=title, label=element.get("id") or ""):
            for child in element:
                if child is not heading:
                    self._one(child)
            self._flush()

    def _equation(self, element: HtmlElement) -> None:
        rows = [
            e for e in element.iterdescendants() if {"ltx_eqn_row", "ltx_equation"} & classes(e) and tag(e) == "tr"
        ]
        lines = [line for row in rows or [element] if (line := _line(row))]
        group = len(lines) > 1 or "ltx_equationgroup" in classes(element)
        self.draft.equation(
            " \\\\\n".join(lines), environment="align" if group else "equation", label=element.get("id") or ""
        )

    def _float(self, element: HtmlElement) -> None:
        caption = next((e for e in element if tag(e) == "figcaption" or "ltx_caption" in classes(e)), None)
        nested = [e for e in element.iterdescendants() if tag(e) == "figure" and not hidden(e)]
        flow = self.inline.flow(caption) if caption is not None else None
        number = _number(flow)
        label = element.get("id") or ""
        if "ltx_algorithm" in " ".join(classes(element)) or "ltx_float_algorithm" in classes(element):
            with self.draft.block("algorithm", title=flow.text if flow else "", label=label):
                for child in element:
                    self._one(child)
                self._flush()
            return
        tables = [e for e in element.iterdescendants() if _is_table(e) and not _in_table(e, element)]
        for count, table in enumerate(tables):
            self._table(table, flow if count == 0 else None, number=number, label=label)
        if not tables:
            images = [e for e in element.iter("img") if not hidden(e)]
            self.draft.figure(flow, number=number, label=label, files=self._files(images))
            for inner in nested:
                own = next((e for e in inner if tag(e) == "figcaption"), None)
                if own is not None:
                    self.draft.paragraph(self.inline.flow(own), "caption")
        self._flush()

    def _table(self, element: HtmlElement, caption: Flow | None, *, number: str = "", label: str = "") -> None:
        own = next((e for e in element if tag(e) == "caption" and not hidden(e)), None)
        if own is not None and caption is None:
            caption = self.inline.flow(own)
        rows = rows_of(element, self.inline.text)
        if rows or caption:
            note = "" if rows else "no rows could be read"
            self.draft.table(rows, caption=caption, number=number or _number(caption), label=label, note=note)

    def _files(self, images: list[HtmlElement]) -> tuple[str, ...]:
        """Pictures that lie in the paper's folder; anything elsewhere is left out."""
        found: list[str] = []
        for image in images:
            source = image.get("src") or ""
            parts = urlsplit(source)
            if parts.scheme or parts.netloc or source.startswith("/") or "\0" in source:
                continue
            path = (self.folder / unquote(parts.path)).resolve()
            if path.is_relative_to(self.folder.resolve()) and path.is_file():
                found.append(path.relative_to(self.folder.resolve()).as_posix())
        return tuple(dict.fromkeys(found))


def _main(root: HtmlElement) -> HtmlElement:
    """Where the paper itself stands on the page."""
    document = find(root, "ltx_document", "ltx_page_content")
    if document is not None:
        return document
    for name in ("article", "main", "body"):
        found = [e for e in root.iter(name) if not hidden(e)]
        if len(found) == 1:
            return found[0]
    return root


def _listed_references(body: HtmlElement) -> list[HtmlElement]:
    """Items of the list after a heading such as "References"."""
    for heading in body.iter(*_HEADINGS):
        if not REFERENCES.fullmatch(numbered(" ".join("".join(heading.itertext()).split()))[1]):
            continue
        for element in heading.itersiblings():
            lists = [e for e in element.iter("ol", "ul") if not hidden(e)]
            if lists:
                return [item for item in lists[0] if tag(item) == "li" and not hidden(item)]
            if tag(element) in _HEADINGS:
                break
    return []


def _line(row: HtmlElement) -> str:
    formulas = [e for e in row.iter() if tag(e) == "math"]
    return " ".join(latex for e in formulas if (latex := latex_of(e)))


def _number(caption: Flow | None) -> str:
    match = _CAPTION_NUMBER.match(caption.text) if caption else None
    return match[1] if match else ""


def _holding_blocks(body: HtmlElement) -> set[HtmlElement]:
    """Elements with a block somewhere below; blocks inside a note do not count outside of it."""
    holding: set[HtmlElement] = set()
    for element in body.iterdescendants():
        if tag(element) not in _BLOCKS:
            continue
        at = element.getparent()
        while at is not None and at not in holding and "ltx_note" not in classes(at):
            holding.add(at)
            at = at.getparent()
    return holding


def _is_table(element: HtmlElement) -> bool:
    return (tag(element) == "table" or "ltx_tabular" in classes(element)) and not classes(element) & _EQUATIONS


def _in_table(element: HtmlElement, top: HtmlElement) -> bool:
    at = element.getparent()
    while at is not None and at is not top:
        if _is_table(at) or hidden(at):
            return True
        at = at.getparent()
    return False
