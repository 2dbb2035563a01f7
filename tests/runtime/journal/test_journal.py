from __future__ import annotations

import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_agents.errors import JournalError
from jupyter_agents.records import Event, Usage
from jupyter_agents.runtime.journal.journal import Journal, follow, read, verify


def small(path: Path) -> list[Event]:
    with Journal.open(path) as journal:
        journal.append("state", {"state": "running"}, durable=True)
        journal.append("reply", {"text": "Grüße, 世界"}, key="/:1", durable=True)
        journal.append("note", [1, 2.5, None], durable=False)
        return list(journal.events)


def test_events_come_back_as_they_were_returned(tmp_path: Path) -> None:
    events = small(tmp_path / "journal.jsonl")
    assert list(read(tmp_path / "journal.jsonl")) == events
    assert [event.seq for event in events] == [1, 2, 3]
    assert events[1].prev == events[0].hash
    assert list(read(tmp_path / "journal.jsonl", after=2)) == events[2:]


def test_reopened_journal_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    small(path)
    with Journal.open(path) as journal:
        assert journal.append("more", durable=False).seq == 4
    found = verify(path)
    assert (found.ok, found.events) == (True, 4)


def test_killed_at_any_byte_loses_at_most_the_torn_line(tmp_path: Path) -> None:
    source = tmp_path / "source.jsonl"
    events = small(source)
    data = source.read_bytes()
    for length in range(len(data) + 1):
        path = tmp_path / str(length) / "journal.jsonl"
        path.parent.mkdir()
        path.write_bytes(data[:length])
        whole = data[:length].count(b"\n") + (data[length : length + 1] == b"\n")
        with Journal.open(path) as journal:
            assert journal.events[:whole] == events[:whole]
            repaired = journal.events[whole:]
            journal.append("next", durable=False)
        torn = bool(data[:length]) and whole == data[:length].count(b"\n") and not data[:length].endswith(b"\n")
        assert [event.kind for event in repaired] == (["repaired"] if torn else [])
        assert (path.parent / "journal.torn").exists() == torn
        assert verify(path).ok


def test_torn_line_is_kept_beside_word_for_word(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    small(path)
    with path.open("ab") as file:
        file.write(b'{"seq":4,"ki')
    assert len(list(read(path))) == 3
    assert verify(path).first_bad_line == 4
    with Journal.open(path) as journal:
        assert journal.events[-1].data == {"torn_bytes": 12, "kept": "journal.torn"}
    assert (tmp_path / "journal.torn").read_bytes() == b'{"seq":4,"ki'


@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (lambda ls: [ls[0], ls[1].replace(b"Gr", b"gr"), ls[2]], 2, "changed"),
        (lambda ls: [ls[1], ls[0], ls[2]], 1, "event 2 stands in its place"),
        (lambda ls: [ls[0], ls[2]], 2, "event 3 stands in its place"),
        (lambda ls: [ls[0], ls[1], ls[1], ls[2]], 3, "event 2 stands in its place"),
        (lambda ls: ls[:2], 3, "cut off"),
        (lambda ls: [], 1, "cut off"),
        (lambda ls: [ls[0], ls[1], ls[2][:20]], 3, "half-written"),
        (lambda ls: [ls[0], b"\xff\x00\n", ls[2]], 2, "no JSON"),
        (lambda ls: [ls[0], b"[1]\n", ls[2]], 2, "no JSON object"),
        (lambda ls: [ls[0], ls[1].replace(b"2", b"3", 1), ls[2]], 2, "changed"),
    ],
)
def test_tampering_is_found_and_named_by_line(tmp_path: Path, change: Any, line: int, why: str) -> None:
    path = tmp_path / "journal.jsonl"
    small(path)
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    found = verify(path)
    assert not found.ok
    assert found.first_bad_line == line
    assert why in found.why


def test_line_forged_with_its_own_hash_breaks_the_line_after_it(tmp_path: Path) -> None:
    path, other = tmp_path / "journal.jsonl", tmp_path / "other" / "journal.jsonl"
    small(path)
    other.parent.mkdir()
    with Journal.open(other) as journal:
        journal.append("state", {"state": "done"}, durable=False)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([other.read_bytes(), *lines[1:]]))
    found = verify(path)
    assert (found.ok, found.first_bad_line) == (False, 2)
    assert "does not follow" in found.why


def test_last_line_written_anew_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    small(path)
    head = (tmp_path / "journal.head").read_bytes()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    (tmp_path / "journal.head").unlink()
    with Journal.open(path) as journal:
        journal.append("note", "something else", durable=False)
    (tmp_path / "journal.head").write_bytes(head)
    found = verify(path)
    assert (found.ok, found.first_bad_line, found.why) == (False, 3, "it was written anew")


def test_lines_that_the_disk_lost_are_named_on_opening(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    small(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    with Journal.open(path) as journal:
        assert journal.events[-1].kind == "repaired"
        assert journal.events[-1].data == {"lost_lines": 2}


def test_damaged_line_is_an_error_for_owner_and_views_alike(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    small(path)
    path.write_bytes(path.read_bytes().replace(b"running", b"stopped"))
    for door in (lambda: list(read(path)), lambda: Journal.open(path)):
        with pytest.raises(JournalError, match=r"line 1 of .* is damaged: its text was changed"):
            door()


def test_newer_format_says_to_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps({"seq": 1, "kind": "x", "v": 2, "checksum": "another way"}) + "\n")
    with pytest.raises(JournalError, match="upgrade jupyter-agents"):
        list(read(path))
    with pytest.raises(JournalError, match="upgrade jupyter-agents"):
        Journal.open(path)


def test_no_journal_yet_reads_as_empty(tmp_path: Path) -> None:
    assert list(read(tmp_path / "journal.jsonl")) == []
    with pytest.raises(JournalError, match="there is no journal"):
        verify(tmp_path / "journal.jsonl")


def test_secrets_are_redacted_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.open(path, redact=lambda text: text.replace("sk-geheim", "[key]")) as journal:
        event = journal.append("reply", {"a": ["x sk-geheim"], "sk-geheim": ("sk-geheim",)}, durable=True)
    assert event.data == {"a": ["x [key]"], "[key]": ["[key]"]}
    assert b"sk-geheim" not in path.read_bytes()


def test_large_values_lie_beside_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    big = {"text": "ü" * 400_000}
    with Journal.open(path) as journal:
        journal.append("reply", big, durable=True)
        journal.append("reply", big, durable=True)
    assert path.stat().st_size < 2000
    blobs = list((tmp_path / "artifacts").iterdir())
    assert len(blobs) == 1
    assert [event.data for event in read(path)] == [big, big]
    blobs[0].write_bytes(blobs[0].read_bytes().replace("ü".encode(), b"u", 1))
    assert "data were changed" in verify(path).why
    blobs[0].unlink()
    assert "data are missing" in verify(path).why


def test_what_is_no_json_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    loop: list[Any] = []
    loop.append(loop)
    with Journal.open(tmp_path / "journal.jsonl") as journal:
        for bad in (object(), loop):
            with pytest.raises(JournalError, match="cannot be written as JSON"):
                journal.append("x", bad, durable=False)
        assert journal.append("x", Usage(input_tokens=3), durable=False).seq == 1
    assert next(read(tmp_path / "journal.jsonl")).data["input_tokens"] == 3


def test_second_writer_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.open(path) as first, Journal.open(path) as second:
        second.append("x", durable=False)
        with pytest.raises(JournalError, match="somebody else wrote"):
            first.append("y", durable=False)
    assert verify(path).ok


def test_closed_journal_says_so(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.jsonl")
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        journal.append("x", durable=False)


def test_nan_and_lone_surrogates_come_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.open(path) as journal:
        journal.append("x", {"n": math.nan, "i": -math.inf, "s": "\ud800 \udfff ü"}, durable=False)
    data = next(read(path)).data
    assert math.isnan(data["n"])
    assert data["i"] == -math.inf
    assert data["s"] == "\ud800 \udfff ü"
    assert verify(path).ok


texts = st.text(st.characters(), max_size=40) | st.sampled_from(["\ud800", "a\udfffb", "\x00", "\u2028", "\n"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, values, texts), max_size=5))
def test_any_value_round_trips(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, Any, str]]) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with Journal.open(path) as journal:
        for kind, data, key in rows:
            journal.append(kind, data, key=key, durable=False)
        written = journal.events
    assert [(e.kind, e.data, e.key) for e in read(path)] == rows
    assert list(read(path)) == written
    assert verify(path).ok


async def test_follow_sees_events_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    done = False
    seen: list[int] = []

    async def watch() -> None:
        async for event in follow(path, poll_s=0.01, until=lambda: done):
            seen.append(event.seq)  # noqa: PERF401  each is looked at while the stream goes on

    watcher = asyncio.create_task(watch())
    await asyncio.sleep(0.03)
    with Journal.open(path) as journal:
        for count in (1, 2, 3):
            journal.append("x", durable=False)
            await asyncio.sleep(0.05)
            assert len(seen) == count
        journal.append("last", durable=False)
        done = True
    await asyncio.wait_for(watcher, 5)
    assert seen == [1, 2, 3, 4]


async def test_follow_passes_a_half_written_line_until_it_is_whole(tmp_path: Path) -> None:
    source, path = tmp_path / "source.jsonl", tmp_path / "journal.jsonl"
    small(source)
    data = source.read_bytes()
    path.write_bytes(data[:-30])
    stream = follow(path, after=1, poll_s=0.01)
    assert (await anext(stream)).seq == 2
    path.write_bytes(data)
    assert (await asyncio.wait_for(anext(stream), 5)).seq == 3
    await stream.aclose()  # type: ignore[attr-defined]


def test_killed_writer_loses_nothing_it_had_written(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    code = (
        "import sys; from pathlib import Path; from jupyter_agents.runtime.journal.journal import Journal\n"
        "j = Journal.open(Path(sys.argv[1])); n = 0\n"
        "while True:\n  n = j.append('x', {'n': n}, durable=False).seq; print(n, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(200):
        process.stdout.readline()
    process.kill()
    said = [int(line) for line in process.stdout.read().split()[:-1]]
    process.wait()
    process.stdout.close()
    with Journal.open(path) as journal:
        assert len(journal.events) >= max([200, *said])
    assert verify(path).ok


def test_appending_stays_quick_over_ten_thousand_events(tmp_path: Path) -> None:
    took: list[float] = []
    with Journal.open(tmp_path / "journal.jsonl") as journal:
        for n in range(10_000):
            start = time.perf_counter()
            journal.append("step", {"n": n, "text": "x" * 300}, durable=False)
            took.append(time.perf_counter() - start)
    first, last = statistics.median(took[:1000]), statistics.median(took[-1000:])
    assert last < 0.001
    assert last < 3 * first


def test_journal_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(JournalError, match="cannot be read: Is a directory"):
        Journal.open(tmp_path / "journal.jsonl")


def test_two_surrogates_side_by_side_are_the_character_they_make(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.open(path) as journal:
        event = journal.append("\ud83d\ude00", {"\ud83d\ude00": "\ud83d\ude00 \ud83d"}, durable=False)
    assert event.data == {"😀": "😀 \ud83d"}
    assert list(read(path)) == [event]


def test_threads_append_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.open(path) as journal, ThreadPoolExecutor(4) as pool:
        seqs = list(pool.map(lambda n: journal.append("x", n, durable=False).seq, range(200)))
    assert sorted(seqs) == list(range(1, 201))
    assert verify(path).events == 200


def test_line_that_fits_only_in_part_is_taken_back(tmp_path: Path) -> None:
    """A limit on the file's size makes a real short write, for any user."""
    path = tmp_path / "journal.jsonl"
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from jupyter_agents.errors import JournalError\n"
        "from jupyter_agents.runtime.journal.journal import Journal\n"
        "hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard)); j = Journal.open(Path(sys.argv[1]))\n"
        "try:\n  while True: j.append('x', 'y' * 700, durable=True)\n"
        "except JournalError as exc: print(exc)\n"
        "print(len(j.events), Path(sys.argv[1]).stat().st_size)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)); j.append('again', durable=True); j.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    sentence, figures = done.stdout.splitlines()
    events, size = (int(figure) for figure in figures.split())
    assert "File too large; make room" in sentence
    assert size < 5000
    assert verify(path).events == events + 1


def test_whole_last_line_outlives_a_full_disk_that_cannot_end_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    events = small(path)
    unended = path.read_bytes()[:-1]
    path.write_bytes(unended)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from jupyter_agents.errors import JournalError\n"
        "from jupyter_agents.runtime.journal.journal import Journal\n"
        "hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]; path = Path(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))\n"
        "try: Journal.open(path)\n"
        "except JournalError as exc: print(exc)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert path.read_bytes() == unended
    with Journal.open(path) as journal:
        assert journal.events == events


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a tiny disk needs root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(journal: Journal) -> None:
    for _ in range(100):
        journal.append("x", "y" * 3000, durable=True)


def test_full_disk_is_a_clear_error_and_the_journal_stays_whole(tiny_disk: Path) -> None:
    path, ballast = tiny_disk / "journal.jsonl", tiny_disk / "ballast"
    ballast.write_bytes(b"0" * 12_000)
    journal = Journal.open(path)
    with pytest.raises(JournalError, match="No space left on device; make room"):
        fill(journal)
    written = list(journal.events)
    assert len(written) > 5
    assert list(read(path)) == written
    assert path.read_bytes().endswith(b"\n")
    with pytest.raises(JournalError, match="No space left"):
        journal.append("x", "z" * 300_000, durable=True)
    ballast.unlink()
    journal.append("small", durable=True)
    journal.close()
    assert list((tiny_disk / "artifacts").iterdir()) == []
    assert verify(path).events == len(written) + 1
