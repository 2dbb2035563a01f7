from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_agents.errors import StoreError, UnknownName
from jupyter_agents.records import Preprint, Verdict
from jupyter_agents.runtime.store import Hit, Store
from jupyter_agents.runtime.store.store import PreprintStore

from .conftest import QUESTION, preprint

Make = Callable[..., Preprint]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PreprintStore]:
    opened = PreprintStore(tmp_path / "store")
    yield opened
    opened.close()


def fill(store: PreprintStore, make: Make, count: int = 12) -> list[Preprint]:
    return [store.submit(make(number), key=f"k{number}") for number in range(count)]


def test_the_store_keeps_the_contract(store: PreprintStore, make: Make) -> None:
    contract: Store = store
    stored = contract.submit(make(), key="a")
    assert contract.show(stored.id) == stored
    assert contract.show(stored.id, version=1) == stored
    assert contract.rebuild() == 2
    assert contract.search("slope")[0].preprint == stored.id
    assert contract.withdraw(stored.id, "wrong").withdrawn
    assert contract.search("slope") == []


def test_nothing_is_made_before_first_use(tmp_path: Path) -> None:
    PreprintStore(tmp_path / "store").close()
    assert not list(tmp_path.iterdir())


def test_an_empty_store_finds_nothing(store: PreprintStore) -> None:
    assert store.search("anything") == []


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreprintStore]:
    """A store of three preprints that tests only read."""
    opened = PreprintStore(tmp_path_factory.mktemp("three"))
    fill(opened, preprint, 3)
    yield opened
    opened.close()


@pytest.mark.parametrize("query", ["", "   ", "\n", "?!", "\0", "--", '"', "\U0001f600"])
def test_a_query_without_words_finds_nothing(three: PreprintStore, query: str) -> None:
    assert three.search(query) == []


@pytest.mark.parametrize(
    "query",
    [
        'line" OR "1',
        "line AND NOT",
        "NEAR(line slope)",
        "title: line",
        "line*",
        "^line",
        "(((line",
        "line -- DROP TABLE preprints",
        "'; DELETE FROM passages; -- line",
        "li\0ne line",
        "line " * 50_000,
        " ".join(f"w{i}" for i in range(20_000)) + " line",
        "línéa ± line",
        "line \ud800",
    ],
    ids=lambda query: ascii(query[:20]),
)
def test_search_syntax_in_a_query_is_only_words(three: PreprintStore, query: str) -> None:
    assert {hit.title[-1] for hit in three.search(query)} == {"0", "1", "2"}


def test_a_hit_tells_what_a_reader_needs(store: PreprintStore, make: Make) -> None:
    stored = store.submit(make(3, model="claude-x", created="2026-01-02"), key="a")
    (hit,) = store.search("How were the weights chosen?")
    assert (hit.preprint, hit.version, hit.title) == (stored.id, 1, "Fitting line number 3")
    assert (hit.section, hit.model, hit.created, hit.trust) == ("Method", "claude-x", "2026-01-02", "unchecked")
    assert hit.passage == "Least squares with weights. The weights are inverse variances."


def test_each_preprint_comes_once_best_first_up_to_the_limit(filled: PreprintStore) -> None:
    hits = filled.search(QUESTION, limit=5)
    assert len({hit.preprint for hit in hits}) == 5
    assert hits[0].title == "Fitting line number 7"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_only_the_newest_version_is_found(store: PreprintStore, make: Make) -> None:
    first = store.submit(make(title="On walruses", abstract="Walruses dive.", body=""), key="a")
    store.search("walruses")
    store.submit(make(id=first.id, title="On penguins", abstract="Penguins dive.", body=""), key="b")
    assert [(hit.title, hit.version) for hit in store.search("walruses")] == [("On penguins", 2)]


def test_a_withdrawn_preprint_is_not_found_but_shown(store: PreprintStore, make: Make) -> None:
    stored = fill(store, make, 3)
    assert len(store.search("line")) == 3
    store.withdraw(stored[1].id, "wrong units")
    assert {hit.preprint for hit in store.search("line")} == {stored[0].id, stored[2].id}
    assert store.show(stored[1].id).withdrawn.endswith("wrong units")


def test_search_can_ask_for_one_trust_status(store: PreprintStore, make: Make) -> None:
    stored = fill(store, make, 6)
    good = tuple(Verdict(claim=claim, status="reproduced") for claim in ("slope", "intercept"))
    store.set_trust(stored[2].id, good, "run-x")
    store.set_trust(stored[4].id, (Verdict(claim="slope", status="mismatch"),), "run-x")
    assert [hit.preprint for hit in store.search("line", trust="reproduced")] == [stored[2].id]
    assert [hit.trust for hit in store.search("line", trust="mismatch")] == ["mismatch"]
    assert len(store.search("line", trust="unchecked")) == 4
    assert len(store.search("line")) == 6
    assert [r.by_run for r in store.reproductions(stored[2].id)] == ["run-x"]


def test_bad_search_options_are_named(store: PreprintStore) -> None:
    with pytest.raises(UnknownName, match="did you mean 'reproduced'"):
        store.search("x", trust="reproducd")
    with pytest.raises(StoreError, match="at least one"):
        store.search("x", limit=0)


def test_a_closed_store_opens_again(store: PreprintStore, make: Make) -> None:
    fill(store, make, 2)
    assert len(store.search("line")) == 2
    store.close()
    assert len(store.search("line")) == 2
    assert store.notices() == []


def test_a_store_that_moved_keeps_its_index(filled: PreprintStore, answer: list[Hit], tmp_path: Path) -> None:
    before = list((tmp_path / "store" / "index").glob("g-*"))
    assert filled.search(QUESTION) == answer
    assert filled.notices() == []
    assert list((tmp_path / "store" / "index").glob("g-*")) == before


def test_a_deleted_index_is_built_again_and_says_so(filled: PreprintStore, answer: list[Hit], tmp_path: Path) -> None:
    assert filled.search(QUESTION) == answer
    filled.close()
    shutil.rmtree(tmp_path / "store" / "index")
    assert filled.search(QUESTION) == answer
    assert filled.status()["indexed"] == 24
    assert filled.notices() == ["the search index was gone and is built again from the record"]
    assert filled.notices() == []


def test_an_index_deleted_under_an_open_store_is_built_again(
    filled: PreprintStore, make: Make, tmp_path: Path
) -> None:
    filled.search("line")
    shutil.rmtree(tmp_path / "store" / "index")
    added = filled.submit(make(99), key="k99")
    assert filled.search("slope of line number 99")[0].preprint == added.id
    assert filled.status()["indexed"] == 26
    assert filled.notices()


@pytest.mark.parametrize("damaged", ["*/data_level0.bin", "*/header.bin", "chroma.sqlite3", "seal.json", "../current"])
@pytest.mark.parametrize("how", ["noise", "empty", "gone"])
def test_a_damaged_index_is_built_again_and_says_so(
    filled: PreprintStore, answer: list[Hit], tmp_path: Path, damaged: str, how: str
) -> None:
    assert filled.search(QUESTION) == answer  # from here on the record knows that this machine has an index
    filled.close()
    (generation,) = (tmp_path / "store" / "index").glob("g-*")
    (victim,) = [generation / damaged] if damaged.startswith("..") else generation.glob(damaged)
    if how == "gone":
        victim.unlink()
    else:
        victim.write_bytes(random.Random(1).randbytes(victim.stat().st_size) if how == "noise" else b"")
    assert filled.search(QUESTION) == answer
    assert filled.status()["indexed"] == 24
    (notice,) = filled.notices()
    assert "built again from the record" in notice


def test_an_index_of_another_record_is_not_used(tmp_path: Path, make: Make) -> None:
    index = tmp_path / "index"
    one, two = PreprintStore(tmp_path / "one", index=index), PreprintStore(tmp_path / "two", index=index)
    one.submit(make(1), key="a")
    one.search("line")
    one.close()
    stored = two.submit(make(2), key="b")
    assert [hit.preprint for hit in two.search("line")] == [stored.id]
    assert two.status()["indexed"] == 2
    two.close()


def test_an_index_folder_that_cannot_be_used_does_not_stop_search(filled: PreprintStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = PreprintStore(tmp_path / "store", index=tmp_path / "file")
    assert store.search(QUESTION)[0].title == "Fitting line number 7"
    assert any("cannot be used" in notice for notice in store.notices())
    store.close()


def test_a_reader_without_the_lock_finds_the_same(filled: PreprintStore, make: Make, tmp_path: Path) -> None:
    reader = PreprintStore(tmp_path / "store")
    expected = filled.search("what does the slope come to?")
    assert [h.preprint for h in reader.search("what does the slope come to?")] == [h.preprint for h in expected]
    assert (filled.status()["index"], reader.status()["index"]) == ("chroma", "not open")
    added = reader.submit(make(99), key="k99")
    assert filled.search("slope of line number 99")[0].preprint == added.id
    assert reader.search("slope of line number 99")[0].preprint == added.id
    filled.close()
    assert reader.search("slope of line number 99")[0].preprint == added.id
    assert reader.status()["index"] == "chroma"
    reader.close()


def test_many_superseded_passages_make_a_new_index(store: PreprintStore, make: Make) -> None:
    long = "\n\n".join(f"Paragraph {i} says this. It goes on. It ends." for i in range(220))
    stored = store.submit(make(1, body=long), key="a")
    store.search("line")
    assert store.status()["indexed"] == 221
    store.submit(make(2, id=stored.id), key="b")
    store.search("line")
    assert store.status()["indexed"] == 223
    store.close()
    assert [hit.title for hit in store.search("paragraph line")] == ["Fitting line number 2"]
    assert store.status()["indexed"] == 2


def test_standing_preprints_are_found_behind_many_withdrawn_ones(store: PreprintStore, make: Make) -> None:
    for number in range(60):
        store.submit(make(number, abstract="Walruses dive deep.", body=""), key=f"w{number}")
    kept = store.submit(make(500, title="Sea lions", abstract="They swim.", body=""), key="kept")
    assert len(store.search("walruses diving")) == 10
    for number in range(60):
        store.withdraw(store.submit(make(number), key=f"w{number}").id, "wrong")
    assert [hit.preprint for hit in store.search("walruses diving")] == [kept.id]
