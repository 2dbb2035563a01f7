"""A run whose model answers at once, so that all the time it takes is ours."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_agents.errors import RunError
from jupyter_agents.records import Budget, Json, Request, RunState, Usage
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.state import summary
from jupyter_agents.runtime.model import Capabilities, ModelReply, ModelRequest, OnDelta, Price
from jupyter_agents.session.process import work
from jupyter_agents.session.start import prepare
from jupyter_agents.settings import resolve
from tests.support.plugin import install

WORDS = "The slope of the line moves little when its points are weighted by their errors. " * 12
"""About as much as a model writes into one cell."""


class Instant:
    """A `Model` that asks for one tool call a turn, hands in what is owed after `turns` of them, and keeps time."""

    def __init__(self, turns: int) -> None:
        self.turns = turns
        self.asked: list[float] = []
        """When each request came."""
        self.worked: list[float] = []
        """Seconds of processor time used until then."""

    async def send(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """The next turn."""
        self.asked.append(time.perf_counter())
        self.worked.append(time.process_time())
        n = len(self.asked)
        block = self._block(n)
        usage = Usage(input_tokens=130 * len(request.messages), output_tokens=250)
        reply = ModelReply(
            id=f"msg_{n}",
            model=request.model,
            blocks=(block,),
            stop_reason="tool_use" if block["type"] == "tool_use" else "end_turn",
            usage=usage,
        )
        if on_delta:
            on_delta("text", WORDS)
        return reply

    def price(self, model: str) -> Price | None:
        """Nothing is known of it, and the bench sets no limit in money."""
        return Price(input=1.0, output=1.0, cache_read=0.1, cache_write=1.25)

    async def capabilities(self, model: str) -> Capabilities:
        """Those of a model of today."""
        return Capabilities(context_tokens=1_000_000)

    def _block(self, n: int) -> Json:
        if n > self.turns + 1:
            return {"type": "text", "text": "done"}
        name, text = ("take_note", f"{n}: {WORDS}") if n <= self.turns else ("submit_summary", "all notes")
        return {"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": {"text": text}}


@contextmanager
def world(folder: Path) -> Iterator[RunFolder]:
    """A run of the notes agent, prepared and not begun, which touches nothing outside `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("API_KEY", "AUTH_TOKEN", "BASE_URL", "PROFILE", "CONFIG_DIR"):
            patch.delenv(f"ANTHROPIC_{name}", raising=False)
        patch.setenv("HOME", str(folder / "home"))
        patch.setenv("JUPYTER_CONFIG_DIR", str(folder / "config"))
        patch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-no-use-to-anybody")  # a run with a key redacts it everywhere
        install(patch, folder / "agents", "jupyter_agents.agents", notes="tests.support.notes_agent:AGENT")
        places = {name: str(folder / name) for name in ("runs", "store", "cache")}
        limits = Budget(usd=None, tokens=None, steps=None, wall_s=None)
        request = Request(agent="notes", text="lines", budget=limits, options={"publish": False})
        yield prepare(request, resolve(places))


def worked(run: RunFolder, model: Instant) -> float:
    """Work a run to its end; how many seconds it took."""
    began = time.perf_counter()
    state = asyncio.run(work(run, answering=model))
    if state is not RunState.done:
        raise RunError(f"the run to be measured ended as {state.value}: {summary(run).reason}")
    return time.perf_counter() - began


def between(moments: Sequence[float]) -> list[float]:
    """From each request to the next: one answer, its tool call, and back."""
    return [after - before for before, after in itertools.pairwise(moments)]
