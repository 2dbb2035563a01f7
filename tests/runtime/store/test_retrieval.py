"""Fused search against keyword search alone, on the questions in tests/data/retrieval."""

from __future__ import annotations

import functools
import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from jupyter_agents.records import Preprint, Record
from jupyter_agents.runtime.store.embed import embedder
from jupyter_agents.runtime.store.holder import IndexHolder
from jupyter_agents.runtime.store.meaning import Meaning
from jupyter_agents.runtime.store.passages import sentences
from jupyter_agents.runtime.store.record import SqliteRecord
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


Method = Callable[[str], list[str]]
"""Gives ids to a question, best first."""


def score(answer: Method, asked: Sequence[Question]) -> Scores:
    """How well a method answers."""
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


def of_kind(kind: str) -> list[Question]:
    return [question for question in QUESTIONS if kind in ("", question.kind)]


class Methods:
    """A store and what it is measured against, each question asked once of each."""

    def __init__(self, folder: Path, texts: Sequence[tuple[Text, str]]) -> None:
        """texts: each with the part of its abstract that the store gets."""
        self._store = PreprintStore(folder)
        for text, abstract in texts:
            self._store.submit(Preprint(id=text.id, title=text.title, abstract=abstract, body=""), key=text.id)
        self._record = SqliteRecord(folder / "preprints.sqlite")
        self._holder = IndexHolder(self._record, folder=folder / "other index", server="", say=print)
        self._meaning = Meaning(self._record, None, self._holder, print)
        self._whole = sqlite3.connect(":memory:")
        self._whole.execute(
            "CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, text, tokenize='porter unicode61 remove_diacritics 2')"
        )
        rows = [(text.id, f"{text.title}\n{abstract}") for text, abstract in texts]
        self._whole.executemany("INSERT INTO t VALUES (?, ?)", rows)
        self.whole_words = functools.cache(self._whole_words)
        self.words = functools.cache(self._words)
        self.meaning = functools.cache(self._by_meaning)
        self.fused = functools.cache(self._fused)

    def close(self) -> None:
        self._holder.close()
        self._record.close()
        self._store.close()
        self._whole.close()

    def _whole_words(self, question: str) -> list[str]:
        """FTS5 over whole preprints, the strongest way to search by words alone: nothing is cut into passages."""
        said = " OR ".join(terms(question))
        return [row[0] for row in self._whole.execute("SELECT id FROM t WHERE t MATCH ? ORDER BY bm25(t)", (said,))]

    def _words(self, question: str) -> list[str]:
        return self._preprints([id for id, _ in self._record.with_words(terms(question), 50, None)])

    def _by_meaning(self, question: str) -> list[str]:
        return self._preprints(self._meaning.nearest(embedder().embed([question])[0], 50))

    def _preprints(self, passages: list[int]) -> list[str]:
        rows = self._record.details(passages)
        return list(dict.fromkeys(rows[id].preprint for id in passages))

    def _fused(self, question: str) -> list[str]:
        return [hit.preprint for hit in self._store.search(question, limit=TOP)]


@pytest.fixture(scope="module")
def by(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Methods]:
    methods = Methods(tmp_path_factory.mktemp("retrieval"), [(text, text.abstract) for text in TEXTS])
    yield methods
    methods.close()


def test_the_set_is_sound() -> None:
    ids = [text.id for text in TEXTS]
    assert len(ids) == len(set(ids)) >= 60
    assert len(QUESTIONS) >= 60
    assert {question.answer for question in QUESTIONS} == set(ids)


def test_fused_search_beats_words_alone(by: Methods) -> None:
    fused = score(by.fused, QUESTIONS)
    for words in (score(by.whole_words, QUESTIONS), score(by.words, QUESTIONS)):
        assert fused.first >= words.first + 0.05
        assert fused.five >= words.five + 0.05
        assert fused.rank >= words.rank + 0.05


def test_fused_search_beats_meaning_alone_on_the_authors_own_words(tmp_path: Path) -> None:
    """A sentence taken out of a preprint finds the rest of it; the other half of why both are fused."""
    asked, texts = [], []
    for text in TEXTS:
        *rest, last = sentences(text.abstract)
        asked.append(Question(question=last, answer=text.id, kind="own"))
        texts.append((text, " ".join(rest)))
    by = Methods(tmp_path, texts)
    fused, meaning, words = (score(method, asked) for method in (by.fused, by.meaning, by.words))
    print(f"\nown words: FTS5 {words.rank:.3f}, meaning {meaning.rank:.3f}, fused {fused.rank:.3f}")
    assert fused.rank > meaning.rank > words.rank
    by.close()


def test_fused_search_loses_nothing_where_the_words_are_the_same(by: Methods) -> None:
    asked = of_kind("terms")
    assert score(by.fused, asked).first >= score(by.whole_words, asked).first


@pytest.mark.parametrize("kind", ["", "terms", "easy", "hard"])
def test_meaning_and_both_beat_words_on_questions_of_each_kind(by: Methods, kind: str) -> None:
    """`pytest -s` shows the table of the README."""
    asked = of_kind(kind)
    methods = {
        "FTS5, whole texts": by.whole_words,
        "FTS5, passages": by.words,
        "meaning": by.meaning,
        "fused": by.fused,
    }
    scores = {name: score(method, asked) for name, method in methods.items()}
    print(f"\n{kind or 'all'}")
    for name, found in scores.items():
        print(f"  {name:20} {found.first:.3f} / {found.five:.3f} / {found.rank:.3f}")
    assert min(scores["meaning"].rank, scores["fused"].rank) >= scores["FTS5, passages"].rank
