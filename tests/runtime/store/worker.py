"""What other processes do in these tests: work on a shared store, or be a chroma server."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from jupyter_agents.runtime.store.store import PreprintStore

from .conftest import preprint


class Worker:
    """Another process that submits preprints to a store and tells what it did."""

    def __init__(self, folder: Path, first: int, count: int, every: int = 0) -> None:
        """Submit COUNT preprints from number FIRST on, searching after EVERY of them."""
        self._said, said = multiprocessing.Pipe(duplex=False)
        self.process = start(submit, said, folder, first, count, every)
        said.close()

    def said(self) -> Iterator[tuple[str, str]]:
        """As it comes: ("0", id) for preprint 0, ("found", title) for a search; ends with the process."""
        while True:
            try:
                yield self._said.recv()
            except EOFError:
                self.process.join()
                return

    def kill(self) -> None:
        """End it as a power cut would; `said` still gives what it said before."""
        self.process.kill()
        self.process.join(30)

    def close(self) -> None:
        """Free what this side holds."""
        self._said.close()
        self.process.close()


def start(act: Callable[..., None], *args: object) -> BaseProcess:
    """A process of its own, forked from a server that has imported everything and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.runtime.store.warm"])
    process = context.Process(target=act, args=args)
    process.start()
    return process


def submit(said: Connection, folder: Path, first: int, count: int, every: int) -> None:
    """See Worker."""
    store = PreprintStore(folder)
    for number in range(first, first + count):
        stored = store.submit(preprint(number), key=f"k{number}")
        said.send((str(number), stored.id))
        if every and number % every == 0:
            said.send(("found", store.search(f"fitting line number {number}", limit=1)[0].title))
    store.close()


def serve(folder: Path, port: int) -> None:
    """`chroma run`, by the function behind that command."""
    from chromadb.cli.cli import app

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.argv = ["chroma", "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    app()  # type: ignore[no-untyped-call]
