"""Runs the demo notebooks through papermill, offline and without a key, and says where the results lie.

What `make demo` calls. Each notebook is executed as it stands, in a kernel of the environment that runs this file.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "demo_output"
NEEDS_SANDBOX = ("02_", "03_")
"""Demos that execute code; where there is no Linux there is no sandbox, and they are left out."""


def main() -> int:
    """Execute every demo; 1 if one fails."""
    import papermill

    surroundings()
    OUTPUT.mkdir(exist_ok=True)
    failed = []
    for notebook in sorted(HERE.glob("[0-9]*.ipynb")):
        if sys.platform != "linux" and notebook.name.startswith(NEEDS_SANDBOX):
            print(f"{notebook.name}: left out, it executes code and this is no Linux")
            continue
        began = time.monotonic()
        partial, done = OUTPUT / f"{notebook.stem}.partial.ipynb", OUTPUT / notebook.name
        try:
            papermill.execute_notebook(
                notebook,
                partial,
                cwd=HERE,
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=True,
            )
        except papermill.PapermillExecutionError as error:
            failed.append(notebook.name)
            print(f"{notebook.name}: FAILED in cell {error.cell_index}: {error.ename}: {error.evalue}")
        else:
            print(f"{notebook.name}: ok, {time.monotonic() - began:.0f} s")
        partial.replace(done)
    print(ending(failed))
    return 1 if failed else 0


def surroundings() -> None:
    """No key, no store and no settings but the demo's own, so that everyone sees the same."""
    for name in [n for n in os.environ if n.startswith(("ANTHROPIC_", "JUPYTER_AGENTS_"))]:
        del os.environ[name]
    os.environ |= {
        "JUPYTER_AGENTS_RUNS": str(OUTPUT / "runs"),
        "JUPYTER_AGENTS_STORE": str(OUTPUT / "store"),
        "JUPYTER_AGENTS_CACHE": str(OUTPUT / "cache"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }


def ending(failed: list[str]) -> str:
    """What to do next."""
    if failed:
        return f"\n{len(failed)} of the demos failed; {OUTPUT} holds the notebooks as far as they came."
    return f"""
The executed notebooks lie in {OUTPUT}; open them, or look at them live:
    make lab
The runs behind them, each with its report, notebook and journal:
    {OUTPUT / "runs"}
To go on by yourself:
    source {HERE.parent / ".venv" / "bin" / "activate"}
    jupyter agents --help"""


if __name__ == "__main__":
    sys.exit(main())
