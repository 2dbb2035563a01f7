"""Where everything of a run lies."""

from __future__ import annotations

import difflib
import re
import secrets
import shutil
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ...errors import JournalError, RunNotFound
from ...records import Json, Request, dump, parse
from .encoding import decode, encode
from .files import sync_folder, write_whole

_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9]{4}")
_PREFIX = re.compile(r"[0-9a-z-]{1,20}")
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class RunFolder:
    """One run's folder; only `work` is ever seen by a kernel."""

    path: Path

    @property
    def id(self) -> str:
        """`YYYYMMDD-hhmmss-xxxx`, in UTC; sorts by time."""
        return self.path.name

    @property
    def request(self) -> Path:
        """What was asked for, and the settings as resolved."""
        return self.path / "request.json"

    @property
    def lock(self) -> Path:
        """Who owns the run."""
        return self.path / "run.lock"

    @property
    def journal(self) -> Path:
        """Every event."""
        return self.path / "journal.jsonl"

    @property
    def live(self) -> Path:
        """Words as they stream in; disposable."""
        return self.path / "live.jsonl"

    @property
    def inbox(self) -> Path:
        """Messages to the run."""
        return self.path / "inbox"

    @property
    def notebook(self) -> Path:
        """The draft, written at stage ends."""
        return self.path / "notebook.ipynb"

    @property
    def report(self) -> Path:
        """The report in Markdown."""
        return self.path / "report.md"

    @property
    def artifacts(self) -> Path:
        """What the run made, and the journal's large values."""
        return self.path / "artifacts"

    @property
    def work(self) -> Path:
        """The one folder a kernel sees."""
        return self.path / "work"

    @classmethod
    def create(cls, runs: Path, request: Request, settings: Json) -> RunFolder:
        """A new run under `runs`, readable by its owner only; it appears whole or not at all.

        Its secret key lies in a file of its own, never in the request or the journal.
        """
        runs.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            folder = cls(runs / _new_id())
            if _build(folder, request, settings):
                return folder

    @classmethod
    def open(cls, runs: Path, id: str) -> RunFolder:
        """The run with this id, or with an id that only it begins with. Raises RunNotFound naming the nearest."""
        known = [folder.id for folder in cls.list_runs(runs)]
        found = [name for name in known if name.startswith(id)] if _PREFIX.fullmatch(id) else []
        if len(found) == 1:
            return cls(runs / found[0])
        if found:
            raise RunNotFound(f"{id!r} begins {len(found)} runs: {', '.join(found[:5])}; write more of it", id=id)
        near = difflib.get_close_matches(id, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "`jupyter agents runs list` shows all"
        raise RunNotFound(f"there is no run {id!r} in {runs}; {hint}", id=id, nearest=near[0] if near else None)

    @classmethod
    def list_runs(cls, runs: Path) -> list[RunFolder]:
        """All runs, newest first."""
        try:
            names = [path.name for path in runs.iterdir() if _ID.fullmatch(path.name)]
        except FileNotFoundError:
            return []
        return [cls(runs / name) for name in sorted(names, reverse=True) if (runs / name / "request.json").is_file()]

    def read_request(self) -> Request:
        """What was asked for. Raises JournalError if the file is damaged."""
        return parse(self._read_request_file()["request"], Request)

    def read_settings(self) -> Json:
        """The settings as they were resolved when the run began."""
        settings: Json = self._read_request_file()["settings"]
        return settings

    def secret(self) -> bytes:
        """The run's key for marking untrusted text: 32 bytes. Raises JournalError if it is gone."""
        try:
            return bytes.fromhex((self.path / "key").read_text("ascii"))
        except (OSError, ValueError) as exc:
            raise JournalError(f"the key of run {self.id} cannot be read: {exc}; start the run anew") from exc

    def _read_request_file(self) -> dict[str, Any]:
        try:
            content = decode(self.request.read_bytes())
            return {"request": dump(parse(content["request"], Request)), "settings": dict(content["settings"])}
        except (OSError, ValueError, KeyError, TypeError, msgspec.ValidationError) as exc:
            raise JournalError(f"{self.request} cannot be read: {exc}; start the run anew", run=self.id) from exc


def _new_id() -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"


def _build(folder: RunFolder, request: Request, settings: Json) -> bool:
    """Make the folder under another name and rename it; False if the id is taken."""
    draft = RunFolder(folder.path.with_name(f".{folder.id}.new"))
    try:
        draft.path.mkdir(mode=0o700)
    except FileExistsError:
        return False
    try:
        for part in (draft.inbox, draft.artifacts, draft.work):
            part.mkdir(mode=0o700)
        content = {"v": 1, "id": folder.id, "request": dump(request), "settings": settings}
        write_whole(draft.request, encode(content) + b"\n")
        write_whole(draft.path / "key", secrets.token_bytes(32).hex().encode())
        if folder.path.exists():
            return False
        draft.path.rename(folder.path)
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)
    sync_folder(folder.path.parent)
    return True
