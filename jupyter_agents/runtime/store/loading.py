"""Importing chromadb: late, no telemetry, no foreign `.env`, and no grammar compiled that nobody asked for."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import types
from pathlib import Path
from typing import Any

from .embed import silence_telemetry

_CLONE_FS = 0x200
_GRAMMAR = "rfc3987_syntax"


def load(aside: Path) -> Any:
    """Import chromadb. It reads `.env` in the working folder while it loads; a foreign one can break it.

    If there is one, it is imported in a thread whose own working folder is `aside`; the process's stays. Where the
    system does not allow that it reads the file, of which nothing reaches our clients (see `chroma._settings`).
    """
    silence_telemetry()
    if "chromadb" not in sys.modules:
        _load_jsonschema()
        if sys.platform == "linux" and Path(".env").exists():
            thread = threading.Thread(target=_import_elsewhere, args=(aside,))
            thread.start()
            thread.join()
    import chromadb
    import chromadb.config

    return chromadb


def _import_elsewhere(folder: Path) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_FS) == 0:
        os.chdir(folder)
        with contextlib.suppress(ValueError, OSError, ImportError):  # the plain import that follows reports it
            import chromadb  # noqa: F401


def _load_jsonschema() -> None:
    """Import jsonschema, as chromadb does, without the grammar of IRIs until an IRI is to be checked.

    Where Jupyter is installed jsonschema takes one function from rfc3987-syntax, which compiles its grammar on
    import: 2.3 s of the 3.5 s that importing chromadb takes. It gets one that imports the module when called. To be
    removed once rfc3987-syntax (1.1.0 here) compiles at first use.
    """
    if "jsonschema" in sys.modules or _GRAMMAR in sys.modules:
        return
    stand_in = types.ModuleType(_GRAMMAR)
    stand_in.is_valid_syntax = _is_valid_syntax  # type: ignore[attr-defined]
    sys.modules[_GRAMMAR] = stand_in
    try:
        import jsonschema  # noqa: F401
    finally:
        del sys.modules[_GRAMMAR]


def _is_valid_syntax(term: str, value: str) -> bool:
    try:
        import rfc3987_syntax
    except ImportError:  # jsonschema lets what it has no checker for pass
        return True
    return bool(rfc3987_syntax.is_valid_syntax(term, value))
