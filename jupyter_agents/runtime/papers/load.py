"""From whatever names a paper to a `Paper`: LaTeX before HTML before PDF, and it says which it was.

What was read once is kept as JSON by content and format, so that a second look costs nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from ...errors import PaperError, PaperNotFound, PaperRefused, PaperUnreadable, PaperWithdrawn
from ...records import changed
from . import Paper, archive, html, latex, markdown, pdf
from .arxiv import Arxiv
from .cache import arriving_folder, keep, recall
from .entry import Entry
from .identifiers import ArxivSource, LocalSource, Source, identify

PAPER_FORMAT: Final = 2
"""Raise it when a reader gives another answer for the same bytes: kept papers are then read anew."""

MOST_FILES: Final = 5_000
MOST_BYTES: Final = 2 * 2**30

_ARCHIVES: Final = (".tar.gz", ".tgz", ".tar", ".gz", ".zip", ".tar.bz2", ".tar.xz")
_PAGES: Final = (".html", ".htm", ".xhtml")
_MARKDOWN: Final = (".md", ".markdown")
READABLE: Final = (".tex", *_ARCHIVES, *_PAGES, ".pdf", *_MARKDOWN)
"""File endings that name a paper, the better source first."""

_NAMES: Final = {"latex": "LaTeX source", "html": "HTML", "pdf": "PDF", "markdown": "Markdown"}


def load(
    source: str | Path | Source,
    *,
    cache: Path,
    arxiv: Arxiv | None = None,
    main: str | None = None,
    folder: Path | None = None,
) -> Paper:
    """The paper that a source names.

    source: arXiv id, address or DOI, a file (`.tex`, archive, HTML, PDF, Markdown) or a folder with one paper.
    cache: where unpacked sources and read papers are kept. arxiv: None where arXiv must not be asked.
    main: the main `.tex` file, relative to the folder, where there are several. folder: where relative paths start.
    Raises PaperError's and ArxivError's children.
    """
    named = identify(source, folder=folder) if isinstance(source, str | Path) else source
    if isinstance(named, LocalSource):
        return _local(Path(named.path), cache, main)
    if arxiv is None:
        raise PaperNotFound(f"{named} is on arXiv, which may not be asked here; give the paper's file", id=str(named))
    return _from_arxiv(named, arxiv, cache, main)


def ending(path: Path) -> str:
    """The readable ending of a file's name, `.tar.gz` whole; empty for any other file."""
    return next((e for e in sorted(READABLE, key=len, reverse=True) if path.name.lower().endswith(e)), "")


def name_of(path: Path) -> str:
    """What a local paper is called: its file or folder without ending."""
    bare = path.name if path.is_dir() else path.name[: len(path.name) - len(ending(path))]
    return re.sub(r"[^\w.-]+", "_", bare or path.name) or "paper"


def _local(path: Path, cache: Path, main: str | None) -> Paper:
    digest = _digest(path.parent if ending(path) == ".tex" else path)
    return _kept(path, cache, id=f"local:{name_of(path)}", version=f"sha256:{digest[:12]}", digest=digest, main=main)


def _kept(path: Path, cache: Path, *, id: str, version: str, digest: str, main: str | None) -> Paper:
    """A paper as read before, else read now and kept."""
    key = hashlib.sha256(
        "\0".join([str(PAPER_FORMAT), digest, str(path), id, version, main or ""]).encode()
    ).hexdigest()
    place = cache / "papers" / f"{key[:32]}.json"
    known = recall(place, Paper)
    if known is not None and (not known.folder or Path(known.folder).is_dir()):
        return known
    paper = _read(path, cache, id=id, version=version, main=main)
    paper = changed(paper, notes=(f"read from {_NAMES[paper.kind]}", *paper.notes))
    keep(place, paper)
    return paper


def _read(path: Path, cache: Path, *, id: str, version: str, main: str | None) -> Paper:
    if path.is_dir():
        return _read_folder(path, cache, id=id, version=version, main=main)
    kind = ending(path)
    if kind == ".tex":
        return latex.read(path.parent, id=id, version=version, main=path.name)
    if kind in _ARCHIVES:
        return _read_folder(_unpacked(path, cache), cache, id=id, version=version, main=main)
    readers: dict[str, Callable[..., Paper]] = dict.fromkeys(_PAGES, html.read) | dict.fromkeys(
        _MARKDOWN, markdown.read
    )
    read = pdf.read if kind == ".pdf" else readers.get(kind)
    if read is None:
        raise PaperUnreadable(
            f"{path.name} is no kind of paper that can be read; give {', '.join(READABLE)} or a folder", path=str(path)
        )
    return read(path, id=id, version=version)


def _read_folder(folder: Path, cache: Path, *, id: str, version: str, main: str | None) -> Paper:
    """A folder as one paper: its LaTeX, else its only readable file of the best kind."""
    if main or any(p.suffix.lower() == ".tex" for p in _files(folder)):
        return latex.read(folder, id=id, version=version, main=main)
    found = [p for p in _files(folder) if ending(p) and not passed_over(p)]
    best = [p for e in (_ARCHIVES, _PAGES, (".pdf",), _MARKDOWN) for p in found if ending(p) in e]
    same = [p for p in best if ending(p) == ending(best[0])]
    if not best:
        raise PaperUnreadable(f"{folder.name} holds no paper; it needs one of {', '.join(READABLE)}", path=str(folder))
    if len(same) > 1:
        names = ", ".join(sorted(p.name for p in same)[:5])
        raise PaperUnreadable(f"{folder.name} holds several papers ({names}); name one", path=str(folder))
    return _read(best[0], cache, id=id, version=version, main=main)


def passed_over(path: Path) -> bool:
    """Files that stand beside papers and are none."""
    return (
        path.name.startswith(".")
        or re.match(r"(?:readme|licen[cs]e|copying|changelog)\b", path.name, re.I) is not None
    )


def _unpacked(path: Path, cache: Path) -> Path:
    """The folder of an archive's content, unpacked once for all processes."""
    target = cache / "unpacked" / _digest(path)[:32]
    if not target.is_dir():
        with arriving_folder(target) as waiting:
            archive.unpack(path, waiting)
    return target


def _from_arxiv(source: ArxivSource, arxiv: Arxiv, cache: Path, main: str | None) -> Paper:
    entry = arxiv.metadata([source])[0]
    failures: list[str] = []
    for fetch in (arxiv.fetch, arxiv.html, arxiv.pdf):
        try:
            path = fetch(entry.source)
            paper = _kept(
                _settled(path, cache),
                cache,
                id=f"arXiv:{entry.id}",
                version=entry.version,
                digest=_digest(path),
                main=main,
            )
        except PaperWithdrawn:
            raise
        except PaperRefused:
            raise
        except PaperError as exc:
            failures.append(str(exc))
        else:
            return _described(paper, entry, failures)
    raise PaperUnreadable(f"arXiv:{entry.id}{entry.version} cannot be read: {'; '.join(failures)}", id=entry.id)


def _settled(path: Path, cache: Path) -> Path:
    """A source of one bare TeX file gets a folder of its own, since beside it lie files that are ours."""
    if path.suffix != ".tex":
        return path
    target = cache / "unpacked" / _digest(path)[:32]
    if not target.is_dir():
        with arriving_folder(target) as waiting:
            shutil.copyfile(path, waiting / "main.tex")
    return target


def _described(paper: Paper, entry: Entry, failures: list[str]) -> Paper:
    """What arXiv knows of a paper beside what its text says."""
    about = {"categories": " ".join(entry.categories), "comment": entry.comment, "journal": entry.journal}
    about |= {"published": entry.published, "updated": entry.updated, "primary": entry.primary}
    return changed(
        paper,
        title=entry.title or paper.title,
        authors=entry.authors or paper.authors,
        abstract=paper.abstract or entry.abstract,
        year=entry.published[:4],
        doi=entry.doi,
        url=entry.url,
        notes=(*paper.notes, *failures),
        metadata=paper.metadata | {k: v for k, v in about.items() if v},
    )


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files."""
    whole = hashlib.sha256()
    total = 0
    for file in [path] if path.is_file() else _files(path):
        whole.update(
            f"{file.name if file == path else file.relative_to(path).as_posix()}\0".encode("utf-8", "replace")
        )
        total += _add(file, whole, MOST_BYTES - total)
    return whole.hexdigest()


def _add(file: Path, whole: Any, most: int) -> int:
    size = 0
    try:
        with file.open("rb") as opened:
            while piece := opened.read(1 << 20):
                size += len(piece)
                if size > most:
                    raise PaperRefused(
                        f"{file.parent.name} holds over {MOST_BYTES:,} bytes; give the paper's own folder"
                    )
                whole.update(piece)
    except OSError as exc:
        raise PaperUnreadable(f"{file.name} cannot be opened: {exc.strerror}", path=str(file)) from exc
    return size


def _files(folder: Path) -> list[Path]:
    """Plain files below a folder, in a fixed order; links and hidden ones are left out, never followed."""
    found = []
    for file in _walk(folder):
        found.append(file)
        if len(found) > MOST_FILES:
            raise PaperRefused(f"{folder.name} holds over {MOST_FILES:,} files; give the paper's own folder")
    return sorted(found)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in names:
            path = Path(root, name)
            if not name.startswith(".") and not path.is_symlink() and path.is_file():
                yield path
