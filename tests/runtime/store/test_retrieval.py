"""Fused search against keyword search alone, on the questions in tests/data/retrieval."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from jupyter_agents.records import Preprint, Record
from jupyter_agents.runtime.store.passages import sentences
from jupyter_agents.runtime.store.search import terms
from jupyter_agents.runtime.store.store import PreprintStore

DATA = Path(__file__).resolve().parents[2] / "data" / "retrieval"
TOP = 20


class Text(Record):
    id: str
    title: str
    abstract: str


class Question(Record):
    question: str
    answer: str
    kind: str


class Scores(Record):
    first: float
    """recall@1"""
    five: float
    """recall@5"""
    rank: float
    """Mean reciprocal rank, 0 beyond TOP."""


TEXTS = msgspec.json.decode((DATA / "preprints.json").read_bytes(), type=list[Text])
QUESTIONS = msgspec.json.decode((DATA / "questions.json").read_bytes(), type=list[Question])


def score(answer: Callable[[str], list[str]], kind: str = "", asked: Sequence[Question] = ()) -> Scores:
    """How well a method answers; it gives ids, best first."""
    asked = asked or [question for question in QUESTIONS if kind in ("", question.kind)]
    ranks = []
    for question in asked:
        found = answer(question.question)[:TOP]
        ranks.append(found.index(question.answer) + 1 if question.answer in found else math.inf)
    count = len(ranks)
    return Scores(
        first=sum(rank <= 1 for rank in ranks) / count,
        five=sum(rank <= 5 for rank in ranks) / count,
        rank=sum(1 / rank for rank in ranks) / count,
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreprintStore]:
    opened = PreprintStore(tmp_path_factory.mktemp("retrieval"))
    for text in TEXTS:
        opened.submit(Preprint(id=text.id, title=text.title, abstract=text.abstract, body=""), key=text.id)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def whole_texts() -> Iterator[sqlite3.Connection]:
    """FTS5 over whole preprints, the strongest way to search by words alone: nothing is cut into passages."""
    base = sqlite3.connect(":memory:")
    base.execute(
        "CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, text, tokenize='porter unicode61 remove_diacritics 2')"
    )
    base.executemany("INSERT INTO t VALUES (?, ?)", [(text.id, f"{text.title}\n{text.abstract}") for text in TEXTS])
    yield base
    base.close()


def by_words(base: sqlite3.Connection, question: str) -> list[str]:
    rows = base.execute("SELECT id FROM t WHERE t MATCH ? ORDER BY bm25(t)", (" OR ".join(terms(question)),))
    return [row[0] for row in rows]


def by_words_in_passages(store: PreprintStore, question: str) -> list[str]:
    found = store._record.with_words(terms(question), 50, None)
    rows = store._record.details(id for id, _ in found)
    return list(dict.fromkeys(rows[id].preprint for id, _ in found))


def by_meaning(store: PreprintStore, question: str) -> list[str]:
    vector = store._model_in_use().embed([question])[0]
    found = store._nearest(vector, 50, None)
    rows = store._record.details(found)
    return list(dict.fromkeys(rows[id].preprint for id in found))


def by_both(store: PreprintStore, question: str) -> list[str]:
    return [hit.preprint for hit in store.search(question, limit=TOP)]


def test_the_set_is_sound() -> None:
    ids = [text.id for text in TEXTS]
    assert len(ids) == len(set(ids)) >= 60
    assert len(QUESTIONS) >= 60
    assert {question.answer for question in QUESTIONS} == set(ids)


def test_fused_search_beats_words_alone(store: PreprintStore, whole_texts: sqlite3.Connection) -> None:
    fused = score(lambda question: by_both(store, question))
    for words in (
        score(lambda question: by_words(whole_texts, question)),
        score(lambda question: by_words_in_passages(store, question)),
    ):
        assert fused.first >= words.first + 0.05
        assert fused.five >= words.five + 0.05
        assert fused.rank >= words.rank + 0.05


def test_fused_search_beats_meaning_alone_on_the_authors_own_words(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A sentence taken out of a preprint finds the rest of it; the other half of why both are fused."""
    opened = PreprintStore(tmp_path_factory.mktemp("own"))
    asked = []
    for text in TEXTS:
        *rest, last = sentences(text.abstract)
        asked.append(Question(question=last, answer=text.id, kind="own"))
        body = " ".join(rest)
        opened.submit(Preprint(id=text.id, title=text.title, abstract=body, body=""), key=text.id)
    fused = score(lambda question: by_both(opened, question), asked=asked)
    meaning = score(lambda question: by_meaning(opened, question), asked=asked)
    words = score(lambda question: by_words_in_passages(opened, question), asked=asked)
    print(f"\nown words: FTS5 {words.rank:.3f}, meaning {meaning.rank:.3f}, fused {fused.rank:.3f}")
    assert fused.rank > meaning.rank > words.rank
    opened.close()


def test_fused_search_loses_nothing_where_the_words_are_the_same(
    store: PreprintStore, whole_texts: sqlite3.Connection
) -> None:
    fused = score(lambda question: by_both(store, question), "terms")
    assert fused.first >= score(lambda question: by_words(whole_texts, question), "terms").first


@pytest.mark.parametrize("kind", ["", "terms", "easy", "hard"])
def test_print_the_scores(store: PreprintStore, whole_texts: sqlite3.Connection, kind: str) -> None:
    """`pytest -s` shows the table."""
    methods: dict[str, Callable[[str], list[str]]] = {
        "FTS5, whole texts": lambda question: by_words(whole_texts, question),
        "FTS5, passages": lambda question: by_words_in_passages(store, question),
        "meaning": lambda question: by_meaning(store, question),
        "fused": lambda question: by_both(store, question),
    }
    print(f"\n{kind or 'all'}")
    for name, method in methods.items():
        found = score(method, kind)
        print(f"  {name:20} {found.first:.3f} / {found.five:.3f} / {found.rank:.3f}")
        assert 0 <= found.first <= found.five <= 1
