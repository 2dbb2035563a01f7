from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_agents.errors import StoreLocked, StoreUnreadable
from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.database import connect, set_journal
from jupyter_agents.runtime.store.disk import filesystem, journal_mode, shared
from jupyter_agents.runtime.store.record import SqliteRecord

Make = Callable[..., Preprint]


def test_a_newer_store_says_to_upgrade(path: Path) -> None:
    SqliteRecord(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version=99")
    raw.close()
    with pytest.raises(StoreUnreadable, match=r"newer jupyter_agents \(schema 99.*upgrade"):
        SqliteRecord(path)


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE theirs(x)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnreadable, match="another program's database"):
        SqliteRecord(path)
    with sqlite3.connect(path) as raw:
        assert [row[0] for row in raw.execute("SELECT name FROM sqlite_schema")] == ["theirs"]
    raw.close()
    assert len(path.read_bytes()) == len(before)


@pytest.mark.parametrize(
    "content", [b"hello, I am a text file, not a database" * 40, b"SQLite format 3\0" + b"\xff" * 4000]
)
def test_a_file_that_is_no_database_is_named(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreUnreadable, match=r"damaged or not one of ours.*restore it"):
        SqliteRecord(path)
    assert path.read_bytes() == content


def test_damage_in_the_middle_is_found_by_a_check(path: Path, make: Make) -> None:
    record = SqliteRecord(path)
    for number in range(60):
        record.submit(make(number), f"k{number}")
    record.close()
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(size // 4)
        stream.write(os.urandom(size // 2))
    with pytest.raises(StoreUnreadable, match=r"damaged|changed"):
        _open_and_check(path)


def _open_and_check(path: Path) -> None:
    with contextlib.closing(SqliteRecord(path)) as record:
        record.check()


def test_a_folder_in_the_files_place_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreUnreadable, match="is a folder where a file should be"):
        SqliteRecord(path)


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    for path in (tmp_path / "store" / "p.sqlite", tmp_path / "store" / "deeper" / "p.sqlite"):
        with pytest.raises(StoreUnreadable, match="is a file; name a folder"):
            SqliteRecord(path)


ORDINARY_USER = """
import os, pathlib, sys
import markdown_it, psutil  # what opening a record imports: a later user may not see the interpreter's folder
from jupyter_agents.errors import StoreUnreadable
from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.record import SqliteRecord
if os.geteuid() == 0:  # permissions do not stop root
    os.setegid(65534)
    os.seteuid(65534)
try:
    SqliteRecord(pathlib.Path(sys.argv[1])).submit(Preprint(id="", title="t", abstract="a", body="b"), "k")
except StoreUnreadable as error:
    print(error)
"""


@pytest.fixture
def closed() -> Iterator[Path]:
    """A read-only folder that other users can reach, with a read-only store in it."""
    with tempfile.TemporaryDirectory() as outer:
        Path(outer).chmod(0o755)
        folder = Path(outer) / "closed"
        SqliteRecord(folder / "old.sqlite").close()
        (folder / "old.sqlite").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


@pytest.mark.parametrize("name", ["new.sqlite", "old.sqlite", "sub/new.sqlite"])
def test_a_read_only_folder_is_named(closed: Path, name: str) -> None:
    command = [sys.executable, "-c", ORDINARY_USER, str(closed / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cannot be" in done.stdout
    assert "permissions" in done.stdout


def test_a_writer_that_never_ends_gives_a_clear_error(path: Path, make: Make) -> None:
    record = SqliteRecord(path, wait_s=0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked, match="another process"):
        record.submit(make(), "k")
    other.execute("ROLLBACK")
    other.close()
    assert record.submit(make(), "k").version == 1
    record.close()


def journal(path: Path) -> str:
    """The journal's mode, as another program sees it."""
    with contextlib.closing(sqlite3.connect(path)) as other:
        return str(other.execute("PRAGMA journal_mode").fetchone()[0])


def test_a_local_disk_gets_a_write_ahead_log(record: SqliteRecord, path: Path, make: Make) -> None:
    record.submit(make(), "k")
    assert journal(path) == journal_mode(filesystem(path.parent))


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "lustre", "fuse.sshfs", "fuseblk", "virtiofs"])
def test_a_shared_disk_gets_a_rollback_journal(kind: str) -> None:
    assert shared(kind)
    assert journal_mode(kind) == "delete"


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "apfs", "tmpfs", "overlay", "zfs", ""])
def test_a_local_filesystem_is_not_taken_for_a_shared_one(kind: str) -> None:
    assert journal_mode(kind) == "wal"


def test_a_store_moved_to_a_shared_disk_changes_its_journal(path: Path, make: Make) -> None:
    record = SqliteRecord(path)
    stored = record.submit(make(), "k")
    record.close()
    with contextlib.closing(connect(path)) as connection:
        set_journal(connection, "delete")
        assert journal(path) == "delete"
    record = SqliteRecord(path)
    assert record.show(stored.id) == stored
    record.close()


def test_the_filesystem_of_a_folder_is_its_mounts() -> None:
    assert filesystem(Path("/proc/self")) == "proc"
    assert filesystem(Path("/dev/shm")) == "tmpfs"
