"""`python -m tests.benchmarks [--small] [NAME …]`: every benchmark, or those named, in one table."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterable

from jupyter_agents.errors import JupyterAgentsError
from tests import benchmarks
from tests.benchmarks.frame import Missing, Row, machine, table


def names() -> list[str]:
    """The benchmarks there are: each file `bench_NAME.py` is one."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name.removeprefix("bench_") for name in found if name.startswith("bench_")]


def measured(name: str, *, small: bool) -> Iterable[Row | Missing]:
    """The rows of one benchmark; where this machine cannot run it, the reason."""
    module = importlib.import_module(f"tests.benchmarks.bench_{name}")
    try:
        return list(module.rows(small))
    except JupyterAgentsError as error:
        return [Missing(name, error.message)]


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all by default")
    parser.add_argument("--small", action="store_true", help="smallest sizes: quick, figures mean nothing")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(names()):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    print(machine())
    rows: list[Row | Missing] = []
    for name in asked.names or names():
        print(f"measuring {name} …", file=sys.stderr)
        rows += measured(name, small=asked.small)
    print(f"\n{table(rows)}\n\n{machine()}")


if __name__ == "__main__":
    main(sys.argv[1:])
