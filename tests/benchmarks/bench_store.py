"""The store against raw chromadb: same vectors, same run, one table. `python -m tests.benchmarks.bench_store [N]`.

Raw chromadb is handed ready vectors in one batch and in single rows; the store takes preprints, cuts and embeds
them, keeps them durably, and fuses two searches, so its rows say what each of these adds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.chroma import BATCH, ChromaIndex, local_client
from jupyter_agents.runtime.store.embed import embedder
from jupyter_agents.runtime.store.record import SqliteRecord
from jupyter_agents.runtime.store.store import PreprintStore

if TYPE_CHECKING:
    from jupyter_agents.runtime.store.embed import Vectors

SUBJECTS = "line slope error weight noise sample model field star cell ocean gene price vote metal wave layer token"
WORDS = SUBJECTS.split()


def preprint(number: int) -> Preprint:
    """Different preprints of one passage each."""
    words = " ".join(WORDS[(number * step + step * step) % len(WORDS)] for step in range(1, 16))
    return Preprint(id="", title=f"Study {number} of {words[:30]}", abstract=f"Study {number}: {words}.", body="")


def seconds(act: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def median_ms(act: Callable[[int], object], times: int) -> float:
    """Median wall time of a call, in milliseconds."""
    return 1e3 * statistics.median(seconds(lambda i=i: act(i)) for i in range(times))  # type: ignore[misc]


def add_singly(index: ChromaIndex, vectors: Vectors) -> None:
    """One call for each vector, as findings come in."""
    for i in range(len(vectors)):
        index.add([i], vectors[i : i + 1])


def main(count: int = 1_000, queries: int = 100) -> None:
    """Print the table."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        store = PreprintStore(Path(folder) / "store")
        stored_s = seconds(lambda: [store.submit(preprint(i), key=f"k{i}") for i in range(count)])
        first_s = seconds(lambda: store.search("study of the slope"))
        model = embedder()
        record = SqliteRecord(store.path)
        held = record.vectors(model.sha256, record.standing(model.sha256))
        record.close()
        vectors = np.stack([np.frombuffer(data, np.float32) for data in held.values()])
        texts = [f"{p.title}\n{p.abstract}" for p in map(preprint, range(count))]
        embed_s = seconds(lambda: [model.embed([text]) for text in texts])

        raw = ChromaIndex(local_client(Path(folder) / "raw"), "raw")
        batch_s = seconds(lambda: raw.add(list(held), vectors))
        single = ChromaIndex(local_client(Path(folder) / "single"), "single")
        single_s = seconds(lambda: add_singly(single, vectors[:200]))
        single_s *= count / min(count, 200)

        asked = [f"study {i} of {WORDS[i % len(WORDS)]}" for i in range(queries)]
        query_vectors = model.embed(asked)
        raw_ms = median_ms(lambda i: raw.nearest(query_vectors[i], 50), queries)
        raw_text_ms = median_ms(lambda i: raw.nearest(model.embed([asked[i]])[0], 50), queries)
        store_ms = median_ms(lambda i: store.search(asked[i]), queries)
        exact_ms = median_ms(lambda i: store.search(asked[i], trust="unchecked"), min(queries, 20))
        rebuild_s = seconds(store.rebuild)
        raw.close()
        single.close()
        store.close()

    rows = [
        ("add: chromadb, ready vectors, batches of " + str(BATCH), 1e3 * batch_s / count, batch_s / single_s),
        ("add: chromadb, ready vectors, one by one", 1e3 * single_s / count, 1.0),
        ("add: embedding alone, one by one", 1e3 * embed_s / count, embed_s / single_s),
        ("add: chromadb one by one + embedding", 1e3 * (single_s + embed_s) / count, (single_s + embed_s) / single_s),
        ("add: store, one by one, durable", 1e3 * stored_s / count, stored_s / single_s),
        ("query: chromadb, ready vector", raw_ms, 1.0),
        ("query: chromadb + embedding", raw_text_ms, raw_text_ms / raw_ms),
        ("query: store, fused", store_ms, store_ms / raw_ms),
        ("query: store, one trust status, exact", exact_ms, exact_ms / raw_ms),
    ]
    print(f"{count} preprints of one passage; milliseconds for one, and the ratio to raw chromadb one by one\n")
    for name, took, ratio in rows:
        print(f"{name:52} {took:9.2f} ms {ratio:7.2f} x")
    print(f"\nfirst search (loads chromadb, indexes all): {first_s:.2f} s; rebuild (vectors kept): {rebuild_s:.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
