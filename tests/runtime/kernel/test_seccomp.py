from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from jupyter_agents.errors import SandboxUnavailable
from jupyter_agents.runtime.kernel import seccomp

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", HEADERS)
@pytest.mark.parametrize("restricted", [False, True])
def test_every_jump_of_the_filter_lands_inside_it(machine: str, restricted: bool) -> None:
    program = seccomp.program(restricted=restricted, machine=machine)
    code = list(struct.iter_unpack("<HBBI", program))
    assert 100 < len(code) <= 4096
    for index, (operation, if_true, if_false, _) in enumerate(code):
        if operation & 0x07 == 0x05:
            assert index + 1 + max(if_true, if_false) < len(code)
    assert code[-1] == (0x06, 0, 0, 0x7FFF0000)


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_agree_with_the_kernels_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"no kernel headers: {HEADERS[machine]}")
    found = dict(re.findall(r"#define __NR3?2?6?4?_?(\w+)\s+(\d+)", HEADERS[machine].read_text()))
    column = list(HEADERS).index(machine)
    tables = (seccomp.DENIED, seccomp.UNKNOWN, seccomp.LANDLOCK_GAPS, seccomp.CHECKED)
    ours = {name: numbers[column] for table in tables for name, numbers in table.items()}
    compared = {name: number for name, number in ours.items() if name in found and number is not None}
    assert len(compared) > 60
    assert compared == {name: int(found[name]) for name in compared}


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(SandboxUnavailable, match="riscv64"):
        seccomp.program(machine="riscv64")
