from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_agents.runtime.papers import Paper
from jupyter_agents.tools.ranking import best_passages, score_texts, words

Written = Callable[[str], Paper]


@pytest.mark.parametrize(
    ("question", "paper", "says"),
    [
        ("Which method copes with gross errors in the data?", "local:mixture", "one point in ten is bad"),
        ("Why is the slope of a regression too small?", "local:attenuation", "too small by a factor"),
        ("Can one do without knowing the uncertainties?", "local:bisector", "needs no knowledge of the errors"),
        ("What must be known for the line of Deming?", "local:deming", "ratio of the error variances"),
    ],
)
def test_the_paragraphs_that_answer_are_found_in_other_words(
    lines: dict[str, Paper], question: str, paper: str, says: str
) -> None:
    found = best_passages(list(lines.values()), question, 5)
    assert any(p.paper == paper and says in " ".join(p.text.split()) for p in found)


def test_passages_point_at_the_stored_text(lines: dict[str, Paper]) -> None:
    for passage in best_passages(list(lines.values()), "slope of the bisector", 6):
        paper = lines[passage.paper.removeprefix("local:")]
        assert paper.quote(passage.span) == passage.text
        assert paper.paragraph(passage.paragraph).span == passage.span


def test_a_question_about_something_else_is_near_to_nothing(lines: dict[str, Paper]) -> None:
    about = best_passages(list(lines.values()), "How are lines fitted when both coordinates have errors?", 3)
    other = best_passages(list(lines.values()), "What is the boiling point of tungsten?", 3)
    assert min(p.alike for p in about) > 0.4
    assert max(p.alike for p in other) < 0.3


def test_a_question_of_empty_words_finds_nothing(lines: dict[str, Paper]) -> None:
    assert best_passages(list(lines.values()), "what is it and how are they?", 5) == []
    assert best_passages([], "lines", 5) == []
    assert score_texts(["a line"], "is it?") == [0.0]


def test_operators_of_the_search_engine_in_a_question_are_words(lines: dict[str, Paper]) -> None:
    assert best_passages(list(lines.values()), 'bisector" OR NEAR(slope) AND -(x*', 2)
    assert words('slope" NEAR(x)') == ["slope", "near", "x"]


def test_half_a_character_in_a_paper_does_not_stop_the_search(written: Written) -> None:
    paper = written("# A note\n\nThe slope of the line is two, as every careful reader of this note will know.\n")
    broken = type(paper)(
        id="local:broken", version="v", kind="markdown", title="x",
        text=paper.text.replace("two", "\ud835"), sections=paper.sections, paragraphs=paper.paragraphs,
    )  # fmt: skip
    assert best_passages([broken], "slope of the line", 1)
