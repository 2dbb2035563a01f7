from __future__ import annotations

import stat
from pathlib import Path

import pytest

from jupyter_agents.errors import JournalError, RunNotFound
from jupyter_agents.records import Budget, Request
from jupyter_agents.runtime.journal.folder import RunFolder


def test_new_run_holds_what_was_asked_and_is_private(tmp_path: Path) -> None:
    request = Request(agent="code", text="arXiv:1008.4686 – ü \ud800", budget=Budget(usd=1.5), options={"papers": 3})
    folder = RunFolder.create(tmp_path / "runs", request, {"model": "m", "nested": {"a": [1]}})
    assert folder.read_request() == request
    assert folder.read_settings() == {"model": "m", "nested": {"a": [1]}}
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder.path / "key").stat().st_mode) == 0o600
    assert all(part.is_dir() for part in (folder.inbox, folder.artifacts, folder.work))


def test_secret_is_the_runs_own_and_not_in_its_request(tmp_path: Path) -> None:
    one, other = (RunFolder.create(tmp_path, Request(agent="a", text="t"), {}) for _ in range(2))
    assert len(one.secret()) == 32
    assert one.secret() != other.secret()
    assert one.secret().hex() not in one.request.read_text()
    (one.path / "key").unlink()
    with pytest.raises(JournalError, match="key of run"):
        one.secret()


def test_runs_are_listed_newest_first_and_strangers_are_passed_over(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, Request(agent="a", text="t"), {})
    for name in ("20200101-000000-old1", "20990101-000000-new1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "request.json").write_bytes(folder.request.read_bytes())
    (tmp_path / "20250101-000000-half").mkdir()
    (tmp_path / "notes").mkdir()
    names = [run.id for run in RunFolder.list_runs(tmp_path)]
    assert names == ["20990101-000000-new1", folder.id, "20200101-000000-old1"]
    assert RunFolder.list_runs(tmp_path / "missing") == []


def test_run_is_opened_by_its_id_or_a_unique_beginning(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, Request(agent="a", text="t"), {})
    assert RunFolder.open(tmp_path, folder.id) == folder
    assert RunFolder.open(tmp_path, folder.id[:8]) == folder
    other = tmp_path / (folder.id[:-1] + ("a" if folder.id[-1] != "a" else "b"))
    other.mkdir()
    (other / "request.json").write_bytes(folder.request.read_bytes())
    with pytest.raises(RunNotFound, match="begins 2 runs"):
        RunFolder.open(tmp_path, folder.id[:8])
    assert RunFolder.open(tmp_path, folder.id) == folder


def test_unknown_run_names_the_nearest(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, Request(agent="a", text="t"), {})
    wrong = folder.id[:-1] + ("a" if folder.id[-1] != "a" else "b")
    with pytest.raises(RunNotFound, match=f"did you mean {folder.id}"):
        RunFolder.open(tmp_path, wrong)


@pytest.mark.parametrize("id", ["", "..", "../x", "/etc", "a/b", "2026*", "\x00", "20260101-000000-abc\n", "ü" * 300])
def test_no_path_is_reached_through_an_id(tmp_path: Path, id: str) -> None:
    RunFolder.create(tmp_path / "runs", Request(agent="a", text="t"), {})
    with pytest.raises(RunNotFound):
        RunFolder.open(tmp_path / "runs", id)


def test_damaged_request_says_so(folder: RunFolder) -> None:
    for content in ("", "{", "[]", '{"request": {"agent": 3, "text": ""}, "settings": {}}'):
        folder.request.write_text(content)
        with pytest.raises(JournalError, match=r"request\.json cannot be read"):
            folder.read_request()
