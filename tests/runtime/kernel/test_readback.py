from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_agents.errors import ReadRefused
from jupyter_agents.runtime.kernel import readback

Opener = Callable[[int, tuple[str, ...]], int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("secret")
    work = tmp_path / "work"
    (work / "deep" / "er").mkdir(parents=True)
    (work / "result.csv").write_text("a,b\n1,2\n")
    (work / "deep" / "er" / "file").write_bytes(b"\0\1")
    (work / "link").symlink_to(tmp_path / "secret")
    (work / "inner").symlink_to("result.csv")
    (work / "out").symlink_to(tmp_path)
    os.mkfifo(work / "pipe")
    return work


HOSTILE = [
    "link", "inner", "out/secret", "pipe", "deep", "../secret", "/etc/passwd", "deep/../../secret", "", "missing",
    "a\0b",
]  # fmt: skip


def test_regular_files_are_read(folder: Path) -> None:
    assert readback.read(folder, "result.csv") == b"a,b\n1,2\n"
    assert readback.read(folder, "deep/er/file") == b"\0\1"


@pytest.mark.parametrize("name", HOSTILE)
def test_everything_else_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ReadRefused):
        readback.read(folder, name)


@pytest.mark.parametrize("opener", [readback._open_by_parts, readback._open_beneath])
def test_both_ways_of_opening_refuse_links(folder: Path, opener: Opener) -> None:
    root = os.open(folder, os.O_RDONLY)
    try:
        os.close(opener(root, ("deep", "er", "file")))
        for parts in (("link",), ("inner",), ("out", "secret")):
            with pytest.raises(OSError):
                opener(root, parts)
    finally:
        os.close(root)


def test_large_files_are_refused_with_both_sizes(folder: Path) -> None:
    with pytest.raises(ReadRefused, match="8 bytes and at most 7"):
        readback.read(folder, "result.csv", 7)
    assert readback.read(folder, "result.csv", 8)


def test_listing_leaves_out_links_and_pipes(folder: Path) -> None:
    assert [(entry.name, entry.n_bytes) for entry in readback.listing(folder)] == [
        ("deep/er/file", 2), ("result.csv", 8),
    ]  # fmt: skip


def test_copies_are_plain_files(folder: Path, tmp_path: Path) -> None:
    (folder / "result.csv").chmod(0o777)
    copied = readback.copy_out(folder, "result.csv", tmp_path / "copy.csv")
    assert copied.read_text() == "a,b\n1,2\n"
    assert copied.stat().st_mode & 0o111 == 0
    with pytest.raises(ReadRefused):
        readback.copy_out(folder, "link", tmp_path / "stolen")
    assert not (tmp_path / "stolen").exists()


def test_a_tree_is_copied_wholly_or_not(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "artifacts"
    assert [entry.name for entry in readback.copy_tree(folder, target)] == ["deep/er/file", "result.csv"]
    assert (target / "deep/er/file").read_bytes() == b"\0\1"
    with pytest.raises(ReadRefused):
        readback.copy_tree(folder, tmp_path / "other", limit_bytes=4)
    assert not (tmp_path / "other").exists()
