from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.records import Json
from jupyter_agents.runtime.kernel.outputs import OutputLog, display_id, from_message, size


def stream(text: str, name: str = "stdout") -> Json:
    return {"output_type": "stream", "name": name, "text": text}


def image(n_bytes: int) -> Json:
    return {"output_type": "display_data", "data": {"image/png": "x" * n_bytes}, "metadata": {}}


def test_neighbouring_text_is_one_output() -> None:
    log = OutputLog(1000)
    for piece in (stream("a"), stream("b"), stream("!", "stderr"), stream("c")):
        log.add(piece)
    assert [output["text"] for output in log.outputs()] == ["ab", "!", "c"]


@given(st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.text(max_size=60)), max_size=60))
def test_what_is_kept_and_dropped_adds_up(pieces: list[tuple[str, str]]) -> None:
    log = OutputLog(200)
    for name, text in pieces:
        log.add(stream(text, name))
    kept = sum(len(o["text"].encode()) for o in log.outputs() if "were not kept" not in o["text"])
    assert kept <= 200 + 8
    # A character cut in half at a border is lost without being counted.
    assert abs(kept + log.dropped - log.seen) <= 3 * len(pieces)


def test_head_and_tail_are_kept_around_a_notice() -> None:
    log = OutputLog(100)
    for number in range(100):
        log.add(stream(f"{number:03d} "))
    texts = [output["text"] for output in log.outputs()]
    assert texts[0].startswith("000 001")
    assert texts[-1].endswith("098 099 ")
    assert any(f"{log.dropped} bytes of output were not kept" in text for text in texts)
    assert 300 <= log.dropped < 320


def test_an_output_that_cannot_be_cut_is_dropped_whole() -> None:
    log = OutputLog(1000)
    log.add(image(5000))
    log.add(stream("after"))
    assert log.dropped > 5000
    assert log.outputs()[-1] == stream("after")


def test_updates_stay_within_the_budget() -> None:
    log = OutputLog(1000)
    log.add(image(10), "id")
    log.update(image(20), "id")
    assert log.outputs()[0]["data"]["image/png"] == "x" * 20
    log.update(image(5000), "id")
    assert log.outputs()[0]["data"]["image/png"] == "x" * 20
    log.update(image(1), "other")
    assert len(log.outputs()) == 2


def test_clearing_with_wait_happens_at_the_next_output() -> None:
    log = OutputLog(1000)
    log.add(stream("old"))
    log.clear(wait=True)
    assert log.outputs() == (stream("old"),)
    log.add(stream("new"))
    assert log.outputs() == (stream("new"),)


@given(st.sampled_from(["stream", "error", "display_data", "execute_result", "update_display_data"]),
       st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["name", "text", "data", "ename", "evalue", "metadata",
                                                       "transient", "traceback"]), inner, max_size=6)))  # fmt: skip
def test_any_message_is_an_output_or_nothing(kind: str, content: object) -> None:
    output = from_message(kind, content)
    display_id(content)
    if output is not None:
        assert size(output) > 0
        OutputLog(10).add(output)
