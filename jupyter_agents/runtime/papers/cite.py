"""BibTeX of a paper and of what it cites, under keys that stay the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from . import Paper, Reference

_DULL: Final = frozenset(
    {"the", "and", "for", "with", "from", "are", "towards", "toward", "via", "using", "how", "what", "why", "when"}
)
_SPECIAL: Final = {
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def bibtex(paper: Paper) -> str:
    """One BibTeX entry for a paper."""
    arxiv = paper.id.removeprefix("arXiv:") if paper.id.startswith("arXiv:") else ""
    fields = {
        "title": f"{{{_escaped(paper.title)}}}",
        "author": _people(paper.authors),
        "year": paper.year,
        "eprint": arxiv,
        "archivePrefix": "arXiv" if arxiv else "",
        "primaryClass": paper.metadata.get("primary", "") if arxiv else "",
        "journal": _escaped(paper.metadata.get("journal", "")),
        "doi": paper.doi,
        "url": paper.url,
        "note": "" if arxiv else f"Read from {_escaped(paper.id)}, {paper.version}",
    }
    return _entry("article" if fields["journal"] else "misc", key_of(paper.authors, paper.year, paper.title), fields)


def bibtex_of_references(paper: Paper, keys: Iterable[str] | None = None) -> str:
    """BibTeX for what a paper cites, under the paper's own keys where they are usable; all if `keys` is None."""
    wanted = None if keys is None else set(keys)
    used: set[str] = set()
    entries = []
    for reference in paper.references:
        if wanted is None or reference.key in wanted:
            key = _unused(_reference_key(reference), used)
            entries.append(_of_reference(reference, key))
    return "\n\n".join(entries)


def key_of(authors: tuple[str, ...], year: str, title: str) -> str:
    """`hogg2010data`: surname of the first author, year, first telling word of the title."""
    surname = _plain(authors[0].split()[-1]) if authors and authors[0].split() else "anonymous"
    words = [_plain(w) for w in re.findall(r"[^\W\d_]+", re.sub(r"\$[^$]*\$|\\\w+", " ", title))]
    word = next((w for w in words if len(w) > 2 and w not in _DULL), "")
    return f"{surname or 'anonymous'}{year}{word}"


def _of_reference(reference: Reference, key: str) -> str:
    fields = {
        "title": f"{{{_escaped(reference.title)}}}" if reference.title else "",
        "author": _people(reference.authors),
        "year": reference.year,
        "eprint": reference.arxiv,
        "archivePrefix": "arXiv" if reference.arxiv else "",
        "doi": reference.doi,
        "url": reference.url,
        "note": "" if reference.title and reference.authors else _escaped(reference.text),
    }
    return _entry("misc", key, fields)


def _reference_key(reference: Reference) -> str:
    """The authors' key, unless it is a mere number or would break BibTeX."""
    if re.fullmatch(r"[A-Za-z][\w:./+-]*", reference.key) and not re.fullmatch(r"bib\w{0,4}\d+", reference.key):
        return reference.key
    if reference.authors:
        return key_of(reference.authors, reference.year, reference.title)
    first = next((w for w in re.findall(r"[^\W\d_]{3,}", reference.text)), "")
    return f"{_plain(first) or 'reference'}{reference.year}"


def _unused(key: str, used: set[str]) -> str:
    """The key, or with a letter after it where an earlier entry has it: order makes it stable."""
    candidate, count = key, 0
    while candidate.lower() in used:
        count += 1
        candidate = f"{key}{chr(96 + count) if count < 27 else f'-{count}'}"
    used.add(candidate.lower())
    return candidate


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{_balanced(value)}}}," for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n" + "\n".join(lines) + "\n}"


def _people(names: tuple[str, ...]) -> str:
    return " and ".join(_escaped(n) for n in names)


def _escaped(text: str) -> str:
    """Text for TeX; what stands between dollars, and what is escaped already, stays."""
    parts = re.split(r"(\$[^$]*\$)", " ".join(text.split()))
    return "".join(p if p.startswith("$") else re.sub(r"(?<!\\)[&%#_~^]", lambda m: _SPECIAL[m[0]], p) for p in parts)


def _balanced(text: str) -> str:
    """A value whose braces do not match would swallow the entries after it."""
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            break
    return text if depth == 0 else re.sub(r"[{}]", "", text)


def _plain(word: str) -> str:
    ascii_word = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", ascii_word.lower())
