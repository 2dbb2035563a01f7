from __future__ import annotations

import pytest

from jupyter_agents.records import Json
from jupyter_agents.runtime.model.caching import BIG, marked
from jupyter_agents.runtime.model.history import BYTES_PER_TOKEN, IMAGE_BYTES, History

PAPER = "x" * BIG


def said(text: str) -> Json:
    return {"type": "text", "text": text}


def call(id: str) -> Json:
    return {"type": "tool_use", "id": id, "name": "look", "input": {}}


def asked_and_answered(history: History, *texts: str) -> None:
    for text in texts:
        history.add(said(text))
    history.close()
    history.take([said("yes")], role="lead")


def again(history: History) -> History:
    """The same words told to a new history in one piece, which has nothing to remember."""
    other = History()
    for message in history.messages:
        if message["role"] == "assistant":
            other.take(message["content"], role="lead")
        else:
            for block in message["content"]:
                other.add(block)
            other.close()
    return other


def test_a_conversation_counts_what_it_holds_however_it_came_in() -> None:
    history = History()
    asked_and_answered(history, "one", "two")
    history.add(said("three"))
    history.close()
    history.add(said("the answer was cut; again"))
    history.close()  # joins the message before
    fork = history.copy()
    fork.take([said("no")], role="lead")
    assert [message["role"] for message in history.messages] == ["user", "assistant", "user"]
    assert history.size() == again(history).size()
    assert fork.size() == again(fork).size() > history.size()


def test_results_count_before_they_are_sent_and_images_at_a_fixed_size() -> None:
    history = History()
    history.add(said("look"))
    history.close()
    history.take([call("a")], role="lead")
    before = history.size()
    history.result("a", [{"type": "image", "source": {"data": "y" * 10**6}}], error=False)
    waiting = history.size()
    assert IMAGE_BYTES < waiting - before < IMAGE_BYTES + 100 * BYTES_PER_TOKEN
    history.close()
    assert history.size() == waiting


@pytest.mark.parametrize("texts", [(PAPER, "a remark"), ("a remark", PAPER), (PAPER, PAPER)])
def test_the_last_paper_is_marked_wherever_it_came_in(texts: tuple[str, ...]) -> None:
    history = History()
    asked_and_answered(history, *texts)
    asked_and_answered(history, "a question")
    history.add(said("another"))
    history.close()
    history.add(said("and one more"))
    history.close()
    messages = marked((), (said("system"),), history.messages, history.big).messages
    places = [
        (i, j)
        for i, message in enumerate(messages)
        for j, block in enumerate(message["content"])
        if "cache_control" in block
    ]
    last = max(i for i, text in enumerate(texts) if text == PAPER)
    assert places == [(0, last), (2, 0), (4, 1)]
    assert not any("cache_control" in block for message in history.messages for block in message["content"])
