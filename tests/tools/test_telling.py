from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from jupyter_agents.checking.quotes import find
from jupyter_agents.runtime.papers import Paper
from jupyter_agents.tools.ranking import best_passages
from jupyter_agents.tools.telling import Telling, telling_sentences

Written = Callable[[str], Paper]
QUESTION = "How are lines fitted when both coordinates have errors?"


def told(paper: Paper, question: str) -> list[Telling]:
    return telling_sentences(best_passages([paper], question, 10), question, 10, per_paper=10)


def test_quotes_are_whole_sentences_that_stand_in_their_paragraph(lines: dict[str, Paper]) -> None:
    passages = best_passages(list(lines.values()), QUESTION, 20)
    chosen = telling_sentences(passages, QUESTION, 8, per_paper=3)
    assert len(chosen) == 8
    assert max(Counter(t.paper for t in chosen).values()) <= 3
    assert [t.score for t in chosen] == sorted((t.score for t in chosen), reverse=True)
    for telling in chosen:
        paper = lines[telling.paper.removeprefix("local:")]
        assert find(telling.quote, paper.quote(paper.paragraph(telling.paragraph).span)) is not None
        assert telling.quote[0].isupper()
        assert telling.quote.endswith(".")


def test_a_sentence_that_leans_brings_the_one_before(written: Written) -> None:
    paper = written(
        "# Filters\n\nWe compared three filters on noisy images of the moon. The median filter was slowest of all. "
        "However, it removed most of the noise from images of the moon without blurring their edges.\n"
    )
    best = told(paper, "Which filter removes noise from images without blurring edges?")[0]
    assert best.quote.startswith("The median filter")
    assert best.quote.endswith("edges.")


def test_an_it_that_stands_for_nothing_needs_no_company(written: Written) -> None:
    paper = written(
        "# Filters\n\nWe looked at many images of the moon last year. "
        "It is well known that the median filter removes noise without blurring the edges of images.\n"
    )
    assert told(paper, "Which filter removes noise?")[0].quote.startswith("It is well known")


def test_displays_and_scraps_are_not_quoted(written: Written) -> None:
    paper = written(
        "# Filters\n\nNoise of filters:\n\n"
        "The noise of the filter is \\begin{equation} n = 3 \\end{equation} where the noise is that of the filter.\n"
    )
    assert told(paper, "What is the noise of the filter?") == []
