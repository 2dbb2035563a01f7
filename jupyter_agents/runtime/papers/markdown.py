"""A paper written in Markdown: CommonMark with tables, footnotes, dollar maths, front matter and `[@key]`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...errors import PaperRefused
from . import Cell, Paper, Role
from .bibliography import reference
from .decoding import bounded, decode
from .draft import Draft, Flow
from .headings import ABSTRACT, REFERENCES, numbered

if TYPE_CHECKING:
    from markdown_it.token import Token

LIMIT: Final = 3_000_000
"""Bytes; a book of a thousand pages has about two million."""

MOST_BRACKETS: Final = 3_000
"""In one paragraph: the parser takes quadratic time over them (20,000 took 2 s)."""

_CITED: Final = re.compile(
    r"\[(?P<group>[^\[\]]*?-?@[\w][^\[\]]*)\](?!\()|(?<![\w@])@(?P<one>[A-Za-z][\w:.#$%&+?<>~/-]*\w)"
)
_KEY: Final = re.compile(r"-?@([\w][\w:.#$%&+?<>~/-]*\w|\w)")
_NUMBERED_CAPTION: Final = re.compile(r"^(?:Table|Figure|Fig\.)\s+(\d+)\s*[:.]?\s*", re.IGNORECASE)


def read(path: Path, *, id: str, version: str) -> Paper:
    """A Markdown file as a paper. Raises PaperUnreadable, PaperRefused."""
    text, note = decode(bounded(path, LIMIT), path.name)
    if max((block.count("[") for block in text.split("\n\n")), default=0) > MOST_BRACKETS:
        raise PaperRefused(f"{path.name} has a paragraph of over {MOST_BRACKETS:,} brackets; it was not read")
    tokens = _parse(text)
    front = _front_matter(tokens)
    reader = _Reader(str(front.get("title") or ""))
    if note:
        reader.draft.notes.append(note)
    reader.read(tokens)
    return reader.draft.finish(
        id=id,
        version=version,
        title=reader.title or path.stem,
        authors=_names(front.get("author") or front.get("authors")),
        abstract=reader.draft.abstract() or " ".join(str(front.get("abstract") or "").split()),
        year=(re.findall(r"\b(?:19|20)\d\d\b", str(front.get("date") or front.get("year") or "")) or [""])[0],
    )


def _parse(text: str) -> list[Token]:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.use(front_matter_plugin).use(footnote_plugin).use(dollarmath_plugin, double_inline=True)
    return parser.parse(text)


def _front_matter(tokens: list[Token]) -> dict[str, Any]:
    import yaml

    if not tokens or tokens[0].type != "front_matter" or len(tokens[0].content) > 100_000:
        return {}
    try:
        front = yaml.safe_load(tokens[0].content) if "&" not in tokens[0].content else None  # no alias bombs
    except (yaml.YAMLError, RecursionError):
        return {}
    return front if isinstance(front, dict) else {}


def _names(value: object) -> tuple[str, ...]:
    """Authors as front matter of different tools writes them: a text, a list, a list of {name: …}."""
    if isinstance(value, str):
        return tuple(n for n in (p.strip() for p in re.split(r"\s*;\s*|\s+and\s+|,\s+", value)) if n)
    if isinstance(value, list):
        names = [item.get("name") if isinstance(item, dict) else item for item in value]
        return tuple(" ".join(str(name).split()) for name in names if name)
    return ()


class _Reader:
    """Walks the tokens once; what stands under a references heading becomes references."""

    def __init__(self, title: str) -> None:
        self.draft = Draft("markdown")
        self.title = title
        self._shift = 0
        self._in: Role | None = None
        self._references = False
        self._caption: Flow | None = None
        self._pending: tuple[tuple[Cell, ...], ...] | None = None

    def read(self, tokens: list[Token]) -> None:
        index = 0
        while index < len(tokens):
            token = tokens[index]
            end = _closing(tokens, index)
            inside = tokens[index + 1 : end]
            self._block(token, inside)
            index = end + 1
        self._flush()
        self._lone_caption()

    def _block(self, token: Token, inside: list[Token]) -> None:
        kind = token.type
        if kind != "paragraph_open":
            self._flush()
        if kind not in {"paragraph_open", "table_open"}:
            self._lone_caption()
        if kind == "heading_open":
            self._heading(int(token.tag[1]), _flow(inside[0].children or []))
        elif kind == "paragraph_open":
            self._paragraph(inside[0].children or [])
        elif kind in {"math_block", "math_block_label"}:
            self.draft.equation(token.content.strip(), environment="displaymath", label=token.info or "")
        elif kind == "table_open":
            self._pending = _rows(inside)
        elif kind in {"fence", "code_block"}:
            self._code(token)
        elif kind in {"bullet_list_open", "ordered_list_open"}:
            self._items(inside)
        elif kind == "footnote_block_open":
            self._footnotes(inside)
        elif kind == "blockquote_open":
            self._nested(inside, self._in)

    def _heading(self, level: int, flow: Flow) -> None:
        text = flow.text
        first = len(self.draft.sections) == 1 and not self.draft.paragraphs
        if level == 1 and first and self.title in {"", text}:
            self.title, self._shift = text, 1
            return
        number, title = numbered(text)
        self._references = bool(REFERENCES.fullmatch(title))
        self._in = "abstract" if ABSTRACT.fullmatch(title) else None
        self.draft.heading(title, max(1, level - self._shift), number=number)

    def _paragraph(self, children: list[Token]) -> None:
        flow = _flow(children)
        match = _NUMBERED_CAPTION.match(flow.text) or re.match(r"^:\s+()", flow.text)
        if self._pending is not None:
            rows, self._pending = self._pending, None
            if match and not flow.text.lower().startswith("fig"):
                self.draft.table(rows, caption=flow, number=match[1])
                return
            self.draft.table(rows, caption=self._caption, number=_number(self._caption))
            self._caption = None
        self._flush()
        images = [c for c in children if c.type == "image"]
        rest = [c for c in children if c.type not in {"image", "softbreak", "hardbreak"} and c.content.strip()]
        if images and not rest:
            for image in images:
                self._figure(image)
        elif match and flow.text.lower().startswith("table"):
            self._lone_caption()
            self._caption = flow
        elif self._references:
            self._reference(flow.text)
        else:
            self._plain(children, flow)

    def _plain(self, children: list[Token], flow: Flow) -> None:
        """A paragraph; display maths inside it (`$$…$$` on a line) parts it."""
        if not any(c.type == "math_inline_double" for c in children):
            self.draft.paragraph(flow, self._in or "text")
            return
        run: list[Token] = []
        for child in [*children, None]:
            if child is not None and child.type != "math_inline_double":
                run.append(child)
                continue
            self.draft.paragraph(_flow(run), self._in or "text")
            run = []
            if child is not None:
                self.draft.equation(child.content.strip(), environment="displaymath")

    def _flush(self) -> None:
        """A table waits for its caption, which may stand before or after it."""
        if self._pending is not None:
            rows, self._pending = self._pending, None
            self.draft.table(rows, caption=self._caption, number=_number(self._caption))
            self._caption = None

    def _lone_caption(self) -> None:
        if self._caption is not None:
            self.draft.table((), caption=self._caption, number=_number(self._caption), note="no table stands by it")
            self._caption = None

    def _figure(self, image: Token) -> None:
        from urllib.parse import unquote, urlsplit

        source = str(image.attrs.get("src", ""))
        caption = _flow(image.children or [])
        path = unquote(source) if not urlsplit(source).scheme else ""
        self.draft.figure(caption or None, number=_number(caption), files=(path,) if path else ())

    def _code(self, token: Token) -> None:
        if token.info.strip() == "math":
            self.draft.equation(token.content.strip(), environment="displaymath")
        elif token.info.strip().startswith("algorithm"):
            with self.draft.block("algorithm"):
                self.draft.paragraph(token.content, "algorithm")
        else:
            self.draft.paragraph(token.content)

    def _items(self, tokens: list[Token]) -> None:
        index = 0
        while index < len(tokens):
            end = _closing(tokens, index)
            inside = tokens[index + 1 : end]
            if self._references:
                self._reference(" ".join(_flow(t.children or []).text for t in inside if t.type == "inline"))
            else:
                self._nested(inside, self._in or "item")
            index = end + 1

    def _nested(self, tokens: list[Token], role: Role | None) -> None:
        outer, self._in = self._in, role
        self.read(tokens)
        self._in = outer

    def _footnotes(self, tokens: list[Token]) -> None:
        index = 0
        while index < len(tokens):
            end = _closing(tokens, index)
            flow = Flow()
            for token in tokens[index + 1 : end]:
                if token.type == "inline":
                    flow.add(" ")
                    _inline(token.children or [], flow)
            self.draft.footnote(flow, label=str(tokens[index].meta.get("label", "")))
            index = end + 1

    def _reference(self, text: str) -> None:
        if match := re.match(r"(?:\[@?(?P<a>[\w:.-]+)\]|@(?P<b>[\w:.-]+):)\s*(?P<rest>.+)", text, re.DOTALL):
            self.draft.references.append(reference(match["a"] or match["b"], match["rest"]))
        elif text:
            self.draft.references.append(reference(str(len(self.draft.references) + 1), text))


def _closing(tokens: list[Token], index: int) -> int:
    """Index of the token that closes the one at `index`; itself where it is closed in itself."""
    if tokens[index].nesting != 1:
        return index
    depth = 0
    for at in range(index, len(tokens)):
        depth += tokens[at].nesting
        if depth == 0:
            return at
    return len(tokens) - 1


def _flow(children: list[Token]) -> Flow:
    flow = Flow()
    _inline(children, flow)
    return flow


def _inline(children: list[Token], flow: Flow) -> None:
    for child in children:
        if child.type == "text":
            _cited(child.content, flow)
        elif child.type == "code_inline":
            flow.add(child.content)
        elif child.type in {"math_inline", "math_inline_double"}:
            flow.formula(child.content.strip())
        elif child.type in {"softbreak", "hardbreak"}:
            flow.add(" ")
        elif child.type == "image":
            _inline(child.children or [], flow)
        # raw HTML inside a paragraph is not text: comments and tags may hide what no reader sees


def _cited(text: str, flow: Flow) -> None:
    at = 0
    for match in _CITED.finditer(text):
        flow.add(text[at : match.start()])
        flow.cite(match[0], tuple(dict.fromkeys(_KEY.findall(match[0]))))
        at = match.end()
    flow.add(text[at:])


def _rows(tokens: list[Token]) -> tuple[tuple[Cell, ...], ...]:
    rows: list[list[Cell]] = []
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            children = tokens[at + 1].children or []
            rows[-1].append(Cell(text=_flow(children).text, header=token.type == "th_open"))
    return tuple(tuple(row) for row in rows)


def _number(caption: Flow | None) -> str:
    match = _NUMBERED_CAPTION.match(caption.text) if caption else None
    return match[1] if match else ""
