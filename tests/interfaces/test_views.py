"""Views of a run: folded from its journal, bounded, and inert in a page that trusts them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt

from jupyter_agents.interfaces.progress import Fold, Progress
from jupyter_agents.interfaces.views import MIME, bundle, inert, markdown, news, plain
from jupyter_agents.interfaces.watching import Watch
from jupyter_agents.records import Answer, Budget, Cell, CellResult, Option, Question, RunState, Usage, dump

from .conftest import WriteRun, Written, append

STARTED = ("started", {"line": "**Without a model**: this is what code alone can do.", "has_model": False})
RUNNING = ("state", {"state": "running", "reason": ""})
QUESTION = Question(
    id="q1",
    title="Which shelf?",
    body="There are two.",
    options=(Option(id="a", label="Left"), Option(id="b", label="Right")),
)


class Tags(HTMLParser):
    """The tags of a page and where they lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]


def result(usd: float | None, **more: object) -> tuple[str, object]:
    usage = Usage(input_tokens=900, output_tokens=100, usd=usd)
    return "result", {"what": "model", "usage": dump(usage), "model": "m", **more}


def cell(source: str, output: str = "", error: str = "") -> tuple[str, object]:
    outputs = ({"output_type": "stream", "text": output},) if output else ()
    ran = CellResult(status="error" if error else "ok", outputs=outputs, error_name=error, error_value="bad")
    return "cell", {"cell": dump(Cell(id="c1", kind="code", source=source, result=ran))}


def look(write_run: WriteRun, events: Written) -> Progress:
    return Watch(write_run(events)).look()


def test_a_run_is_folded_into_one_look(write_run: WriteRun) -> None:
    events: Written = [
        STARTED,
        RUNNING,
        ("stage", {"title": "read"}),
        ("stage", {"title": "rank"}),
        ("note", {"text": "three found"}),
        result(0.5),
        ("result", {"what": "act"}),
        ("result", {"what": "question"}),
        cell("x = 1", "one"),
        cell("x = 2", "two"),
        ("paper", {"id": "local:a"}),
        ("evidence", {"id": "ev-1"}),
        ("artefact", {"name": "plan", "value": {}}),
        ("question", dump(QUESTION)),
        ("state", {"state": "waiting", "reason": "Which shelf?"}),
        ("something new", {"x": 1}),
    ]
    now = look(write_run, events)
    assert (now.steps, now.cost.usd, now.cost.tokens) == (2, 0.5, 1000)
    assert (now.stages, now.notes, now.artefacts) == (("read", "rank"), ("three found",), ("plan",))
    assert (now.papers, now.evidence, now.cells) == (1, 1, 1)
    assert now.cell is not None
    assert (now.cell.source, now.cell.output) == ("x = 2", "two")
    assert now.question == QUESTION
    assert now.seq == 16


def test_an_answer_and_a_new_budget_count(write_run: WriteRun) -> None:
    answered = ("answer", dump(Answer(question="q1", option="a")))
    now = look(write_run, [RUNNING, ("question", dump(QUESTION)), answered, ("budget", dump(Budget(usd=9.0)))])
    assert now.question is None
    assert now.budget.usd == 9.0


def test_an_unknown_price_is_shown_as_unknown(write_run: WriteRun) -> None:
    assert "cost unknown" in plain(look(write_run, [RUNNING, result(None)]))


def test_the_first_line_says_whether_a_model_worked(write_run: WriteRun) -> None:
    shown = bundle(look(write_run, [STARTED, RUNNING]))
    assert shown["text/markdown"].startswith("**Without a model**")
    assert shown["text/plain"].startswith("Without a model")
    assert shown[MIME]["line"].startswith("**Without a model**")


def test_a_waiting_run_shows_its_options_and_how_to_answer(write_run: WriteRun) -> None:
    now = look(
        write_run, [STARTED, RUNNING, ("question", dump(QUESTION)), ("state", {"state": "waiting", "reason": ""})]
    )
    for text in (plain(now), markdown(now)):
        assert "1. Left" in text
        assert "2. Right" in text
        assert f"jupyter agents runs answer {now.run} q1 NUMBER" in text


def test_the_end_shows_the_report_once_and_where_everything_lies(write_run: WriteRun) -> None:
    ending = {"title": "On shelves", "summary": "Four.", "result": {"n": 4}, "files": ["a.bib"], "preprint": "p-1"}
    folder = write_run([STARTED, RUNNING, ("report", ending), ("state", {"state": "done", "reason": ""})])
    line = "**Without a model**: this is what code alone can do."
    folder.report.write_text(f"# On shelves\n\n{line}\n\nFour shelves.\n")
    text = markdown(Watch(folder).look())
    assert text.count(line) == 1
    assert "Four shelves." in text
    assert f"Report: {folder.report}" in text
    assert "Preprint: p-1" in text
    assert str(folder.artifacts / "a.bib") in text


def test_everything_is_bounded(write_run: WriteRun) -> None:
    big = "x" * 1_000_000
    ending = {"title": big, "summary": big, "result": {"all": big}}
    folder = write_run([RUNNING, *[("note", {"text": big})] * 9, cell(big, big), ("report", ending)])
    folder.report.write_text(big)
    assert len(json.dumps(bundle(Watch(folder).look()))) < 40_000
    running = Watch(write_run([RUNNING, *[("note", {"text": big})] * 9, cell(big, big)])).look()
    assert len(json.dumps(bundle(running))) < 30_000


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</div><iframe src='http://x'>",
        "<!-- x --><b>",
        "![beacon](http://evil.example/?q=1)",
        "[click](javascript:alert(1))",
        "[click]( JaVaScRiPt:alert(1))",
        "[click](java&#115;cript:alert(1))",
        "[click](<java\tscript:alert(1)>)",
        "[click](data:text/html;base64,xxx)",
        "[click][x]\n\n[x]: javascript:alert(1)",
        "> [x]: <javascript:alert(1)>",
        "\x1b]0;title\x07\x1b[2J",
        "ab\u202ecd",
    ],
)
def test_words_from_outside_cannot_act_in_a_page(text: str) -> None:
    page = MarkdownIt("commonmark", {"html": True}).render(inert(text))
    found = Tags()
    found.feed(page)
    assert set(found.tags) <= {"p", "a", "blockquote"}
    assert all(urlsplit(target).scheme in ("", "http", "https") for target in found.targets)
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_what_is_harmless_stays_as_it_is() -> None:
    text = (
        "[paper](https://arxiv.org/abs/1008.4686v2) and [file](report.md), `if x < y:`, $a \\le b$, 2 > 1\n\n- **b**"
    )
    assert inert(text) == text


def test_a_fence_in_a_cell_does_not_end_the_view(write_run: WriteRun) -> None:
    text = markdown(look(write_run, [RUNNING, cell("```\n# not a heading\n```", "out")]))
    assert "````python" in text


def test_terminals_get_a_line_for_each_new_thing(write_run: WriteRun) -> None:
    fold = Fold("r", write_run([]).read_request())
    before = fold.progress()
    events: Written = [
        STARTED,
        RUNNING,
        ("stage", {"title": "read"}),
        ("note", {"text": "a\x1b[31m"}),
        cell("1/0", error="Zero"),
    ]
    now = look(write_run, events)
    lines = news(before, now)
    assert lines[0].startswith("Without a model")
    assert "— read" in lines
    assert "  a[31m" in lines
    assert "  cell 1: error: Zero: bad" in lines
    assert "running" in lines[-1]
    assert news(now, now) == []


def test_only_new_notes_are_told_though_old_ones_fall_out(write_run: WriteRun) -> None:
    notes = [("note", {"text": f"n{i}"}) for i in range(9)]
    before, now = look(write_run, [RUNNING, *notes[:6]]), look(write_run, [RUNNING, *notes])
    assert news(before, now) == ["  n6", "  n7", "  n8"]


def test_broken_data_in_an_event_changes_nothing(write_run: WriteRun) -> None:
    odd: Written = [
        ("state", {"state": "dancing"}),
        ("state", None),
        ("cell", {"cell": 3}),
        ("question", []),
        ("note", 7),
    ]
    now = look(write_run, [RUNNING, *odd])
    assert (now.state, now.cells, now.question, now.notes) == (RunState.running, 0, None, ())


def test_what_was_taken_back_no_longer_shows_but_has_still_cost(write_run: WriteRun) -> None:
    folder = write_run([RUNNING, ("stage", {"title": "read"}), ("note", {"text": "old"}), cell("x = 1"), result(0.5)])
    watch = Watch(folder)
    assert watch.look().cells == 1
    append(folder, [("rewind", {"from": 3}), ("note", {"text": "new"})])
    for now in (watch.look(), Watch(folder).look()):
        assert (now.stages, now.notes, now.cells, now.steps) == (("read",), ("new",), 0, 0)
        assert now.cost.usd == 0.5
