"""What a person wrote to name a paper, as a typed source: an arXiv id or something on this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ...errors import PaperNotFound
from ...records import Record


class ArxivSource(Record):
    """A paper on arXiv."""

    id: str
    """Without a version: `2408.12714`, `hep-th/9901001`."""
    version: str = ""
    """`v2`, or empty for the newest."""

    @property
    def versioned(self) -> str:
        """The id as arXiv's addresses write it, with the version if there is one."""
        return self.id + self.version

    def __str__(self) -> str:
        return f"arXiv:{self.versioned}"


class LocalSource(Record):
    """A file or folder on this machine."""

    path: str
    """Absolute."""

    def __str__(self) -> str:
        return self.path


Source = ArxivSource | LocalSource

_NEW: Final = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD: Final = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ID: Final = re.compile(rf"(?P<id>{_NEW}|{_OLD})(?P<version>v[1-9]\d*)?", re.ASCII)
_PREFIX: Final = re.compile(r"arxiv\s*:\s*", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"(?:https?://)?(?:www\.|export\.|[a-z]{2}\.)?(?:ar[x5]iv\.org|ar5iv\.labs\.arxiv\.org|alphaxiv\.org)"
    r"/(?:abs|pdf|html|src|e-print|format|ps)/(?P<rest>[^?#]+)(?:[?#].*)?",
    re.IGNORECASE,
)
_DOI: Final = re.compile(
    r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi\s*:\s*)?10\.48550/arxiv\.(?P<rest>\S+)", re.IGNORECASE
)
_OTHER_DOI: Final = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi\s*:\s*)?10\.\d{4,9}/\S+", re.IGNORECASE)
_FILE_ENDINGS: Final = re.compile(r"(?:\.pdf|\.tar\.gz|\.gz|\.html?)$", re.IGNORECASE)


def identify(text: str | Path, *, folder: Path | None = None) -> Source:
    """What a text names: an arXiv id, address or DOI, or a file or folder that exists.

    folder: where relative paths start; the current one if None. A path that exists wins over an id of
    the same spelling only where it is written as a path (`./2408.12714`) or is no valid id.
    Raises PaperNotFound, which names the forms that are understood.
    """
    if isinstance(text, Path):
        return _local(str(text), folder)
    wanted = text.strip()
    return _arxiv(wanted) or _local(wanted, folder)


def arxiv_id(text: str) -> ArxivSource:
    """An arXiv id in any of its written forms. Raises PaperNotFound for anything else."""
    found = _arxiv(text.strip())
    if found is None:
        raise PaperNotFound(
            f"{_short(text)} is no arXiv id; write it like 2408.12714, 2408.12714v2 or hep-th/9901001", wanted=text
        )
    return found


def _arxiv(text: str) -> ArxivSource | None:
    for form in (_ADDRESS, _DOI):
        if match := form.fullmatch(text):
            return _bare(_FILE_ENDINGS.sub("", match["rest"].rstrip("/")), text)
    if match := _PREFIX.match(text):
        return _bare(text[match.end() :], text)
    if match := _ID.fullmatch(text):
        return ArxivSource(id=match["id"], version=match["version"] or "")
    return None


def _bare(rest: str, whole: str) -> ArxivSource:
    match = _ID.fullmatch(rest) or _ID.fullmatch(re.sub(r"\s*\[[\w.-]+\]$", "", rest).strip())
    if match is None:
        raise PaperNotFound(
            f"{_short(whole)} holds no arXiv id; write it like arXiv:2408.12714v2 or hep-th/9901001", wanted=whole
        )
    return ArxivSource(id=match["id"], version=match["version"] or "")


def _local(text: str, folder: Path | None) -> LocalSource:
    if not text or "\0" in text:
        raise PaperNotFound("no paper was named; give an arXiv id, a DOI of arXiv, a file or a folder", wanted=text)
    if _OTHER_DOI.fullmatch(text):
        raise PaperNotFound(
            f"{_short(text)} is a DOI that is not arXiv's; find the paper's arXiv id or give its file", wanted=text
        )
    if re.match(r"[a-z]+://", text, re.IGNORECASE):
        raise PaperNotFound(
            f"{_short(text)} is no address of arXiv; give an arXiv id, or download the file and give its path",
            wanted=text,
        )
    path = (folder or Path.cwd()) / Path(text).expanduser()
    try:
        if path.exists():
            return LocalSource(path=str(path.resolve()))
    except OSError:
        pass  # a name too long to be one: the same answer as for a file that is not there
    raise PaperNotFound(
        f"{_short(text)} is neither an arXiv id (2408.12714, hep-th/9901001) nor a file or folder here; check it",
        wanted=text,
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")
