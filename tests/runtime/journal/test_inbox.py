from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from jupyter_agents.errors import InputError
from jupyter_agents.runtime.journal.inbox import MESSAGE_BYTES, Inbox, Message, post

from .test_journal import values


def test_messages_are_read_in_order_each_once(tmp_path: Path) -> None:
    posted = [post(tmp_path / "inbox", Message(kind="note", data=n, author="ü")) for n in range(12)]
    inbox = Inbox(tmp_path / "inbox")
    assert inbox.unread() == posted
    assert inbox.unread(posted[9].id) == posted[10:]
    assert inbox.unread(posted[-1].id) == []
    assert posted[0].at.endswith("Z")


def test_empty_inbox_has_no_messages(tmp_path: Path) -> None:
    assert Inbox(tmp_path / "inbox").unread() == []


@settings(max_examples=30, deadline=None)
@given(values)
def test_any_data_arrives(tmp_path_factory: pytest.TempPathFactory, data: object) -> None:
    folder = tmp_path_factory.mktemp("inbox")
    post(folder, Message(kind="answer", data=data))
    assert Inbox(folder).unread()[0].data == data


def test_too_large_a_message_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="put it into a file"):
        post(tmp_path, Message(kind="note", data="x" * MESSAGE_BYTES))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_message_is_moved_aside_and_reported(tmp_path: Path) -> None:
    good = post(tmp_path, Message(kind="pause"))
    (tmp_path / "00000002.json").write_text("{")
    (tmp_path / "00000003.json").write_text('{"kind":"explode"}')
    (tmp_path / "00000004.json").write_bytes(b"\xff")
    (tmp_path / "00000005.json").write_bytes(b" " * (MESSAGE_BYTES + 1))
    (tmp_path / "00000006.json").symlink_to("/etc/passwd")
    (tmp_path / "00000007.json").mkdir()
    os.mkfifo(tmp_path / "00000008.json")
    (tmp_path / "readme.txt").write_text("hello")
    inbox = Inbox(tmp_path)
    assert inbox.unread() == [good]
    assert [r.name for r in inbox.rejected] == [*(f"0000000{n}.json" for n in range(2, 9)), "readme.txt"]
    assert all(r.why for r in inbox.rejected)
    assert len(list((tmp_path / "rejected").iterdir())) == 8
    later = post(tmp_path, Message(kind="stop"))
    assert inbox.unread(good.id) == [later]
    assert len(inbox.rejected) == 8


def test_messages_of_many_processes_all_arrive_in_a_gapless_order(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from jupyter_agents.runtime.journal.inbox import Message, post\n"
        "for n in range(20): post(Path(sys.argv[1]), Message(kind='note', data=n, author=sys.argv[2]))\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)]) for n in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    messages = Inbox(tmp_path).unread()
    assert [m.id for m in messages] == [f"{n:08d}" for n in range(1, 61)]
    for author in "012":
        assert [m.data for m in messages if m.author == author] == list(range(20))
