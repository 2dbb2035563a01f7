"""What one of several processes does to a shared store; run as `python -m tests.runtime.store.worker`."""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_agents.runtime.store.store import PreprintStore

from .conftest import preprint


def main() -> None:
    """FOLDER FIRST COUNT EVERY: submit COUNT preprints from number FIRST on, searching after EVERY; print each id."""
    folder, first, count, every = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    store = PreprintStore(folder)
    for number in range(first, first + count):
        stored = store.submit(preprint(number), key=f"k{number}")
        print(number, stored.id, flush=True)
        if every and number % every == 0:
            title = store.search(f"fitting line number {number}", limit=1)[0].title
            print("found", title, flush=True)
    store.close()


if __name__ == "__main__":
    main()
