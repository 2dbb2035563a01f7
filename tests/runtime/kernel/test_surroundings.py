"""What becomes visible inside, decided before anything starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jupyter_agents.errors import KernelError, SandboxUnavailable
from jupyter_agents.runtime.kernel import SandboxPolicy, bubblewrap, folders, identity, surroundings


def test_the_environment_is_an_allow_list() -> None:
    caller = {"ANTHROPIC_API_KEY": "k", "AWS_PROFILE": "p", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "HOME": "/h"}
    made = surroundings.environment(caller, {"MY_SETTING": "1", "SERVICE_TOKEN": "t", "JPY_PARENT_PID": "77"})
    assert made["LANG"] == "C.UTF-8"
    assert made["OMP_NUM_THREADS"] == "1"
    assert made["MY_SETTING"] == "1"
    assert made["HOME"] == surroundings.HOME
    assert made["JPY_PARENT_PID"] == "1"
    assert not {"ANTHROPIC_API_KEY", "AWS_PROFILE", "SERVICE_TOKEN"} & set(made)


def test_folders_that_hold_the_home_or_the_system_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "users" / "ada"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    (home / "data").mkdir()
    assert surroundings.check_folder(home / "data", "data folder") == home / "data"
    for folder in (home, tmp_path / "users", Path("/"), Path("/etc"), Path("/proc/1"), Path("/dev/shm")):
        with pytest.raises(KernelError, match="folder of its own"):
            surroundings.check_folder(folder, "data folder")
    with pytest.raises(KernelError, match="does not exist"):
        surroundings.check_folder(home / "missing", "data folder")


def test_some_folders_of_notebooks_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    for name in ("notebooks", ".ssh", "run"):
        (home / name).mkdir(parents=True)
    (home / "run" / "journal.jsonl").touch()
    assert surroundings.notebook_folder(home / "notebooks") == home / "notebooks"
    for folder in (home, home / ".ssh", home / "run", "/", "/etc", None, home / "missing"):
        assert surroundings.notebook_folder(folder) is None


def test_an_interpreter_in_the_home_folder_itself_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path(sys.prefix)))
    surroundings.interpreter_folders.cache_clear()
    try:
        with pytest.raises(SandboxUnavailable, match="virtual environment"):
            surroundings.interpreter_folders(sys.executable)
    finally:
        surroundings.interpreter_folders.cache_clear()
    with pytest.raises(SandboxUnavailable, match="could not be asked"):
        surroundings.interpreter_folders(str(tmp_path / "python3"))


def box(tmp_path: Path, *readable: Path) -> bubblewrap.Box:
    work, sockets = tmp_path / "run" / "work", tmp_path / "sockets"
    for folder in (work, sockets):
        folder.mkdir(parents=True, exist_ok=True)
    who = identity.Identity(1000, 1000)
    return bubblewrap.Box(
        policy=SandboxPolicy(), identity=who, workdir=work, sockets=sockets, readable=readable, connection=b"{}",
        environment={"A": "b"},
    )  # fmt: skip


def test_mounts_go_from_shallow_to_deep_and_hide_what_lies_beside_the_work_folder(tmp_path: Path) -> None:
    inner = tmp_path / "run" / "work" / "venv"
    made = box(tmp_path, tmp_path, inner)
    inner.mkdir()
    mounts = bubblewrap._mounts(made)
    kinds = {target.relative_to(tmp_path).as_posix(): kind for kind, _, target in mounts}
    assert kinds == {
        ".": "--ro-bind", "run": "--tmpfs", "sockets": "--bind", "run/work": "--bind", "run/work/venv": "--ro-bind",
    }  # fmt: skip
    depths = [len(target.parts) for _, _, target in mounts]
    assert depths == sorted(depths)


def test_no_path_or_variable_is_on_the_command_line(tmp_path: Path) -> None:
    words, arguments = bubblewrap.command("/usr/bin/bwrap", box(tmp_path), ["python", "launch.py"], 9)
    try:
        assert words[:2] == ["/usr/bin/bwrap", "--args"]
        assert words[3:] == ["--", "python", "launch.py"]
        told = os.pread(int(words[2]), 1 << 20, 0).split(b"\0")
    finally:
        arguments.close()
    assert told[told.index(b"--setenv") + 1 :][:2] == [b"A", b"b"]
    assert b"--unshare-net" in told
    assert b"--disable-userns" in told


def test_a_fresh_work_folder_links_to_the_notebooks_and_goes_when_unused(tmp_path: Path) -> None:
    (tmp_path / "data.csv").touch()
    (tmp_path / ".hidden").touch()
    work = folders.fresh_work(tmp_path)
    assert [entry.name for entry in work.iterdir()] == ["data.csv"]
    assert (work / "data.csv").readlink() == tmp_path / "data.csv"
    folders.remove_unused(work)
    assert not work.exists()
    kept = folders.fresh_work(tmp_path)
    (kept / "made").touch()
    folders.remove_unused(kept)
    assert (kept / "made").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands folders over")
def test_a_folder_is_handed_over_and_taken_back_without_following_links(tmp_path: Path) -> None:
    outside, work = tmp_path / "outside", tmp_path / "work"
    (work / "sub").mkdir(parents=True)
    outside.touch()
    (work / "link").symlink_to(outside)
    (work / "sub" / "file").touch()
    os.link(outside, work / "second-name")
    who = identity.choose()
    owner = identity.hand_over(work, who)
    assert (work / "sub" / "file").stat().st_uid == who.uid == work.stat().st_uid
    assert outside.stat().st_uid == 0
    who.release()
    assert identity.hand_over(work, identity.Identity(0, 0)) == (0, 0), "its owner was killed before giving it back"
    identity.take_back(work, owner)
    assert {path.lstat().st_uid for path in [work, *work.rglob("*")]} == {0}


def test_user_numbers_are_not_given_twice() -> None:
    chosen = [identity.choose() for _ in range(5)]
    numbers = {one.uid for one in chosen}
    assert len(numbers) == (5 if os.geteuid() == 0 else 1)
    for one in chosen:
        one.release()
