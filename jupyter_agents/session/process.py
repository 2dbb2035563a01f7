"""What a run's process does: own the run, work it, end it in an orderly way."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

from ..errors import BudgetExhausted, Held, JupyterAgentsError, StopAsked
from ..records import RunState
from ..runtime.journal.folder import RunFolder
from ..runtime.journal.lock import RunLock
from ..runtime.journal.slots import wait_for_slot
from ..runtime.model import Model
from . import ending
from .engine import Engine
from .line import LiveRun
from .opening import learn_capabilities, main_run, open_engine

BEAT_S = 5.0


async def work(
    folder: RunFolder, *, from_seq: int | None = None, take_over: bool = False, answering: Model | None = None
) -> RunState:
    """Own a run and work it until it ends, waits too long or is stopped; returns the state it is left in.

    answering: who answers; None: the server the settings name, if any.
    Raises RunOwned where another process has it, JournalError where its journal is damaged.
    """
    with (
        RunLock.acquire(folder.lock, take_over=take_over) as lock,
        open_engine(folder, from_seq=from_seq, answering=answering) as engine,
    ):
        async with _beating(lock), _slot(engine):
            return await _work(engine)


async def _work(engine: Engine) -> RunState:
    run = main_run(engine)
    try:
        engine.say(RunState.running)
        await _flow(engine, run)
        return await ending.end(run, RunState.done, "")
    except Held:
        return RunState.paused  # its state was journalled when it began to wait
    except StopAsked as stop:
        return await ending.end(run, RunState.stopped, stop.reason)
    except BudgetExhausted as stop:
        return await ending.end(run, RunState.failed, f"{stop.reason}; give it more and resume it: nothing is lost")
    except JupyterAgentsError as error:
        return await ending.end(run, RunState.failed, error.message)
    except asyncio.CancelledError:
        engine.say(RunState.interrupted, "its process was told to end")
        raise
    except Exception:
        engine.journal.append("crashed", {"traceback": traceback.format_exc()}, durable=True)
        await ending.end(run, RunState.failed, "an error of our own, its traceback is in the journal (kind `crashed`)")
        raise
    finally:
        await run.line.workspace.close()


async def _flow(engine: Engine, run: LiveRun) -> None:
    """Prepare, let the design (or the way without a model) produce what is wanted, and settle it."""
    await learn_capabilities(engine)
    ending.announce(engine)
    run.task = await engine.agent.prepare(run.bench("/prepare:0"))
    if engine.has_model:
        await engine.design.flow(run)
    else:
        await engine.agent.without_model(run.bench("/without:0"))
    if engine.agent.settle is not None:
        await engine.agent.settle(run.bench("/settle:0"))


@contextlib.asynccontextmanager
async def _beating(lock: RunLock) -> AsyncIterator[None]:
    """Keep the lock's heartbeat going."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            lock.beat()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def _slot(engine: Engine) -> AsyncIterator[None]:
    """One of the places for runs at work; says `queued` while none is free."""
    folder = engine.folder.path.parent / ".slots"
    slot = await wait_for_slot(
        folder, engine.settings.slots, lambda: engine.say(RunState.queued, "other runs are at work")
    )
    with slot:
        yield


async def _until_told(folder: RunFolder, from_seq: int | None, take_over: bool) -> RunState:
    task = asyncio.ensure_future(work(folder, from_seq=from_seq, take_over=take_over))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def main(argv: list[str]) -> int:
    """`python -m jupyter_agents.session FOLDER [--from SEQ] [--take-over]`: what `start` and `resume` launch."""
    folder = RunFolder(Path(argv[0]))
    from_seq = int(argv[argv.index("--from") + 1]) if "--from" in argv else None
    try:
        state = asyncio.run(_until_told(folder, from_seq, "--take-over" in argv))
    except asyncio.CancelledError:
        return 0
    except JupyterAgentsError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    return 0 if state is not RunState.failed else 1
