from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from jupyter_agents.errors import RunError, RunOwned
from jupyter_agents.records import dumps
from jupyter_agents.runtime.journal.lock import RunLock, alive, heartbeat_age_s, owner
from jupyter_agents.runtime.journal.process import Owner, me


def changed(owner: Owner, **fields: object) -> Owner:
    return msgspec.convert(msgspec.to_builtins(owner) | fields, Owner)


def start(code: str, *args: object) -> subprocess.Popen[str]:
    head = (
        "import os, sys, time\nfrom pathlib import Path\n"
        "from jupyter_agents.errors import RunOwned\n"
        "from jupyter_agents.runtime.journal.lock import RunLock\n"
    )
    return subprocess.Popen([sys.executable, "-c", head + code, *map(str, args)], stdout=subprocess.PIPE, text=True)


def test_owner_is_named_while_it_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    assert owner(path) is None
    with RunLock.acquire(path):
        there = owner(path)
        assert there is not None
        assert there.pid == os.getpid()
        assert alive(there) is True
        assert heartbeat_age_s(there) < 5
        with pytest.raises(RunOwned, match=f"process {os.getpid()} on .* works on this run"):
            RunLock.acquire(path)
        with pytest.raises(RunOwned, match="stop or pause it there first"):
            RunLock.acquire(path, take_over=True)
    assert owner(path) is None


def test_lock_of_a_killed_process_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    process = start("RunLock.acquire(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)", path)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    there = owner(path)
    assert there is not None
    assert alive(there) is True
    process.kill()
    process.wait()
    process.stdout.close()
    assert alive(there) is False
    RunLock.acquire(path).release()


@pytest.mark.parametrize("dead", [{"boot": "another"}, {"started": "1"}, {"pid": 2**22 + 1}])
def test_another_boot_start_or_a_missing_process_is_dead(dead: dict[str, object]) -> None:
    assert alive(me()) is True
    assert alive(changed(me(), **dead)) is False


@pytest.mark.parametrize("far", [{"host": "far"}, {"machine": "far"}, {"namespace": "pid:[1]"}])
def test_another_host_is_never_declared_dead_but_may_be_taken_over(tmp_path: Path, far: dict[str, object]) -> None:
    path = tmp_path / "run.lock"
    other = changed(me(), token="theirs", heartbeat="2026-11-22T10:00:00Z", **far)
    path.write_text(dumps(other))
    assert alive(other) is None
    with pytest.raises(RunOwned, match=r"cannot be checked from here .*take the run over explicitly"):
        RunLock.acquire(path)
    with RunLock.acquire(path, take_over=True) as lock:
        lock.beat()
        there = owner(path)
        assert there is not None
        assert there.token == lock.owner.token


def test_former_owner_learns_of_the_takeover_and_does_not_release_it(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    lock = RunLock.acquire(path)
    path.write_text(dumps(changed(me(), host="far", pid=7, token="theirs")))
    with pytest.raises(RunOwned, match="process 7 on far took this run over"):
        lock.beat()
    lock.release()
    there = owner(path)
    assert there is not None
    assert there.token == "theirs"


def test_beat_moves_the_heartbeat_only(tmp_path: Path) -> None:
    with RunLock.acquire(tmp_path / "run.lock") as lock:
        before = lock.owner
        lock.beat()
        assert lock.owner.heartbeat > before.heartbeat
        assert changed(lock.owner, heartbeat=before.heartbeat) == before


def test_unreadable_lock_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    path.write_text("what?")
    with pytest.raises(RunOwned, match="cannot be read"):
        RunLock.acquire(path)
    RunLock.acquire(path, take_over=True).release()


def test_of_many_processes_exactly_one_owns_the_run_at_any_time(tmp_path: Path) -> None:
    """Each process counts up a shared number unprotected but for the lock; some die holding it."""
    path, counter = tmp_path / "run.lock", tmp_path / "counter"
    counter.write_text("0")
    code = (
        "lock, counter, me = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]); done = 0\n"
        "while done < 25:\n"
        "  try:\n    held = RunLock.acquire(lock)\n"
        "  except RunOwned:\n    time.sleep(0.002); continue\n"
        "  n = int(counter.read_text()); time.sleep(0.001); counter.write_text(str(n + 1)); done += 1\n"
        "  if me % 2 and done == 25: os._exit(0)\n"
        "  held.release()\n"
    )
    processes = [start(code, path, counter, n) for n in range(4)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert counter.read_text() == "100"


def test_dead_owners_lock_is_won_by_exactly_one_of_many(tmp_path: Path) -> None:
    code = (
        "go = Path(sys.argv[2])\nprint('ready', flush=True)\n"
        "while not go.exists(): time.sleep(0.0005)\n"
        "try:\n  RunLock.acquire(Path(sys.argv[1])); print('won', flush=True); sys.stdin.read()\n"
        "except RunOwned: print('lost', flush=True)\n"
    )
    for turn in range(3):
        path, go = tmp_path / f"{turn}.lock", tmp_path / f"{turn}.go"
        path.write_text(dumps(changed(me(), pid=2**22 + 1, token="dead")))
        head = "import os, sys, time\nfrom pathlib import Path\nfrom jupyter_agents.errors import RunOwned\n"
        head += "from jupyter_agents.runtime.journal.lock import RunLock\n"
        command = [sys.executable, "-c", head + code, str(path), str(go)]
        pipes = [subprocess.Popen(command, stdin=-1, stdout=-1, text=True) for _ in range(5)]
        for process in pipes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        go.touch()
        said = [process.stdout.readline().strip() for process in pipes if process.stdout is not None]
        for process in pipes:
            process.communicate(timeout=30)
        assert sorted(said) == ["lost"] * 4 + ["won"]


def test_folder_that_is_gone_is_a_sentence_and_release_is_harmless(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    lock = RunLock.acquire(tmp_path / "run" / "run.lock")
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(RunError, match="No such file"):
        lock.beat()
    lock.release()
