from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.checking.quotes import find
from jupyter_agents.records import Span

TEXT = (
    "The ﬁnal exam-\nple shows a well-\nknown “result” of 93.15 and 10² in résumé.\n"
    "We don’t use pre- and post-processing – see x = -5.0 and 12,345 items."
)


@pytest.mark.parametrize(
    ("quote", "stored"),
    [
        ("final example shows", "ﬁnal exam-\nple shows"),
        ("a well-known", "a well-\nknown"),
        ("The   final\texam-\nple", "The ﬁnal exam-\nple"),
        ('"result" of 93.15', "“result” of 93.15"),
        ("''result''", "“result”"),
        ("don't use", "don’t use"),
        ("processing - see", "processing – see"),
        ("processing --- see", "processing – see"),
        ("re\u0301sume\u0301", "résumé"),
        ("pre- and post-processing", "pre- and post-processing"),
        ("x=-5.0 and", "x = -5.0 and"),
        ("-known", "-\nknown"),
        ("10²", "10²"),
    ],
)
def test_only_how_a_text_is_set_is_forgiven(quote: str, stored: str) -> None:
    span = find(quote, TEXT)
    assert span is not None
    assert TEXT[span.start : span.end] == stored


@pytest.mark.parametrize(
    "quote",
    [
        "the final", "final sample", "of 93.1", "3.15", "102", "resume", "use prepost", "5.0 and", "345 items",
        "postprocessing", "well known", "fin al", "", "  ", "-", "results", "12,345 item s",
    ],
)  # fmt: skip
def test_changed_words_cut_numbers_and_lost_accents_are_not_found(quote: str) -> None:
    assert find(quote, TEXT) is None


def test_of_several_places_the_nearest_is_taken_else_the_first() -> None:
    text = "one fit. two fit. three fit."
    assert find("fit", text) == Span(start=4, end=7)
    assert find("fit", text, near=Span(start=14, end=15)) == Span(start=13, end=16)
    assert find("fit", text, near=Span(start=26, end=28)) == Span(start=24, end=27)


WORDS = st.lists(st.text(alphabet="abcdefgXYZéß", min_size=1, max_size=8), min_size=3, max_size=30)


@given(WORDS, st.data())
def test_any_slice_with_mangled_white_space_is_found_again(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    spaces = data.draw(st.lists(st.sampled_from(["  ", "\n", "\t ", "\u00a0", "\r\n"]), min_size=1, max_size=3))
    mangled = text[start:end].replace(" ", "".join(spaces))
    if not mangled.strip():
        return
    span = find(mangled, text, near=Span(start=start, end=end))
    assert span is not None
    assert text[span.start : span.end] == text[start:end].strip()


@given(WORDS, st.integers(0, 10**6), st.text(alphabet="hijkl", min_size=1, max_size=4))
def test_a_changed_word_is_not_found(words: list[str], which: int, other: str) -> None:
    changed = list(words)
    changed[which % len(words)] = other  # none of its letters occurs in the text
    assert find(" ".join(changed), " ".join(words)) is None


@given(st.text(max_size=60), st.text(max_size=12))
def test_whatever_is_found_lies_in_the_text(text: str, quote: str) -> None:
    span = find(quote, text)
    assert span is None or 0 <= span.start < span.end <= len(text)


def test_a_megabyte_is_searched_in_seconds_also_where_it_repeats_itself() -> None:
    draw = random.Random(1)
    text = " ".join(draw.choice(["alpha", "beta-gamma", "3.14", "x\n", "ﬁx"]) for _ in range(200_000))
    begun = time.perf_counter()
    assert find(text[600_000:600_300].strip().split(" ", 1)[1].rsplit(" ", 1)[0], text) is not None
    assert find("a" * 500 + "b", "a" * 1_000_000) is None
    assert find("a" * 300 + "-a", "a" * 100_000) is None
    assert time.perf_counter() - begun < 20
