"""Scripts that read what strangers made: they end at their limits, and what they wrote until then has arrived."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jupyter_agents.runtime.papers import limited


def script(folder: Path, text: str) -> Path:
    path = folder / "script.py"
    path.write_text(f"import os, signal, sys, time\n{text}\n")
    return path


def test_arguments_and_standard_input_arrive(tmp_path: Path) -> None:
    ended = limited.run(script(tmp_path, "print(sys.argv[1:], sys.stdin.read())"), "a", "b", given=b"c", time_s=20)
    assert (ended.output, ended.code, ended.at_limit, ended.late) == (b"['a', 'b'] c\n", 0, False, False)


def test_a_script_without_end_is_ended(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = limited.run(script(tmp_path, "print('so far', flush=True)\ntime.sleep(60)"), time_s=2)
    assert ended.late
    assert ended.output == b"so far\n"
    assert time.monotonic() - started < 20


def test_memory_is_limited(tmp_path: Path) -> None:
    text = "try: bytearray(3 * 2**30)\nexcept MemoryError: print('refused')"
    assert limited.run(script(tmp_path, text), time_s=20).output == b"refused\n"


def test_nothing_can_be_written_to_files(tmp_path: Path) -> None:
    text = f"with open({str(tmp_path / 'out')!r}, 'w') as file:\n    file.write('x')"
    ended = limited.run(script(tmp_path, text), time_s=20)
    assert ended.code != 0
    assert (tmp_path / "out").read_text() == ""


def test_an_alarm_counts_as_a_limit(tmp_path: Path) -> None:
    assert limited.run(script(tmp_path, "signal.alarm(1)\ntime.sleep(30)"), time_s=20).at_limit


def test_keys_in_the_environment_are_not_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    ended = limited.run(script(tmp_path, "print('ANTHROPIC_API_KEY' in os.environ)"), time_s=20)
    assert ended.output == b"False\n"
