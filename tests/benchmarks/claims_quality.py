"""How well claims are found by form alone, against lists made by hand: `python -m tests.benchmarks.claims_quality`.

Own papers lie in the repository; others are measured where their folder and a folder of lists are named:
`--papers DIR --gold DIR`. Compared are the distinct numbers of a paper, a ± apart from its value.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jupyter_agents.checking.verdicts import apart
from jupyter_agents.records import Claim
from jupyter_agents.runtime.papers.load import load
from jupyter_agents.runtime.papers.results import find_claims

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "demo_notebooks" / "papers"
GOLD = ROOT / "tests" / "data" / "gold"
Printed = tuple[str, str]


@dataclass(frozen=True)
class Quality:
    """How one paper's found claims compare with its list."""

    paper: str
    gold: int
    found: int
    right: int
    wrong: tuple[Printed, ...]
    missed: tuple[Printed, ...]

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 where nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the list that was found; 1 where the list is empty."""
        return self.right / self.gold if self.gold else 1.0


def measure(paper: Path, gold: Path, cache: Path) -> Quality:
    """Find the claims of one paper and compare them with its list."""
    listed = json.loads(gold.read_text(encoding="utf-8"))["claims"]
    claims = [Claim(id="g", value=entry["value"], uncertainty=entry["uncertainty"]) for entry in listed]
    wanted = _printed(claims)
    found = _printed(find_claims(load(str(paper), cache=cache)))
    return Quality(
        paper=paper.name,
        gold=len(wanted),
        found=len(found),
        right=len(wanted & found),
        wrong=tuple(sorted(found - wanted)),
        missed=tuple(sorted(wanted - found)),
    )


def _printed(claims: Iterable[Claim]) -> set[Printed]:
    """Each number as printed, and whether it is a value or a ±."""
    parts = [(part, "±" if number else "") for claim in claims for number, part in enumerate(apart(claim))]
    return {(part.value.replace("−", "-"), kind) for part, kind in parts}


def everything(pairs: Iterable[tuple[Path, Path]]) -> list[Quality]:
    """Measure every paper whose folder is there."""
    with tempfile.TemporaryDirectory() as cache:
        return [measure(paper, gold, Path(cache)) for paper, gold in pairs if paper.exists()]


def own() -> list[tuple[Path, Path]]:
    """The repository's papers with their lists."""
    return [(OWN / gold.stem, gold) for gold in sorted(GOLD.glob("*.json"))]


def table(rows: list[Quality]) -> str:
    """One line a paper, and the sum."""
    lines = [f"{'paper':24} {'list':>5} {'found':>6} {'right':>6} {'precision':>10} {'recall':>7}"]
    lines += [f"{r.paper:24} {r.gold:5} {r.found:6} {r.right:6} {r.precision:10.2f} {r.recall:7.2f}" for r in rows]
    gold, found, right = (sum(getattr(r, name) for r in rows) for name in ("gold", "found", "right"))
    total = f"{right / found if found else 1:10.2f} {right / gold if gold else 1:7.2f}"
    return "\n".join([*lines, f"{'all':24} {gold:5} {found:6} {right:6} {total}"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, help="a folder of more papers")
    parser.add_argument("--gold", type=Path, help="a folder of their lists, named like them")
    parser.add_argument("--verbose", action="store_true", help="name what is wrong and what is missed")
    given = parser.parse_args()
    pairs = own()
    if given.papers and given.gold:
        pairs += [(given.papers / gold.stem, gold) for gold in sorted(given.gold.glob("*.json"))]
    rows = everything(pairs)
    print(table(rows))
    for row in rows if given.verbose else ():
        print(f"{row.paper}: wrong {row.wrong}, missed {row.missed}")


if __name__ == "__main__":
    main()
