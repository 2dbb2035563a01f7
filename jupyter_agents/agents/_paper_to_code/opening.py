"""Begin: read the paper, lay its data into the work folder, say what is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ...errors import InputError
from ...records import Record, parse
from ...runtime.papers import Paper
from ...tools.papers import OpenPaper
from .. import Bench

_DATA = frozenset(
    ".dat .csv .tsv .txt .json .npy .npz .parquet .fits .h5 .hdf5 .mat .xlsx .jsonl .nc .arff .data .gz".split()  # noqa: SIM905 - a list of words reads best as words
)
_NOT_DATA = frozenset({"license", "licence", "readme", "copying", "changelog", "requirements", "00readme"})
_MOST_BYTES = 64 << 20
"""Of one data file; larger ones are named and left where they are."""


class Options(Record):
    """What only this agent understands."""

    output: Literal["notebook", "repository"] = "notebook"
    """`repository`: the code also as modules, with requirements and README, under `artifacts/repository`."""


def options(bench: Bench) -> Options:
    """The options of the request."""
    return parse(bench.request.options, Options)


async def the_paper(bench: Bench) -> Paper:
    """The paper that this run is about: the first that was opened."""
    card = next(iter(bench.state.papers.values()), None)
    if card is None:
        raise InputError("no paper is open; name one by arXiv id, file or folder")
    return await bench.library.open(card["source"])


async def prepare(bench: Bench) -> str:
    """Open the paper, place its data, and say the task. Raises InputError for a paper that cannot be read."""
    source = bench.request.text.strip()
    if not source:
        raise InputError("name a paper: an arXiv id, a LaTeX file or folder, a PDF, HTML or Markdown file")
    opened = await bench.act("open_paper", OpenPaper(paper=source))
    if opened.error:
        raise InputError(opened.text)
    paper = await the_paper(bench)
    placed, left = place_data(bench, paper)
    if bench.has_model:
        laid = await bench.act("lay_head", {})
        await bench.act("run_cell", {"id": laid.data["setup"]})
    return _task(bench, paper, placed, left)


def place_data(bench: Bench, paper: Paper) -> tuple[list[str], list[str]]:
    """Copy the paper's own data, and data named as sources, into the work folder; names placed, names too large.

    Only regular files of known kinds of data, never through links.
    """
    placed, left = [], []
    for name, path in [*_of_paper(paper), *_of_sources(bench)]:
        if path.stat().st_size > _MOST_BYTES:
            left.append(name)
            continue
        bench.place(name, path)
        placed.append(name)
    return placed, left


def _of_paper(paper: Paper) -> list[tuple[str, Path]]:
    folder = Path(paper.folder).resolve() if paper.folder else None
    named = [(name, folder / name) for name in paper.files] if folder else []
    return [
        (name, path) for name, path in named if folder and path.resolve().is_relative_to(folder) and _is_data(path)
    ]


def _of_sources(bench: Bench) -> list[tuple[str, Path]]:
    """Data files among the request's sources, and in the folders among them."""
    found: list[tuple[str, Path]] = []
    for source in bench.request.sources:
        path = Path(bench.request.folder or ".") / source
        if path.is_dir():
            found += [(str(p.relative_to(path)), p) for p in sorted(path.rglob("*")) if _is_data(p)]
        elif _is_data(path):
            found.append((path.name, path))
    return found


def _is_data(path: Path) -> bool:
    known = path.suffix.lower() in _DATA and path.stem.lower() not in _NOT_DATA
    return known and path.is_file() and not path.is_symlink()


def _task(bench: Bench, paper: Paper, placed: list[str], left: list[str]) -> str:
    files = ", ".join(f"`{_plain(name)}`" for name in placed) or "none"
    lines = [
        f"Turn the paper {paper.id} into a notebook that computes its own results, so that code can check them.",
        f"Its data files in the work folder (the kernel's current folder): {files}.",
    ]
    if left:
        lines.append(f"Too large to be placed: {', '.join(map(_plain, left))}.")
    if paper.missing:
        lines.append(
            f"Missing from its source: {', '.join(map(_plain, paper.missing))}; nothing may be made up for them."
        )
    lines += [
        "The sandbox has no network and no GPU; numpy, scipy, pandas and matplotlib are there.",
        "Hand in, in this order: `plan`, `claims`, `code`. Outputs of cells are shown once the claims are handed in.",
    ]
    if bench.request.copilot:
        lines.append("A person sits beside you: what the paper leaves unclear, ask by `ask_unclear`.")
    return "\n".join(lines)


def _plain(name: str) -> str:
    """A file name as it may stand among our own words."""
    return "".join(c if c.isalnum() or c in "._-/ " else "?" for c in name)[:120]
