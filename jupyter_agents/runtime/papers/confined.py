"""Runs a script with hard limits on memory and processor time: `python confined.py SCRIPT ARGUMENTS`.

This file imports nothing of the project, so that it runs the same however the project was installed; `limited.py`
starts it.
"""

from __future__ import annotations

import runpy
import sys

MEMORY = 2 * 1024**3
"""Bytes of address space that a document may take."""
CPU_S = 60


def limit_process() -> None:
    """Hard limits on memory, processor time and files, where the system knows them."""
    import resource

    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: CPU_S,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for what, value in limits.items():
        try:
            resource.setrlimit(what, (value, value))
        except (ValueError, OSError):
            continue  # macOS refuses some of them; the parent's clock still holds


if __name__ == "__main__":
    sys.argv.pop(0)
    limit_process()
    runpy.run_path(sys.argv[0], run_name="__main__")
