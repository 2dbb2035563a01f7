"""The record: preprints in SQLite, versioned, deduplicated, withdrawn but never deleted."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Sequence

import msgspec

from ...errors import PreprintNotFound, StoreError, StoreUnreadable
from ...records import Preprint, Verdict, changed, digest, dumps
from . import Reproduction, Submission
from .catalogue import Catalogue
from .database import sentences, transaction
from .passages import passages
from .trust import trust_of

LARGEST_BODY = 2_000_000
"""Characters of a body: some 300 printed pages."""
LARGEST = 20_000_000
"""Characters of a preprint as JSON, evidence included."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_PROVENANCE = (
    "id", "version", "agent", "run", "model", "cost", "created", "notebook_hash", "trust", "withdrawn",
)  # fmt: skip
"""Fields that do not make two preprints different."""


class SqliteRecord(Catalogue):
    """One SQLite file. Safe among processes; within one process the caller serialises threads."""

    def submit(self, preprint: Preprint, key: str) -> Preprint:
        """Put a preprint in, once per key; see `Store.submit` for what counts as new."""
        _check(preprint, key)
        content = content_hash(preprint)
        with sentences(self.path), transaction(self._connection):
            if row := self._one("SELECT preprint, version FROM submissions WHERE key = ?", key):
                return self.show(row["preprint"], version=row["version"])
            known = self._same(preprint.id, content)
            stored = self.show(*known) if known else self._add(preprint, key, content)
            came = _submission(preprint, key, stored)
            self._connection.execute(
                "INSERT INTO submissions VALUES (?, ?, ?, ?)", (key, stored.id, stored.version, dumps(came))
            )
            return stored

    def _same(self, id: str, content: str) -> tuple[str, int] | None:
        """The preprint that already says the same: for a named one its newest version, else the earliest anywhere.

        A named preprint may so return to the words of an older version, as a new version.
        """
        row = self._one(
            "SELECT v.preprint, v.version, v.version = t.newest AS newest FROM versions v "
            "JOIN preprints t ON t.id = v.preprint WHERE v.content = ? "
            "ORDER BY v.preprint = ? DESC, newest DESC, v.rowid LIMIT 1",
            content,
            id,
        )
        if row is None or (row["preprint"] == id and not row["newest"]):
            return None
        return row["preprint"], row["version"]

    def _add(self, preprint: Preprint, key: str, content: str) -> Preprint:
        id = preprint.id or "pp-" + hashlib.sha256(key.encode()).hexdigest()[:12]
        row = self._one("SELECT newest FROM preprints WHERE id = ?", id)
        version = row["newest"] + 1 if row else 1
        stored = changed(
            preprint, id=id, version=version, created=preprint.created or _now(), trust="unchecked", withdrawn=""
        )
        execute = self._connection.execute
        if row:
            execute("UPDATE preprints SET newest = ? WHERE id = ?", (version, id))
        else:
            execute("INSERT INTO preprints(id, newest) VALUES (?, ?)", (id, version))
        execute(
            "INSERT INTO versions(preprint, version, content, document, model, created) VALUES (?, ?, ?, ?, ?, ?)",
            (id, version, content, dumps(stored), stored.model, stored.created),
        )
        self._connection.executemany(
            "INSERT INTO passages(preprint, version, title, section, text) VALUES (?, ?, ?, ?, ?)",
            [(id, version, p.title, p.section, p.text) for p in passages(stored)],
        )
        return self.show(id, version=version)

    def show(self, id: str, version: int | None = None) -> Preprint:
        """One preprint with its trust and withdrawal as they stand. Raises PreprintNotFound, StoreUnreadable."""
        row = self._one(
            "SELECT v.document, v.content, v.trust, t.withdrawn, t.newest FROM versions v "
            "JOIN preprints t ON t.id = v.preprint WHERE v.preprint = ? AND v.version = coalesce(?, t.newest)",
            id,
            version,
        )
        if row is None:
            raise self._missing(id, version)
        try:
            stored = msgspec.json.decode(row["document"], type=Preprint)
        except (msgspec.ValidationError, msgspec.DecodeError) as exc:
            raise self._damaged(id) from exc
        if content_hash(stored) != row["content"]:
            raise self._damaged(id)
        return changed(stored, trust=row["trust"], withdrawn=row["withdrawn"])

    def _missing(self, id: str, version: int | None) -> PreprintNotFound:
        row = self._one("SELECT newest FROM preprints WHERE id = ?", id)
        if row:
            return PreprintNotFound(
                f"preprint {id} has versions 1 to {row['newest']}, not {version}", id=id, version=version
            )
        return PreprintNotFound(f"no preprint {id!r} in the store; search for it to find its id", id=id)

    def _damaged(self, id: str) -> StoreUnreadable:
        return StoreUnreadable(
            f"preprint {id} in {self.path} was changed or damaged on disk; restore the file from a copy",
            path=str(self.path),
            id=id,
        )

    def withdraw(self, id: str, reason: str) -> Preprint:
        """Mark a preprint withdrawn, all versions; the first withdrawal stands. Raises StoreError without a reason."""
        if not reason.strip():
            raise StoreError(f"say why {id} is withdrawn; readers of the store will see it", id=id)
        stamp = datetime.datetime.now(datetime.UTC).date().isoformat()
        with sentences(self.path), transaction(self._connection):
            self.show(id)
            self._connection.execute(
                "UPDATE preprints SET withdrawn = ? WHERE id = ? AND withdrawn = ''",
                (f"{stamp}: {reason.strip()}", id),
            )
            return self.show(id)

    def set_trust(self, id: str, verdicts: Sequence[Verdict], by_run: str, version: int | None) -> Preprint:
        """Keep what an independent run found and set the trust that follows; see `Store.set_trust`."""
        with sentences(self.path), transaction(self._connection):
            preprint = self.show(id, version)
            self._check_independent(preprint, by_run)
            known = {claim.id for claim in preprint.claims}
            if unknown := sorted({v.claim for v in verdicts} - known):
                raise StoreError(
                    f"{id} makes no claim {unknown[0]!r}; its claims: {', '.join(sorted(known)) or 'none'}"
                )
            said = Reproduction(
                preprint=id, version=preprint.version, by_run=by_run, verdicts=tuple(verdicts), created=_now()
            )
            self._connection.execute(
                "INSERT OR REPLACE INTO reproductions VALUES (?, ?, ?, ?)", (id, said.version, by_run, dumps(said))
            )
            everything = [v for r in self.reproductions(id, preprint.version) for v in r.verdicts]
            self._connection.execute(
                "UPDATE versions SET trust = ? WHERE preprint = ? AND version = ?",
                (trust_of(preprint.claims, everything), id, preprint.version),
            )
            return self.show(id, preprint.version)

    def _check_independent(self, preprint: Preprint, by_run: str) -> None:
        if not by_run:
            raise StoreError(
                "name the run that reproduced it: trust is only set by an independent run", id=preprint.id
            )
        own = {preprint.run} | {s.run for s in self.submissions(preprint.id)}
        if by_run in own:
            raise StoreError(
                f"run {by_run} submitted {preprint.id} itself and cannot vouch for it; reproduce it in another run",
                id=preprint.id,
                by_run=by_run,
            )

    def reproductions(self, id: str, version: int | None = None) -> list[Reproduction]:
        """What independent runs said of a preprint, oldest first; of all versions if none is named."""
        rows = self._all(
            "SELECT document FROM reproductions WHERE preprint = ? AND version = coalesce(?, version) ORDER BY rowid",
            id,
            version,
        )
        return [msgspec.json.decode(row[0], type=Reproduction) for row in rows]

    def submissions(self, id: str) -> list[Submission]:
        """Every submission that led to a preprint, also those that brought nothing new, oldest first."""
        rows = self._all("SELECT document FROM submissions WHERE preprint = ? ORDER BY rowid", id)
        return [msgspec.json.decode(row[0], type=Submission) for row in rows]

    def check(self) -> None:
        """Read the whole file through. Raises StoreUnreadable naming the first damage; takes seconds on a big one."""
        with sentences(self.path):
            found = [row[0] for row in self._connection.execute("PRAGMA integrity_check(1)")]
            if found != ["ok"]:
                raise StoreUnreadable(
                    f"the preprint store {self.path} is damaged ({found[0]}); restore it from a copy",
                    path=str(self.path),
                )
            with transaction(self._connection):
                self._connection.execute("INSERT INTO words(words, rank) VALUES ('integrity-check', 1)")
        for row in self._all("SELECT preprint, version FROM versions"):
            self.show(row[0], row[1])


def content_hash(preprint: Preprint) -> str:
    """SHA-256 of what a preprint says; who said it, when and at what cost left out."""
    said = msgspec.to_builtins(preprint)
    return digest({name: value for name, value in said.items() if name not in _PROVENANCE})


def _check(preprint: Preprint, key: str) -> None:
    if not key:
        raise StoreError("a submission needs a key (run id and a name), so that a resumed run submits once")
    if not preprint.title.strip():
        raise StoreError("a preprint needs a title")
    if preprint.id and not _ID.fullmatch(preprint.id):
        raise StoreError(f"{preprint.id[:80]!r} is no preprint id: letters, digits and . _ : - only, at most 64")
    if len(preprint.body) > LARGEST_BODY:
        raise StoreError(
            f"the body has {len(preprint.body):,} characters; the store takes {LARGEST_BODY:,}. "
            "Keep the report short and leave data in the notebook"
        )
    try:
        size = len(dumps(preprint))
    except UnicodeEncodeError as exc:
        raise StoreError("a text of the preprint holds half a character (a lone surrogate); remove it") from exc
    if size > LARGEST:
        raise StoreError(f"the preprint has {size:,} characters with its evidence; the store takes {LARGEST:,}")


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _submission(preprint: Preprint, key: str, stored: Preprint) -> Submission:
    return Submission(
        key=key,
        preprint=stored.id,
        version=stored.version,
        agent=preprint.agent,
        run=preprint.run,
        model=preprint.model,
        cost=preprint.cost,
        notebook_hash=preprint.notebook_hash,
        created=preprint.created or _now(),
    )
