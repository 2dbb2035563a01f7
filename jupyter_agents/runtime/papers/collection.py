"""Many papers in one folder: which they are, and all of them read though some cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ...errors import ArxivError, PaperError, PaperNotFound
from ...records import Record
from . import Paper
from .arxiv import Arxiv
from .identifiers import ArxivSource, LocalSource, Source
from .load import ending, load, passed_over


class Unread(Record):
    """A paper that could not be read, and why."""

    source: str
    error: str
    """The error's name, for instance `PaperUnreadable`."""
    message: str


def papers_in(path: Path) -> list[Source]:
    """The papers that a file or folder holds.

    A folder with `.tex` files is one paper; otherwise each subfolder or file in it is one. README, LICENSE and PDFs
    beside LaTeX are passed over; of one paper in several formats the best is taken. Raises PaperNotFound for none.
    """
    path = path.resolve()
    if not path.exists():
        raise PaperNotFound(f"there is no file or folder {path}", path=str(path))
    found = _papers(path)
    if not found:
        raise PaperNotFound(f"{path.name} holds no paper that can be read; give another folder", path=str(path))
    return [LocalSource(path=str(p)) for p in found]


def load_all(
    sources: Iterable[str | Path | ArxivSource | LocalSource], *, cache: Path, arxiv: Arxiv | None = None
) -> Iterator[Paper | Unread]:
    """Each source as a paper, in order; one that cannot be read comes as a record and stops no other."""
    for source in sources:
        try:
            yield load(source, cache=cache, arxiv=arxiv)
        except (PaperError, ArxivError) as exc:
            yield Unread(source=str(source), error=type(exc).__name__, message=exc.message)


def _papers(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    inside = sorted(p for p in path.iterdir() if not passed_over(p) and not p.is_symlink())
    if any(p.suffix.lower() == ".tex" and p.is_file() for p in inside):
        return [path]
    files = _best([p for p in inside if p.is_file() and ending(p)])
    folders = [paper for p in inside if p.is_dir() for paper in _of_folder(p)]
    return sorted([*files, *folders], key=lambda p: p.name)


def _of_folder(folder: Path) -> list[Path]:
    """A subfolder is one paper, unless it holds none or only several of one kind without LaTeX."""
    texts = any(p.is_file() and not p.is_symlink() for p in folder.glob("**/*.tex"))
    files = [p for p in folder.iterdir() if p.is_file() and not p.is_symlink() and ending(p) and not passed_over(p)]
    if texts or len(_best(files)) == 1:
        return [folder]
    return _best(sorted(files))


def _best(files: list[Path]) -> list[Path]:
    """Of files with one name the format that is read best: `a.tar.gz` before `a.html` before `a.pdf`."""
    order = {e: rank for rank, e in enumerate((".tar.gz", ".tgz", ".tar", ".gz", ".zip", ".html", ".htm", ".pdf"))}
    chosen: dict[str, Path] = {}
    for file in files:
        kind = ending(file)
        stem = file.name[: len(file.name) - len(kind)]
        known = chosen.get(stem)
        if known is None or order.get(kind, 99) < order.get(ending(known), 99):
            chosen[stem] = file
    return list(chosen.values())
