"""What a kernel needs of its machine: the interpreter's folders, a clean environment, sensible places.

Everything here decides what will be *visible* inside, so it is an allow-list throughout.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ...errors import KernelError, SandboxUnavailable

HOME = "/home/sandbox"
"""The kernel's own home: empty, private, gone with it."""

_PASSED_ON = re.compile(
    r"LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLORTERM|JPY_SESSION_NAME|PYTHONHASHSEED|SOURCE_DATE_EPOCH"
    r"|(OMP|OPENBLAS|MKL|NUMEXPR|VECLIB_MAXIMUM|BLIS|NUMBA)_NUM_THREADS"
)
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_SYSTEM = ("/etc", "/proc", "/sys", "/dev", "/run", "/boot", "/var/run", "/var/lib", "/var/log")
_TOO_BROAD = tuple(
    Path("/", name) for name in ("", "home", "Users", "tmp", "var", "var/tmp", "mnt", "media", "srv", "opt")
)
_LIST_PREFIXES = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, sys.exec_prefix]))"


def environment(caller: Mapping[str, str], kernelspec: Mapping[str, str]) -> dict[str, str]:
    """The kernel's environment: a few names from the caller, what the kernelspec sets, nothing that looks secret.

    `JPY_PARENT_PID` is 1: in a process namespace of its own the real one would make ipykernel leave at once, and
    without any it prints a note about Ctrl-C.
    """
    passed_on = {name: value for name, value in caller.items() if _PASSED_ON.fullmatch(name)}
    own = {name: value for name, value in kernelspec.items() if not _SECRET_NAME.search(name)}
    places = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "USER": "sandbox",
        "TMPDIR": "/tmp",  # noqa: S108 - private inside
        "IPYTHONDIR": f"{HOME}/.ipython",
        "MPLCONFIGDIR": f"{HOME}/.matplotlib",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return {**places, **passed_on, **own, "JPY_PARENT_PID": "1"}


def is_python(executable: str) -> bool:
    """Whether a kernelspec's command starts with a Python interpreter."""
    return re.fullmatch(r"(python|pypy)[0-9.]*", Path(executable).name) is not None


@functools.cache
def interpreter_folders(executable: str) -> tuple[Path, ...]:
    """The folders that a Python needs to be readable: its prefixes, and where its links lead.

    Raises SandboxUnavailable when the interpreter cannot be asked or its prefix holds the home folder.
    """
    if executable == sys.executable:
        prefixes = [sys.prefix, sys.base_prefix, sys.exec_prefix]
    else:
        prefixes = _ask_prefixes(executable)
    link = Path(executable)
    for _ in range(16):
        if not link.is_symlink():
            break
        link = link.parent / link.readlink()
        prefixes.append(str(link.parent))
    folders = tuple(dict.fromkeys(Path(prefix).absolute() for prefix in prefixes))
    for folder in folders:
        if is_too_broad(folder):
            raise SandboxUnavailable(
                f"the interpreter {executable} has {folder} as its prefix, which would show your files to the "
                "kernel; use an interpreter in a virtual environment",
                executable=executable,
            )
    return folders


def _ask_prefixes(executable: str) -> list[str]:
    try:
        answer = subprocess.run(
            [executable, "-I", "-c", _LIST_PREFIXES], capture_output=True, text=True, check=True, timeout=30
        )
        return [str(prefix) for prefix in json.loads(answer.stdout)]
    except (OSError, subprocess.SubprocessError, ValueError) as exc:
        raise SandboxUnavailable(
            f"the kernel's interpreter {executable} could not be asked for its folders; check that it starts",
            executable=executable,
        ) from exc


def is_too_broad(folder: Path) -> bool:
    """Whether showing this folder would show the home folder or the system with it."""
    real, home = Path(os.path.realpath(folder)), Path(os.path.realpath(Path.home()))
    return real in _TOO_BROAD or real == home or real in home.parents


def check_folder(folder: Path, purpose: str) -> Path:
    """The real path of a folder or file that somebody named. Raises KernelError when it must not be shown."""
    real = Path(os.path.realpath(folder))
    if not real.exists():
        raise KernelError(f"the {purpose} {folder} does not exist; make it or name another", path=str(folder))
    if is_too_broad(real) or any(real.is_relative_to(system) for system in _SYSTEM):
        raise KernelError(
            f"the {purpose} {folder} holds your home folder or parts of the system; name a folder of its own",
            path=str(folder),
        )
    return real


def notebook_folder(folder: str | os.PathLike[str] | None) -> Path | None:
    """The folder of a notebook whose kernel was started without a run, if it may be shown read-only.

    None for the home folder, what holds it, hidden folders within it, the system's folders, and a run's own
    folder, whose journal must stay out of sight.
    """
    if not folder:
        return None
    real = Path(os.path.realpath(folder))
    home = Path(os.path.realpath(Path.home()))
    hidden = real.is_relative_to(home) and any(part.startswith(".") for part in real.relative_to(home).parts)
    system = any(real.is_relative_to(place) for place in _SYSTEM)
    private = (real / "journal.jsonl").exists() or (real / "run.lock").exists()
    if not real.is_dir() or is_too_broad(real) or hidden or system or private:
        return None
    return real
