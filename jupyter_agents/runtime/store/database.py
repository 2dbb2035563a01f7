"""Opening the record's SQLite file: schema, version, journal, and SQLite's errors as sentences."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from ...errors import StoreError, StoreLocked, StoreUnreadable
from .disk import filesystem, journal_mode

APPLICATION = 0x4A415053
"""SQLite's application_id of our files: `JAPS`."""
VERSION = 1
BUSY_S = 30.0
"""How long a writer waits for another one, unless told otherwise."""

SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE preprints(
    id TEXT PRIMARY KEY, newest INTEGER NOT NULL, withdrawn TEXT NOT NULL DEFAULT '');
CREATE TABLE versions(
    preprint TEXT NOT NULL REFERENCES preprints(id), version INTEGER NOT NULL, content TEXT NOT NULL,
    document TEXT NOT NULL, model TEXT NOT NULL, created TEXT NOT NULL, trust TEXT NOT NULL DEFAULT 'unchecked',
    PRIMARY KEY(preprint, version));
CREATE INDEX versions_by_content ON versions(content);
CREATE TABLE submissions(
    key TEXT PRIMARY KEY, preprint TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE reproductions(
    preprint TEXT NOT NULL, version INTEGER NOT NULL, by_run TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY(preprint, version, by_run));
CREATE TABLE passages(
    id INTEGER PRIMARY KEY AUTOINCREMENT, preprint TEXT NOT NULL, version INTEGER NOT NULL,
    title TEXT NOT NULL, section TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX passages_by_preprint ON passages(preprint, version);
CREATE TABLE embeddings(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, passage INTEGER NOT NULL REFERENCES passages(id),
    embedder TEXT NOT NULL, vector BLOB NOT NULL, UNIQUE(embedder, passage));
CREATE VIRTUAL TABLE words USING fts5(
    title, section, text, content='passages', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2');
CREATE TRIGGER passages_words AFTER INSERT ON passages BEGIN
    INSERT INTO words(rowid, title, section, text) VALUES (new.id, new.title, new.section, new.text);
END;
CREATE VIEW live AS
    SELECT p.id AS passage, p.preprint, p.version, p.title, p.section, p.text,
        v.trust, v.model, v.created
    FROM passages p JOIN preprints t ON t.id = p.preprint AND t.newest = p.version AND t.withdrawn = ''
    JOIN versions v ON v.preprint = p.preprint AND v.version = p.version;
"""


@contextlib.contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turns SQLite's errors about this file into StoreLocked, StoreUnreadable or StoreError."""
    try:
        yield
    except sqlite3.OperationalError as exc:
        raise _operational(path, exc) from exc
    except sqlite3.DatabaseError as exc:
        raise StoreUnreadable(
            f"the preprint store {path} is damaged or not one of ours ({exc}); restore it from a copy, "
            "or move it away to start an empty one",
            path=str(path),
        ) from exc
    except UnicodeEncodeError as exc:
        raise StoreError(
            f"a text holds half a character ({exc.object[exc.start : exc.end]!a}) and cannot be stored; remove it",
            path=str(path),
        ) from exc


def _operational(path: Path, exc: sqlite3.OperationalError) -> StoreError:
    code = exc.sqlite_errorcode & 0xFF if hasattr(exc, "sqlite_errorcode") else 0
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreLocked(
            f"the preprint store {path} was being written by another process all the time this one waited; try again",
            path=str(path),
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreUnreadable(
            f"the preprint store {path} cannot be written ({exc}); check the folder's permissions "
            "or name another folder for the store",
            path=str(path),
        )
    if code == sqlite3.SQLITE_FULL:
        return StoreError(f"no room left for the preprint store {path}; free some and try again", path=str(path))
    return StoreUnreadable(f"the preprint store {path} cannot be used: {exc}", path=str(path))


def connect(path: Path, wait_s: float = BUSY_S) -> sqlite3.Connection:
    """The record's connection, its schema made if the file is new.

    Rows are `sqlite3.Row`; transactions are explicit (autocommit outside `BEGIN`). A power cut loses nothing that
    was acknowledged (`synchronous=FULL`).
    Raises StoreUnreadable: not a folder, not writable, damaged, another program's file, or of a newer version.
    """
    _make_folder(path.parent)
    if path.is_dir():
        raise StoreUnreadable(f"the preprint store {path} is a folder where a file should be", path=str(path))
    with sentences(path):
        connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA synchronous=FULL")
            _check_version(connection, path)
            set_journal(connection, journal_mode(filesystem(path.parent)))
            _make_schema(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as exc:
        raise StoreUnreadable(
            f"the preprint store's folder {folder} is a file; name a folder for the store", path=str(folder)
        ) from exc
    except OSError as exc:
        raise StoreUnreadable(
            f"the preprint store's folder {folder} cannot be made ({exc.strerror}); check its permissions "
            "or name another folder for the store",
            path=str(folder),
        ) from exc


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version, application = _pragma(connection, "user_version"), _pragma(connection, "application_id")
    if application not in (0, APPLICATION):
        raise StoreUnreadable(f"{path} is another program's database; name another file", path=str(path))
    if version > VERSION:
        raise StoreUnreadable(
            f"the preprint store {path} was written by a newer jupyter_agents (schema {version}, this one reads "
            f"up to {VERSION}); upgrade jupyter_agents to use it",
            path=str(path),
            version=version,
        )


def set_journal(connection: sqlite3.Connection, mode: str) -> None:
    """Switch the journal if need be. SQLite answers a switch during another's start with BUSY at once: ask again."""
    ends = time.monotonic() + BUSY_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != mode:
        try:
            connection.execute(f"PRAGMA journal_mode={mode}")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.02)


def _make_schema(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "user_version") == VERSION:
        return
    with transaction(connection):
        if _pragma(connection, "user_version") == VERSION:  # another process was first
            return
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise StoreUnreadable(f"{path} is another program's database; name another file", path=str(path))
        for statement in _statements(SCHEMA):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('id', lower(hex(randomblob(16)))), ('epoch', '0')")
        connection.execute(f"PRAGMA application_id={APPLICATION}")
        connection.execute(f"PRAGMA user_version={VERSION}")


def _statements(script: str) -> Iterator[str]:
    """Single statements; `executescript` would commit the transaction that makes them one step."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write, all or nothing; waits its turn among processes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite rolls back by itself on some errors
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
