from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_agents.errors import InputError
from jupyter_agents.runtime.journal.slots import wait_for_slot


async def test_next_run_waits_until_a_slot_is_released(tmp_path: Path) -> None:
    waits: list[int] = []
    first = await wait_for_slot(tmp_path, 2, lambda: waits.append(0))
    second = await wait_for_slot(tmp_path, 2, lambda: waits.append(0))
    assert {first.number, second.number} == {0, 1}
    assert waits == []
    third = asyncio.create_task(wait_for_slot(tmp_path, 2, lambda: waits.append(3)))
    await asyncio.sleep(0.5)
    assert not third.done()
    assert waits == [3]
    second.release()
    second.release()
    with await asyncio.wait_for(third, 5) as slot:
        assert slot.number == second.number
    first.release()


async def test_slot_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, time; from pathlib import Path\n"
        "from jupyter_agents.runtime.journal.slots import wait_for_slot\n"
        "slot = asyncio.run(wait_for_slot(Path(sys.argv[1]), 1)); print('held', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wait_for_slot(tmp_path, 1), 0.5)
    process.kill()
    process.wait()
    process.stdout.close()
    (await asyncio.wait_for(wait_for_slot(tmp_path, 1), 5)).release()


async def test_no_slots_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="set it to 1 or more"):
        await wait_for_slot(tmp_path, 0)
