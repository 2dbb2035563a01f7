from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.records import Cell, CellResult
from jupyter_agents.runtime.notebook.compact import compact, outputs, plain, shorten


def result(*outputs: dict[str, Any], **more: Any) -> CellResult:
    return CellResult(**{"status": "ok", "outputs": outputs, **more})


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


CELLS = [
    Cell(id="t", kind="markdown", source="# Fit\n\ntext\n\n## Data"),
    Cell(id="p", kind="code", source="n = 5\nm = 6", tags=("parameters",), result=result()),
    Cell(id="f", kind="code", source="print(n)\nfit()", result=result(stream("5\n"))),
    Cell(id="g", kind="code", source="plot()"),
]


def test_changed_cells_stand_in_full_and_the_others_in_one_line() -> None:
    assert compact(CELLS, changed=["f"]) == (
        "Notebook: 4 cells, 1 changed\n"
        "Outline:\n"
        "  Fit [t]\n"
        "    Data [t]\n"
        "Cells:\n"
        "1. [t] markdown: # Fit … 3 lines\n"
        "2. [p] code #parameters ok: n = 5 … 2 lines\n"
        "3. [f] code ok, in full\n"
        "print(n)\n"
        "fit()\n"
        "--- output\n"
        "5\n"
        "---\n"
        "4. [g] code not run: plot()\n"
    )


def test_everything_is_shown_where_nothing_is_said_of_changes() -> None:
    view = compact(CELLS)
    assert view.count("in full") == 4
    assert "--- no output" in view


def test_head_and_tail_of_long_outputs_are_kept() -> None:
    shown = outputs(result(stream("a" * 5000 + "END")), limit=300)
    assert len(shown) < 400
    assert shown.startswith("aaa")
    assert shown.endswith("END")
    assert "characters left out" in shown


def test_pictures_are_marks_and_values_are_named() -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 8000, "text/plain": "<Figure size 640x480>"}}
    value = {
        "output_type": "display_data",
        "data": {"application/vnd.jupyter-agents.value+json": {"kind": "claim", "name": "m", "value": 2.2}},
    }
    table = {"output_type": "execute_result", "data": {"text/html": "<table>", "text/plain": "a  b"}}
    other = {"output_type": "display_data", "data": {"application/x-thing": {}}}
    shown = outputs(result(picture, value, table, other, stream("careful", "stderr")))
    assert shown == "(image/png, 6 kB)\n(claim m = 2.2)\na  b\n(application/x-thing)\n(stderr) careful"


def test_an_error_shows_its_last_frames_however_long_the_output_before() -> None:
    error = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "singular",
        "traceback": [*(f"\x1b[0;31mframe {i}\x1b[0m" for i in range(40)), "ValueError: singular"],
    }
    shown = outputs(result(stream("x" * 9000), error, status="error"), limit=300)
    assert shown.endswith("frame 37\nframe 38\nframe 39\nValueError: singular")
    assert "38 lines or frames above" in shown
    assert "\x1b" not in shown


def test_cells_that_ended_without_an_error_output_say_how() -> None:
    assert outputs(result(status="timeout")) == "(cell timeout)"
    assert outputs(result(status="died", dropped_bytes=9)) == "(cell died)\n(9 more bytes were not kept)"


def test_progress_bars_show_their_last_state() -> None:
    assert plain("10%\r50%\r100%\r\ndone") == "100%\ndone"


@given(st.text(max_size=300), st.integers(10, 100))
def test_shortened_text_is_bounded_and_keeps_both_ends(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit + 40
    assert short[: limit // 2] == text[: limit // 2]
    assert short[-(limit // 4) :] == text[-(limit // 4) :]


@given(st.lists(st.dictionaries(st.sampled_from(["output_type", "data", "text"]), st.text(max_size=5)), max_size=4))
def test_any_outputs_can_be_viewed(raw: list[dict[str, Any]]) -> None:
    cell = Cell(id="a", kind="code", source="x", result=result(*raw))
    assert compact([cell]) == compact([cell])
