from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.errors import RunDiverged
from jupyter_agents.records import Cell, CellResult, Event, Evidence, Span, dump
from jupyter_agents.session.position import Position, drawn, named
from jupyter_agents.session.state import line_of, project
from jupyter_agents.session.tape import Tape, inside


def events(*rows: tuple[str, str, Any]) -> list[Event]:
    """Events of (kind, key, data), numbered from 1."""
    return [
        Event(seq=i, kind=k, key=key, at="2026-01-01T00:00:00+00:00", data=d) for i, (k, key, d) in enumerate(rows, 1)
    ]


def cell(id: str, source: str = "1", result: CellResult | None = None) -> dict[str, Any]:
    return {"cell": dump(Cell(id=id, kind="code", source=source, result=result)), "index": None}


def asked(what: str, mark: str) -> dict[str, str]:
    return {"what": what, "hash": mark}


def test_a_recorded_call_is_answered_and_a_new_one_is_not() -> None:
    tape = Tape(events(("intent", ":1", asked("act", "h")), ("result", ":1", {**asked("act", "h"), "value": 7})))
    found = tape.result(":1", "act", "h")
    assert found is not None
    assert found.data["value"] == 7
    assert tape.result(":2", "act", "h") is None


def test_another_call_at_the_same_place_names_the_seq_and_the_way_on() -> None:
    tape = Tape(events(("intent", ":1", asked("act", "h")), ("result", ":1", {**asked("act", "h"), "value": 7})))
    with pytest.raises(RunDiverged, match=r"--from 1"):
        tape.result(":1", "act", "other")


def test_a_changed_call_that_was_in_flight_diverges_too() -> None:
    tape = Tape(events(("intent", ":1", asked("model", "h"))))
    with pytest.raises(RunDiverged):
        tape.result(":1", "model", "other")


def test_calls_without_result_are_in_flight() -> None:
    tape = Tape(
        events(
            ("intent", ":1", asked("model", "a")),
            ("result", ":1", {**asked("model", "a"), "value": 0}),
            ("intent", ":2", asked("model", "b")),
        )
    )
    assert [intent.key for intent in tape.in_flight()] == [":2"]


def test_a_rewind_takes_back_results_and_effects_from_there_on() -> None:
    journal = events(
        ("cell", ":1", cell("a")),
        ("result", ":1", {**asked("act", "h"), "value": 1}),
        ("cell", ":2", cell("b")),
        ("result", ":2", {**asked("act", "i"), "value": 2}),
        ("rewind", "", {"from": 3}),
    )
    assert [c.id for c in project(journal).cells] == ["a"]
    assert Tape(journal).result(":2", "act", "anything") is None


def test_effects_of_a_first_try_do_not_count_once_the_call_is_made_again() -> None:
    journal = events(
        ("intent", ":1", asked("act", "h")),
        ("cell", ":1", cell("half")),
        ("intent", ":1", asked("act", "h")),
        ("cell", ":1", cell("whole")),
        ("result", ":1", {**asked("act", "h"), "value": 1}),
    )
    assert [c.id for c in project(journal).cells] == ["whole"]


def test_what_happened_inside_a_call_belongs_to_it_at_any_depth() -> None:
    tape = Tape(
        events(
            ("evidence", "/1a/2a:1", {}),
            ("result", "/1a/2a:1", asked("act", "h")),
            ("cell", ":1", {}),
            ("cell", ":2", {}),
        )
    )
    assert [e.key for e in tape.within(":1")] == ["/1a/2a:1", "/1a/2a:1", ":1"]
    assert [e.key for e in tape.within("/1a:2")] == ["/1a/2a:1", "/1a/2a:1"]
    assert inside("/1a:2") == "/1a/2a"


def test_a_branch_goes_its_own_way_until_it_is_adopted() -> None:
    begin = [("cell", ":1", cell("a")), ("branch", ":0", {"path": "/2b"}), ("cell", "/2b:1", cell("b"))]
    assert [c.id for c in project(events(*begin)).cells] == ["a"]
    adopted = events(*begin, ("adopted", ":0", {"path": "/2b"}))
    assert [c.id for c in project(adopted).cells] == ["a", "b"]


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (":1", ""),
        ("/3c:1", ""),
        ("/2b:4", "/2b"),
        ("/2b/1a/3.0:1", "/2b"),
        ("/2b/5b/1c:1", "/2b/5b"),
        ("/1.0/2b:1", "/1.0/2b"),
    ],
)
def test_a_key_tells_its_line_of_work(key: str, line: str) -> None:
    assert line_of(key) == line


def test_a_cell_is_replaced_where_it_stands() -> None:
    journal = events(
        ("cell", ":1", cell("a")), ("cell", ":2", cell("b")), ("cell", ":3", cell("a", "2", CellResult(status="ok")))
    )
    state = project(journal)
    assert [(c.id, c.source) for c in state.cells] == [("a", "2"), ("b", "1")]


def test_a_result_alone_does_not_count_as_a_change_of_the_notebook() -> None:
    once = project(events(("cell", ":1", cell("a"))))
    run = project(events(("cell", ":1", cell("a")), ("cell", ":2", cell("a", "1", CellResult(status="ok")))))
    assert run.changed == once.changed


def test_evidence_is_kept_by_id() -> None:
    found = Evidence(
        id="ev-1", paper="p", version="v1", paragraph="p1", where="", quote="q", span=Span(start=0, end=1)
    )
    assert project(events(("evidence", ":1", dump(found)))).evidence == {"ev-1": found}


def test_positions_are_the_same_each_time() -> None:
    first, second = Position("/1b"), Position("/1b")
    assert [first.key(), first.step("c"), first.key()] == [second.key(), second.step("c"), second.key()]
    assert first.path == "/1b"


@given(st.binary(min_size=1), st.text())
def test_drawn_numbers_and_ids_depend_on_the_run_and_the_place_only(secret: bytes, key: str) -> None:
    assert 0.0 <= drawn(secret, key) < 1.0
    assert drawn(secret, key) == drawn(secret, key)
    assert named(secret, key, "ev") == named(secret, key, "ev")
    assert named(secret, key, "ev") != named(secret, key + "x", "ev")
