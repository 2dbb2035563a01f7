from __future__ import annotations

from typing import Any

import pytest

from jupyter_agents.records import Json, Usage
from jupyter_agents.runtime.model.stream import Answer, StreamBroken

START: Json = {"type": "message_start", "message": {"id": "m", "model": "x", "usage": {"input_tokens": 7}}}


def opened(block: Json) -> Json:
    return {"type": "content_block_start", "index": 0, "content_block": block}


def delta(index: int = 0, **more: Any) -> Json:
    return {"type": "content_block_delta", "index": index, "delta": more}


def stop(reason: str | None, tokens: int = 5) -> Json:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": tokens}}


def taken(*events: Json) -> Answer:
    answer = Answer()
    for event in events:
        answer.take(event, None)
    return answer


def blocks(*events: Json) -> tuple[Json, ...]:
    answer = taken(*events)
    answer.check()
    return answer.reply(usage=answer.usage, attempts=1, lost=Usage()).blocks


@pytest.mark.parametrize(
    "events",
    [
        [],
        [START],
        [START, stop(None)],
        [START, stop("bored")],
        [stop("end_turn")],
        [START, delta(type="text_delta", text="a")],
    ],
)
def test_what_makes_no_sense_is_broken(events: list[Json]) -> None:
    with pytest.raises(StreamBroken):
        blocks(*events)


def test_usage_counts_even_if_the_rest_never_comes() -> None:
    assert taken(START, opened({"type": "text", "text": ""})).usage == Usage(input_tokens=7)
    assert taken(START, stop("end_turn", 9)).usage == Usage(input_tokens=7, output_tokens=9)


def test_arguments_that_are_no_json_are_kept_and_named() -> None:
    call: Json = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
    found = blocks(START, opened(call), delta(type="input_json_delta", partial_json='{"a": '), stop("tool_use"))
    assert found[0]["input"] == {"INVALID_JSON": '{"a": '}
    assert blocks(START, opened(call), stop("tool_use"))[0]["input"] == {}
    listed = blocks(START, opened(call), delta(type="input_json_delta", partial_json="[1]"), stop("tool_use"))
    assert listed[0]["input"] == {"INVALID_JSON": "[1]"}


def test_fields_that_nobody_knows_yet_go_back_as_they_came() -> None:
    block = {"type": "hologram", "data": "x", "new": {"deep": [1]}, "none": None}
    assert blocks(START, opened(block), delta(type="glow", level=3), stop("end_turn")) == (block,)


def test_citations_are_collected() -> None:
    cite = [delta(type="citations_delta", citation={"n": n}) for n in (1, 2)]
    found = blocks(START, opened({"type": "text", "text": "", "citations": None}), *cite, stop("end_turn"))
    assert found[0]["citations"] == [{"n": 1}, {"n": 2}]


def test_characters_that_were_split_are_joined() -> None:
    halves = [delta(type="text_delta", text=part) for part in ("a\ud83d", "\ude00 é", "\ud83d!")]
    assert blocks(START, opened({"type": "text", "text": ""}), *halves, stop("end_turn"))[0]["text"] == "a😀 é\ufffd!"
