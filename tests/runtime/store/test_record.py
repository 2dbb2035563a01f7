from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_agents.errors import StoreError, StoreUnreadable
from jupyter_agents.records import Evidence, Preprint, Span, Usage
from jupyter_agents.runtime.store.record import LARGEST_BODY, SqliteRecord

Make = Callable[..., Preprint]


def test_a_submitted_preprint_reads_back_whole(record: SqliteRecord, make: Make) -> None:
    evidence = Evidence(
        id="ev-a1",
        paper="arXiv:1008.4686",
        version="v1",
        paragraph="p3",
        where="2",
        quote="α ± β",
        span=Span(start=1, end=6),
    )
    given = make(evidence=(evidence,), cost=Usage(usd=None, input_tokens=5), keywords=("lines",), notebook_hash="ab")
    stored = record.submit(given, "run-1:report")
    assert stored.id.startswith("pp-")
    assert stored.created
    assert record.show(stored.id) == stored
    assert (stored.evidence, stored.cost, stored.keywords) == (given.evidence, given.cost, given.keywords)


def test_the_same_key_twice_changes_nothing(record: SqliteRecord, make: Make) -> None:
    first = record.submit(make(1), "key")
    assert record.submit(make(2), "key") == first
    assert record.counts()["versions"] == 1


def test_a_key_gives_the_same_id_in_every_store(tmp_path: Path, make: Make) -> None:
    one, two = SqliteRecord(tmp_path / "a.sqlite"), SqliteRecord(tmp_path / "b.sqlite")
    assert one.submit(make(), "run-1:report").id == two.submit(make(), "run-1:report").id
    one.close()
    two.close()


def test_the_same_content_from_another_run_is_kept_as_a_submission(record: SqliteRecord, make: Make) -> None:
    first = record.submit(make(run="run-a", model="m1", cost=Usage(usd=1.0)), "a")
    again = record.submit(make(run="run-b", model="m2", cost=Usage(usd=2.0)), "b")
    assert again == first
    assert record.counts()["preprints"] == 1
    assert [(s.key, s.run, s.model, s.cost.usd) for s in record.submissions(first.id)] == [
        ("a", "run-a", "m1", 1.0),
        ("b", "run-b", "m2", 2.0),
    ]


def test_an_id_chains_versions_and_all_stay_readable(record: SqliteRecord, make: Make) -> None:
    first = record.submit(make(1), "a")
    second = record.submit(make(2, id=first.id), "b")
    assert (second.id, second.version) == (first.id, 2)
    assert record.show(first.id).title == "Fitting line number 2"
    assert record.show(first.id, 1) == first
    with pytest.raises(StoreError, match="versions 1 to 2, not 7"):
        record.show(first.id, 7)


def test_going_back_to_older_words_is_a_new_version(record: SqliteRecord, make: Make) -> None:
    first = record.submit(make(1), "a")
    record.submit(make(2, id=first.id), "b")
    assert record.submit(make(1, id=first.id), "c").version == 3
    assert record.submit(make(1, id=first.id), "d").version == 3


def test_a_chosen_id_is_taken(record: SqliteRecord, make: Make) -> None:
    assert record.submit(make(id="lab:lines.1"), "a").id == "lab:lines.1"


@pytest.mark.parametrize("id", ["../x", "a b", "x" * 65, "é", "'; DROP TABLE preprints; --"])
def test_a_strange_id_is_refused(record: SqliteRecord, make: Make, id: str) -> None:
    with pytest.raises(StoreError, match="is no preprint id"):
        record.submit(make(id=id), "a")


def test_what_is_handed_in_cannot_claim_trust_or_withdrawal(record: SqliteRecord, make: Make) -> None:
    stored = record.submit(make(trust="reproduced", withdrawn="by me", version=9), "a")
    assert (stored.trust, stored.withdrawn, stored.version) == ("unchecked", "", 1)


def test_a_withdrawn_preprint_stays_readable_and_says_so(record: SqliteRecord, make: Make) -> None:
    first = record.submit(make(1), "a")
    record.submit(make(2, id=first.id), "b")
    gone = record.withdraw(first.id, "wrong units")
    assert gone.withdrawn.endswith("wrong units")
    assert record.show(first.id, 1).withdrawn == gone.withdrawn
    assert record.withdraw(first.id, "other words").withdrawn == gone.withdrawn
    assert record.counts() == {"preprints": 1, "versions": 2, "passages": 4, "embeddings": 0}


def test_submitting_a_withdrawn_preprint_again_does_not_bring_it_back(record: SqliteRecord, make: Make) -> None:
    first = record.submit(make(), "a")
    record.withdraw(first.id, "wrong units")
    assert record.submit(make(run="other"), "b").withdrawn


def test_withdrawing_needs_a_reason_and_a_preprint(record: SqliteRecord, make: Make) -> None:
    with pytest.raises(StoreError, match="no preprint 'pp-nothing'"):
        record.withdraw("pp-nothing", "why")
    with pytest.raises(StoreError, match="say why"):
        record.withdraw(record.submit(make(), "a").id, "  ")


def test_missing_key_or_title_is_refused(record: SqliteRecord, make: Make) -> None:
    with pytest.raises(StoreError, match="needs a key"):
        record.submit(make(), "")
    with pytest.raises(StoreError, match="needs a title"):
        record.submit(make(title=" \n"), "a")


HOSTILE = [
    "'); DROP TABLE preprints; --",
    'NEAR("a" "b") OR title:* ^x',
    "zero\0inside",
    "\u202eright to left\u202c",
    "<script>alert(1)</script>",
    "[" * 5_000,
    "> " * 5_000,
    "`" * 5_001,
    "A. " * 20_000,
    "x" * 200_000,
    "# " * 3_000,
    "|a" * 3_000 + "\n" + "|-" * 3_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_stored_as_it_is(record: SqliteRecord, make: Make, text: str) -> None:
    stored = record.submit(
        make(title="t" + text[:500], abstract=text, body=text, keywords=(text,)), "key" + text[:100]
    )
    assert record.show(stored.id).body == text
    assert all(len(row.text) <= 1_200 for row in record.unembedded("any", 10_000) if row.section)
    record.check()


def test_a_body_of_the_largest_size_is_taken_and_a_larger_refused(record: SqliteRecord, make: Make) -> None:
    sentence = "Some words about nothing in particular. "
    body = sentence * (LARGEST_BODY // len(sentence))
    assert record.submit(make(body=body), "a").body == body
    with pytest.raises(StoreError, match="the body has"):
        record.submit(make(body="x" * (LARGEST_BODY + 1)), "b")


def test_half_a_character_is_refused_and_leaves_nothing(record: SqliteRecord, make: Make) -> None:
    with pytest.raises(StoreError, match="half a character"):
        record.submit(make(abstract="broken \ud800"), "a")
    with pytest.raises(StoreError, match="half a character"):
        record.submit(make(), "key \ud800")
    assert record.counts()["versions"] == 0


def test_words_changed_on_disk_are_noticed(record: SqliteRecord, path: Path, make: Make) -> None:
    stored = record.submit(make(), "a")
    with sqlite3.connect(path) as other:
        other.execute("UPDATE versions SET document = replace(document, '1.5', '9.5')")
    other.close()
    with pytest.raises(StoreUnreadable, match="changed or damaged"):
        record.show(stored.id)
    with pytest.raises(StoreUnreadable, match="changed or damaged"):
        record.check()


def test_a_stored_document_that_is_no_json_is_noticed(record: SqliteRecord, path: Path, make: Make) -> None:
    stored = record.submit(make(), "a")
    with sqlite3.connect(path) as other:
        other.execute("UPDATE versions SET document = '{'")
    other.close()
    with pytest.raises(StoreUnreadable, match="changed or damaged"):
        record.show(stored.id)
