from __future__ import annotations

from pathlib import Path

from jupyter_agents.runtime.journal.live import LiveWriter, read_live


def test_words_are_joined_and_read_from_an_offset(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    writer = LiveWriter(path, every_s=60)
    writer.write("text", "first", role="plan")
    for word in ("Grüße", " ", "\ud800"):
        writer.write("text", word, role="plan")
    writer.write("thinking", "hm")
    deltas, offset = read_live(path)
    assert [d.text for d in deltas] == ["first"]
    writer.flush()
    deltas, offset = read_live(path, offset)
    assert [(d.kind, d.role, d.text) for d in deltas] == [("text", "plan", "Grüße \ud800"), ("thinking", "", "hm")]
    assert read_live(path, offset) == ([], offset)


def test_full_file_is_rotated_and_a_reader_that_keeps_up_misses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    writer = LiveWriter(path, every_s=0, max_bytes=2000)
    seen: list[str] = []
    offset = 0
    for n in range(200):
        writer.write("text", f"{n:04d}" * 5)
        if n % 7 == 0:
            deltas, offset = read_live(path, offset)
            seen += [d.text for d in deltas]
    seen += [d.text for d in read_live(path, offset)[0]]
    assert seen == [f"{n:04d}" * 5 for n in range(200)]
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 5000


def test_new_writer_goes_on_after_the_old_ones_words(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    LiveWriter(path, every_s=0).write("text", "old")
    offset = read_live(path)[1]
    with path.open("ab") as file:
        file.write(b'["text","to')
    LiveWriter(path, every_s=0).write("text", "new")
    assert [d.text for d in read_live(path, offset)[0]] == ["new"]


def test_garbage_and_missing_files_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    assert read_live(path) == ([], 0)
    path.write_bytes(b"\x00\x01")
    assert read_live(path) == ([], 0)
    path.write_bytes(b'{"start":0}\n5\n["text","ok","r"]\n')
    assert [d.text for d in read_live(path)[0]] == ["ok"]


def test_disk_that_fails_costs_only_the_words(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path / "gone" / "live.jsonl", every_s=0)
    writer.write("text", "x")
    assert writer.dropped == 2


def test_redaction_sees_joined_words(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path / "l", every_s=60, redact=lambda text: text.replace("secret", "[key]"))
    for word in ("now", "a sec", "ret b"):
        writer.write("text", word)
    writer.flush()
    assert [d.text for d in read_live(tmp_path / "l")[0]] == ["now", "a [key] b"]
