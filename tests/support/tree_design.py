"""Two branches side by side, the better one is kept: a design of another package."""

from __future__ import annotations

from jupyter_agents.designs import Run
from jupyter_agents.records import Budget, Call

SOURCE = "for tests"


async def flow(run: Run) -> None:
    branches = [await run.branch(name, Budget(usd=None, steps=5)) for name in ("short", "longer")]

    async def attempt(side: Run, branch: Run) -> float | None:
        await branch.act(Call(id="", tool="add_cell", arguments={"source": f"# {branch.path}"}))
        words = "x" * (4 + len(branch.path) + branches.index(branch))
        await branch.act(Call(id="", tool="submit_summary", arguments={"text": words}))
        return await branch.score("summary")

    scores = await run.gather(*(lambda side, b=b: attempt(side, b) for b in branches))
    best = max(range(2), key=lambda i: scores[i] or 0.0)
    index, _ = await run.first(lambda side: side.now(), lambda side: side.now())
    run.note(f"best is {best}, first was {index}, drew {await run.random():.3f}")
    await run.adopt(branches[best])
