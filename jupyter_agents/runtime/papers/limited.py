"""What strangers made is read by a script in a process of its own, which may fail without harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from ...records import Record

_AT_A_LIMIT: Final = frozenset({-signal.SIGABRT, -signal.SIGKILL, -signal.SIGXCPU, -signal.SIGTRAP, -signal.SIGALRM})
"""How the process ends at a limit: PDFium aborts where it gets no memory."""
_PASSED_ON: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""Nothing else of the environment, keys least of all, is shown to a process that reads what strangers wrote."""


class Ended(Record):
    """How such a process ended, and what it wrote until then."""

    output: bytes
    code: int
    at_limit: bool
    """It took more memory or processor time than it may."""
    late: bool = False
    """It ran out of wall time."""


def run(script: Path, *arguments: str, given: bytes = b"", time_s: float) -> Ended:
    """Run one of our scripts under `confined.py`'s limits. given: its standard input."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("confined.py")), str(script), *arguments]
    try:
        done = subprocess.run(
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=time_s,
            check=False,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
    except subprocess.TimeoutExpired as exc:
        return Ended(output=exc.stdout or b"", code=-signal.SIGKILL, at_limit=False, late=True)
    return Ended(output=done.stdout, code=done.returncode, at_limit=done.returncode in _AT_A_LIMIT)
