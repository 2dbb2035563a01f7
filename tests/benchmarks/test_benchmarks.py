"""Every benchmark runs and gives its rows. No figure is asserted: what is slow shows in `make bench`."""

from __future__ import annotations

import pytest

from jupyter_agents.errors import SandboxUnavailable
from tests.benchmarks.__main__ import main, measured, names
from tests.benchmarks.frame import Missing, Row, line, table

ROWS = {
    "step": ["step, without a disk", "step, the last 10 of 20, processor time", "step, every reply on the disk"],
    "load": ["IPython and %load_ext", "%load_ext jupyter_agents"],
    "journal": [
        "journal: append",
        "journal: append, on the disk",
        "journal: the last 20 of 200",
        "journal, 200 events: read",
        "journal, 200 events: verify",
        "journal, 200 events: open to write",
    ],
    "resume": [
        "resume a run of 20 steps",
        "… a step of it",
        "… as a view projects it",
        "… as `runs list` sums it up first",
        "memory of a run of 20 steps",
    ],
    "kernel": ["sandboxed kernel: start to first cell", "sandboxed kernel: a cell"],
    "store": [
        "store: add one, durably",
        "chromadb itself in batches of 5,000",
        "store: query, fused",
        "store: query, one trust status",
        "chromadb itself, query to be embedded",
        "store: first search, 20 to index",
    ],
}
SLOW = dict.fromkeys(("resume", "store"), (pytest.mark.soak,)) | {"kernel": (pytest.mark.soak, pytest.mark.sandbox)}


@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, ())) for name in ROWS])
def test_a_benchmark_gives_its_rows(name: str) -> None:
    found = list(measured(name, small=True))
    assert [row.what for row in found] == ROWS[name]
    assert all(isinstance(row, Row) and row.ours > 0 and (row.ratio or 0) > 0 for row in found)


def test_every_form_of_paper_has_its_row() -> None:
    found = [row.what for row in measured("papers", small=True)]
    assert [what.split(":")[0].rpartition(" ")[2] for what in found] == ["LaTeX", "HTML", "PDF", "Markdown"]


def test_no_benchmark_is_forgotten_here() -> None:
    assert set(names()) == {*ROWS, "papers"}


def test_a_table_says_what_an_aim_is_and_where_it_is_missed() -> None:
    rows = [
        Row("quick", "ms", 2.0, 4.0, "the slow way", most=1),
        Row("slow", "ms", 7.123, at_most=5),
        Row("growing", "s", 1200.0, 100.0, "before", most=2),
    ]
    assert [line(row)[1:5] for row in rows] == [
        ("2 ms", "4 ms", "0.5 ×", "≤ 1 ×"),
        ("7.12 ms", "", "", "≤ 5 ms missed"),
        ("1,200 s", "100 s", "12 ×", "≤ 2 × missed"),
    ]
    widths = {text.index("ms") for text in table(rows).splitlines()[1:3]}
    assert len(widths) == 1


def test_what_this_machine_cannot_measure_is_said_in_its_row() -> None:
    missing = Missing("kernel", SandboxUnavailable("no namespaces here").message)
    assert line(missing) == ("kernel", "not measured", "", "", "", "no namespaces here")


def test_an_unknown_benchmark_is_an_error_that_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["kernels"])
    assert end.value.code == 2
    assert "journal, kernel, load, papers, resume, step, store" in capsys.readouterr().err
