"""The store beside raw chromadb: the same vectors in the same run.

Raw chromadb is handed ready vectors, one by one as findings come in; the store takes preprints, cuts and embeds them,
keeps them durably, and fuses two searches, so its rows say what each of these adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.chroma import BATCH, ChromaIndex, local_client
from jupyter_agents.runtime.store.embed import embedder
from jupyter_agents.runtime.store.store import PreprintStore
from tests.benchmarks.frame import Row, folder, median_s, seconds

if TYPE_CHECKING:
    from jupyter_agents.runtime.store.embed import Vectors

SUBJECTS = "line slope error weight noise sample model field star cell ocean gene price vote metal wave layer token"
WORDS = SUBJECTS.split()
SINGLY = 200
"""Vectors added one by one; all of them would take most of the time and say the same."""


def preprint(number: int) -> Preprint:
    """Different preprints of one passage each."""
    words = " ".join(WORDS[(number * step + step * step) % len(WORDS)] for step in range(1, 16))
    return Preprint(id="", title=f"Study {number} of {words[:30]}", abstract=f"Study {number}: {words}.", body="")


def adding(store: PreprintStore, raw: ChromaIndex, preprints: Sequence[Preprint], vectors: Vectors) -> Iterable[Row]:
    """Adding one preprint, beside adding its ready vector to raw chromadb, which holds all of them in the end."""
    store_ms = 1e3 * median_s(lambda i: store.submit(preprints[i], key=f"k{i}"), len(preprints))
    few = min(len(vectors) // 2, SINGLY)
    single_ms = 1e3 * median_s(lambda i: raw.add([i], vectors[i : i + 1]), few)
    batch_s = seconds(lambda: raw.add(range(few, len(vectors)), vectors[few:]))
    batch_ms = 1e3 * batch_s / (len(vectors) - few)
    return [
        Row("store: add one, durably", "ms", store_ms, single_ms, "chromadb, one ready vector"),
        Row(f"chromadb itself in batches of {BATCH:,}", "ms", batch_ms, single_ms, "chromadb, one ready vector"),
    ]


def rows(small: bool) -> Iterable[Row]:
    """Adding, searching, and making the index anew."""
    count, queries = (20, 5) if small else (1_000, 100)
    preprints, asked = list(map(preprint, range(count))), [f"study {i} of {WORDS[i % 18]}" for i in range(queries)]
    with folder() as place:
        model = embedder()
        vectors = model.embed([f"{p.title}\n{p.abstract}" for p in preprints])
        sought = model.embed(asked)
        store = PreprintStore(place / "store")
        raw = ChromaIndex(local_client(place / "raw"), "raw")
        yield from adding(store, raw, preprints, vectors)
        first_s = seconds(lambda: store.search("study of the slope"))
        raw_ms = 1e3 * median_s(lambda i: raw.nearest(sought[i], 50), queries)
        text_ms = 1e3 * median_s(lambda i: raw.nearest(model.embed([asked[i]])[0], 50), queries)
        fused_ms = 1e3 * median_s(lambda i: store.search(asked[i]), queries)
        exact_ms = 1e3 * median_s(lambda i: store.search(asked[i], trust="unchecked"), min(queries, 20))
        rebuild_s = seconds(store.rebuild)
        raw.close()
        store.close()
    yield Row("store: query, fused", "ms", fused_ms, raw_ms, "chromadb, ready vector")
    yield Row("store: query, one trust status", "ms", exact_ms, raw_ms, "chromadb, ready vector")
    yield Row("chromadb itself, query to be embedded", "ms", text_ms, raw_ms, "chromadb, ready vector")
    yield Row(f"store: first search, {count:,} to index", "s", first_s, rebuild_s, "rebuilding it, vectors kept")
