"""Which of a folder's files is the paper, and which are its supplements and decoys."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ....errors import PaperNotFound, PaperRefused, PaperUnreadable
from .files import SourceFolder
from .flatten import TEX_SUFFIXES
from .lexing import without_comments

_CLASS = re.compile(r"\\document(?:class|style)\s*(?:\[[^\]]*\])?\s*\{([^{}]*)\}")
_INPUTS = re.compile(r"\\(?:input|include|subfile|subfileinclude)\s*\{?\s*([^\s{}\\]+)")
_GOOD = re.compile(r"^(?:main|ms|paper|article|manuscript|arxiv|root|thesis)[-_.\d]*(?:final|v\d+|arxiv)?$", re.I)
_BAD = re.compile(
    r"supp|append|^si$|_si$|response|rebuttal|cover|letter|template|sample|example|test|style|readme|poster|slides|"
    r"talk|diff|old|backup|draft|instruction|guide|bare_|figure|standalone|reply|referee|checklist",
    re.I,
)
_SUPPLEMENT = re.compile(r"supp|^si$|_si$|append|^sm$", re.I)
_OTHER_CLASSES = frozenset(
    {"standalone", "beamer", "letter", "minimal", "subfiles", "moderncv", "a0poster", "beamerposter"}
)


@dataclass(frozen=True)
class Choice:
    """The main file, and what else could have been one."""

    main: str
    supplements: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def choose(folder: SourceFolder, main: str | None = None) -> Choice:
    """The paper's main file. main: the reader's own choice, relative to the folder.

    Raises PaperNotFound where that is not there, PaperUnreadable where no file is LaTeX.
    """
    if main is not None:
        if main not in folder.names:
            raise PaperNotFound(f"there is no file {main} in {folder.root.name}", path=str(folder.root / main))
        return Choice(main)
    texts, refused = _texts(folder)
    documents = {name: text for name, text in texts.items() if _CLASS.search(text) or "\\begin{document}" in text}
    told = _told(folder)
    if told is not None:
        return _choice(told, documents)
    if not documents and refused is not None:
        raise refused
    if not documents:
        return Choice(_fragment(folder, texts))
    included = {found for name, text in texts.items() for found in _inputs(folder, name, text) if found != name}
    free = [name for name in documents if name not in included] or list(documents)
    best = max(sorted(free), key=lambda name: _score(name, documents[name], texts, folder))
    return _choice(best, {name: documents[name] for name in free})


def _texts(folder: SourceFolder) -> tuple[dict[str, str], PaperRefused | None]:
    """What could be LaTeX, without comments; and the refusal of a file that is too large to be a paper's text."""
    texts: dict[str, str] = {}
    refused: PaperRefused | None = None
    for name in folder.names:
        if _could_be(name):
            try:
                texts[name] = _text(folder, name)
            except PaperRefused as exc:
                refused = exc if "." in name.rpartition("/")[2] else refused
    return texts, refused


def _could_be(name: str) -> bool:
    stem, dot, suffix = name.rpartition("/")[2].rpartition(".")
    return f".{suffix}".lower() in (".tex", ".ltx", ".latex") if dot and stem else True


def _text(folder: SourceFolder, name: str) -> str:
    if "." not in name.rpartition("/")[2]:
        head = folder.read_bytes(name)[:2_000_000]
        return without_comments(head.decode("utf-8", "replace")) if b"\\documentclass" in head else ""
    return without_comments(folder.read(name))


def _told(folder: SourceFolder) -> str | None:
    """What arXiv's 00README or a `.latexmain` file says."""
    for name in folder.names:
        if name.endswith(".latexmain"):
            return folder.find(name.removesuffix(".latexmain"), TEX_SUFFIXES)
    for name in folder.names:
        if name.rpartition("/")[2].startswith("00README"):
            told = _of_readme(folder.read(name))
            return folder.find(told, TEX_SUFFIXES) if told else None
    return None


def _of_readme(text: str) -> str | None:
    try:
        parsed = json.loads(text)
    except ValueError:
        match = re.search(r"^\s*(\S+)\s+toplevelfile\b", text, re.M) or re.search(
            r"filename:\s*['\"]?(\S+?)['\"]?\s*\n\s*usage:\s*['\"]?toplevel", text
        )
        return match[1] if match else None
    sources = parsed.get("sources", []) if isinstance(parsed, dict) else []
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, dict) and source.get("usage") == "toplevel":
            return str(source.get("filename", "")) or None
    return None


def _inputs(folder: SourceFolder, name: str, text: str) -> set[str]:
    near = name.rpartition("/")[0]
    found = (folder.find(asked, TEX_SUFFIXES, near) for asked in _INPUTS.findall(text))
    return {each for each in found if each}


def _score(name: str, text: str, texts: dict[str, str], folder: SourceFolder) -> tuple[float, int]:
    stem = name.rpartition("/")[2].rpartition(".")[0] or name
    match = _CLASS.search(text)
    score = 0.0
    score += 3 if _GOOD.search(stem) else 0
    score -= 4 if _BAD.search(stem) else 0
    score -= 6 if match and match[1].strip().lower() in _OTHER_CLASSES else 0
    score += 3 if re.search(r"\\begin\{abstract\}|\\abstract\s*\{", text) else 0
    score += 1 if re.search(r"\\title\b|\\maketitle\b", text) else 0
    score += 1 if re.search(r"\\bibliography\s*\{|\\bibitem|\\printbibliography", text) else 0
    score -= 3 if re.search(r"\\title\s*(?:\[[^\]]*\])?\s*\{[^}]*supplement", text, re.I) else 0
    score -= name.count("/")
    length = len(text) + sum(len(texts.get(each, "")) for each in _inputs(folder, name, text))
    score += min(length / 10_000, 3)
    return score, length


def _choice(main: str, documents: dict[str, str]) -> Choice:
    others = sorted(name for name in documents if name != main)
    supplements = tuple(name for name in others if _SUPPLEMENT.search(name.rpartition("/")[2].rpartition(".")[0]))
    return Choice(main, supplements, tuple(name for name in others if name not in supplements))


def _fragment(folder: SourceFolder, texts: dict[str, str]) -> str:
    """Where nothing is a whole document: the one file that is, the longest that looks like LaTeX."""
    told = {name: text for name, text in texts.items() if text.strip()}
    plain = {name: text for name, text in told.items() if "\\" in text} or told
    if not plain:
        raise PaperUnreadable(
            f"there is no LaTeX file in {folder.root.name}; give the folder that holds the paper's .tex",
            path=str(folder.root),
        )
    return max(sorted(plain), key=lambda name: len(plain[name]))
