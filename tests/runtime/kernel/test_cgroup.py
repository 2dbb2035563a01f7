from __future__ import annotations

import subprocess
import sys

import pytest

from jupyter_agents.runtime.kernel import cgroup

MIB = 1 << 20


def test_a_group_ends_who_takes_too_much_and_counts_it() -> None:
    group = cgroup.MemoryGroup.make(60 * MIB)
    if group is None:
        pytest.skip("this user may make no control groups for memory here")
    greedy = "import sys; sys.stdin.read(1); kept = b'x' * (200 << 20); print(len(kept))"
    with subprocess.Popen([sys.executable, "-c", greedy], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        group.add([process.pid])
        assert group.n_killed == 0
        assert not group.remove(), "a group with a process in it stays"
        said, _ = process.communicate(b"x")
    assert said == b""
    assert process.returncode == -9
    assert group.n_killed == 1
    assert group.remove()
    assert group.remove(), "removing twice is fine"
