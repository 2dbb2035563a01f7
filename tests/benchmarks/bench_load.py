"""`%load_ext jupyter_agents` beside IPython alone, each in a process of its own, in turn."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterable

from tests.benchmarks.frame import Row

CHILD = """
import sys, time
began = time.perf_counter()
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
bare = time.perf_counter()
if "jupyter_agents" in sys.argv:
    shell.run_line_magic("load_ext", "jupyter_agents")
print(bare - began, time.perf_counter() - bare)
"""


def started(*extension: str) -> tuple[float, float]:
    """Seconds until there is a shell, and until the extension is there."""
    child = subprocess.run([sys.executable, "-c", CHILD, *extension], capture_output=True, text=True, check=True)
    bare, more = map(float, child.stdout.split())
    return bare, more


def rows(small: bool) -> Iterable[Row]:
    """The extension alone, and both together, over the bare shell."""
    rounds = 1 if small else 9
    bare, loaded, both = [], [], []
    for _ in range(rounds):
        bare.append(started()[0])
        shell_s, extension_s = started("jupyter_agents")
        loaded.append(extension_s)
        both.append(shell_s + extension_s)
    bare_ms, loaded_ms, both_ms = (1e3 * statistics.median(found) for found in (bare, loaded, both))
    return [
        Row("IPython and %load_ext", "ms", both_ms, bare_ms, "IPython alone", most=1.5),
        Row("%load_ext jupyter_agents", "ms", loaded_ms, bare_ms, "IPython alone", most=0.5),
    ]
