"""Archives that strangers packed: unpacked beneath the folder or refused with one sentence."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_agents.errors import PaperNotFound, PaperRefused, PaperUnreadable
from jupyter_agents.runtime.papers import archive, latex

TEX = b"\\documentclass{article}\\begin{document}Words.\\end{document}"


def _tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_tar_is_unpacked_with_its_folders(tmp_path: Path, mode: str) -> None:
    path = _tar(tmp_path / "p.tar", (_member("main.tex"), TEX), (_member("fig/a.dat"), b"1 2"), mode=mode)
    archive.unpack(path, tmp_path / "out")
    assert (tmp_path / "out/fig/a.dat").read_bytes() == b"1 2"
    assert latex.read(tmp_path / "out", id="local:p", version="").text == "Words."


def test_gz_of_one_file_becomes_that_file(tmp_path: Path) -> None:
    path = tmp_path / "1234.5678.gz"
    path.write_bytes(gzip.compress(TEX))
    archive.unpack(path, tmp_path / "out")
    assert (tmp_path / "out/1234.5678.tex").read_bytes() == TEX


def test_gz_of_a_tar_is_recognised_by_its_content(tmp_path: Path) -> None:
    path = _tar(tmp_path / "eprint.gz", (_member("main.tex"), TEX))
    archive.unpack(path, tmp_path / "out")
    assert (tmp_path / "out/main.tex").read_bytes() == TEX


def test_zip_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("sub/main.tex", TEX)
    archive.unpack(path, tmp_path / "out")
    assert (tmp_path / "out/sub/main.tex").read_bytes() == TEX


@pytest.mark.parametrize("name", ["../evil.tex", "/tmp/evil.tex", "a/../../evil.tex", "..\\evil.tex", "C:\\evil.tex"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_names_that_leave_the_folder_refuse_the_archive(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / f"p.{kind}"
    if kind == "tar":
        _tar(path, (_member(name), TEX))
    else:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(name, TEX)
    with pytest.raises(PaperRefused, match="outside"):
        archive.unpack(path, tmp_path / "out")
    assert [p.name for p in tmp_path.rglob("*.tex")] == []


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_refuse_the_archive(tmp_path: Path, kind: bytes) -> None:
    path = _tar(tmp_path / "p.tgz", (_member("main.tex", kind, "/etc/passwd"), b""))
    with pytest.raises(PaperRefused, match="link or a device"):
        archive.unpack(path, tmp_path / "out")


def test_link_in_a_zip_refuses_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    info = zipfile.ZipInfo("main.tex")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(info, "/etc/passwd")
    with pytest.raises(PaperRefused, match="link"):
        archive.unpack(path, tmp_path / "out")


def test_file_is_not_written_through_a_link_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/main.tex").symlink_to(tmp_path / "victim")
    path = _tar(tmp_path / "p.tgz", (_member("main.tex"), TEX))
    with pytest.raises(PaperRefused):
        archive.unpack(path, tmp_path / "out")
    assert not (tmp_path / "victim").exists()


def _gzip_bomb(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))


def _tar_bomb(path: Path) -> None:
    _tar(path, (_member("zeros"), bytes(64 << 20)))


def _zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(64 << 20))


@pytest.mark.parametrize("make", [_gzip_bomb, _tar_bomb, _zip_bomb])
def test_bombs_are_refused_by_ratio(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "bomb")
    with pytest.raises(PaperRefused, match="times its size"):
        archive.unpack(tmp_path / "bomb", tmp_path / "out")


def test_sizes_and_counts_are_limited(tmp_path: Path) -> None:
    path = _tar(tmp_path / "p.tgz", *((_member(f"f{i}"), os.urandom(100)) for i in range(20)))
    with pytest.raises(PaperRefused, match="more than 10 files"):
        archive.unpack(path, tmp_path / "a", limits=archive.ArchiveLimits(files=10))
    with pytest.raises(PaperRefused, match="more than 1,500 bytes"):
        archive.unpack(path, tmp_path / "b", limits=archive.ArchiveLimits(total_bytes=1_500))
    with pytest.raises(PaperRefused, match="larger than 50 bytes"):
        archive.unpack(path, tmp_path / "c", limits=archive.ArchiveLimits(file_bytes=50))


def test_truncated_and_damaged_archives_are_unreadable(tmp_path: Path) -> None:
    whole = _tar(tmp_path / "p.tgz", (_member("main.tex"), os.urandom(50_000))).read_bytes()
    cases = {
        "cut.gz": whole[: len(whole) // 2],
        "broken.gz": whole[:40] + bytes(40) + whole[80:],
        "noise": b"no archive",
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PaperUnreadable, match=name):
            archive.unpack(tmp_path / name, tmp_path / "out")


def test_missing_archive_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(PaperNotFound):
        archive.unpack(tmp_path / "nowhere.tgz", tmp_path / "out")
