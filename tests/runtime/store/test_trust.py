from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_agents.errors import StoreError
from jupyter_agents.records import Preprint, Status, Verdict
from jupyter_agents.runtime.store.record import SqliteRecord

Make = Callable[..., Preprint]


def verdicts(**statuses: Status) -> tuple[Verdict, ...]:
    return tuple(Verdict(claim=claim, status=status) for claim, status in statuses.items())


@pytest.mark.parametrize(
    ("found", "trust"),
    [
        (verdicts(slope="reproduced", intercept="reproduced"), "reproduced"),
        (verdicts(slope="reproduced"), "unchecked"),
        (verdicts(slope="reproduced", intercept="unchecked"), "unchecked"),
        (verdicts(slope="reproduced", intercept="failed"), "unchecked"),
        (verdicts(slope="reproduced", intercept="mismatch"), "mismatch"),
        (verdicts(slope="mismatch"), "mismatch"),
        ((), "unchecked"),
    ],
)
def test_trust_follows_from_the_verdicts(
    record: SqliteRecord, make: Make, found: tuple[Verdict, ...], trust: str
) -> None:
    stored = record.submit(make(), "a")
    assert record.set_trust(stored.id, found, "run-x", None).trust == trust
    assert record.show(stored.id).trust == trust


def test_a_preprint_without_claims_is_never_reproduced(record: SqliteRecord, make: Make) -> None:
    stored = record.submit(make(claims=()), "a")
    assert record.set_trust(stored.id, (), "run-x", None).trust == "unchecked"


def test_several_runs_count_together_and_a_mismatch_is_not_outvoted(record: SqliteRecord, make: Make) -> None:
    id = record.submit(make(), "a").id
    assert record.set_trust(id, verdicts(slope="reproduced"), "run-x", None).trust == "unchecked"
    assert record.set_trust(id, verdicts(intercept="reproduced"), "run-y", None).trust == "reproduced"
    assert record.set_trust(id, verdicts(slope="mismatch"), "run-z", None).trust == "mismatch"
    assert record.set_trust(id, verdicts(slope="reproduced"), "run-w", None).trust == "mismatch"
    assert record.set_trust(id, verdicts(slope="reproduced"), "run-z", None).trust == "reproduced"
    assert sorted(r.by_run for r in record.reproductions(id)) == ["run-w", "run-x", "run-y", "run-z"]


@pytest.mark.parametrize("run", ["run-1", "run-again", ""])
def test_a_run_cannot_vouch_for_its_own_preprint(record: SqliteRecord, make: Make, run: str) -> None:
    id = record.submit(make(run="run-1"), "a").id
    record.submit(make(run="run-again"), "b")
    with pytest.raises(StoreError, match=r"cannot vouch|independent"):
        record.set_trust(id, verdicts(slope="reproduced", intercept="reproduced"), run, None)
    assert record.show(id).trust == "unchecked"


def test_a_verdict_on_a_claim_that_is_not_made_is_refused(record: SqliteRecord, make: Make) -> None:
    id = record.submit(make(), "a").id
    with pytest.raises(StoreError, match="makes no claim 'width'; its claims: intercept, slope"):
        record.set_trust(id, verdicts(width="reproduced"), "run-x", None)


def test_trust_belongs_to_one_version(record: SqliteRecord, make: Make) -> None:
    id = record.submit(make(1), "a").id
    record.set_trust(id, verdicts(slope="reproduced", intercept="reproduced"), "run-x", None)
    assert record.submit(make(2, id=id), "b").trust == "unchecked"
    assert record.show(id, 1).trust == "reproduced"
    assert record.set_trust(id, verdicts(slope="mismatch"), "run-y", 2).trust == "mismatch"
    assert record.show(id, 1).trust == "reproduced"
