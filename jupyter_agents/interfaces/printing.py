"""What reading commands print: a record as JSON with its schema, or the same as text for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import msgspec

from ..errors import UnknownName
from ..records import Json, Preprint, Usage, dump
from ..runtime.journal.journal import Verified
from ..runtime.journal.state import Summary
from .progress import Progress
from .steering import Cost, Runs
from .views import MARKS, plain, printable, shorten


@cache
def schemas() -> dict[str, Any]:
    """The records that `--json` prints, by the name of their schema."""
    from .doctor import Diagnosis
    from .papers import PaperClaims, PaperShown
    from .reading import Hits

    return {
        "claims": PaperClaims,
        "cost": Cost,
        "doctor": Diagnosis,
        "hits": Hits,
        "paper": PaperShown,
        "preprint": Preprint,
        "run": Progress,
        "runs": Runs,
        "verify": Verified,
    }


def as_json(record: object) -> str:
    """A record as JSON that names its schema, `jupyter_agents.NAME/1`."""
    name = next(name for name, kind in schemas().items() if type(record) is kind)
    return pretty({"schema": f"jupyter_agents.{name}/1", **dump(record)})


def pretty(value: Json) -> str:
    """JSON as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def schema(name: str) -> Json:
    """JSON Schema of what a command prints with --json. Raises UnknownName."""
    plain_name = name.removeprefix("jupyter_agents.").removesuffix("/1")
    if plain_name not in schemas():
        raise UnknownName("schema", name, schemas())
    title = f"jupyter_agents.{plain_name}/1"
    kind = schemas()[plain_name]
    (reference,), definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    own = cast(Json, definitions.pop(str(reference["$ref"]).rpartition("/")[2]))
    properties = {"schema": {"const": title}, **own["properties"]}
    required = ["schema", *own.get("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": title,
        **own,
        "properties": properties,
        "required": required,
        "$defs": definitions,
    }


def runs_text(runs: Runs) -> str:
    """A table of runs."""
    if not runs.runs:
        return "no runs yet; `jupyter agents --help` lists what can be started"
    return table([_row(run) for run in runs.runs])


def _row(run: Summary) -> list[str]:
    state = f"{MARKS[run.state]} {run.state.value}" + (" (another host)" if run.elsewhere else "")
    spent = "?" if run.cost.usd is None else f"{run.cost.usd:.2f}"
    return [run.id, run.agent, state, f"USD {spent}", shorten(" ".join(run.text.split()), 60)]


def run_text(progress: Progress) -> str:
    """Where a run stands."""
    return f"{plain(progress)}\nFolder: {progress.folder}"


def cost_text(cost: Cost) -> str:
    """What was spent, by role and model."""
    rows = [[line.role or "—", line.model or "—", f"{line.calls} calls", *_usage(line.usage)] for line in cost.lines]
    rows.append(["total", "", "", *_usage(cost.usage)])
    if cost.possibly_paid.tokens:
        rows.append(["possibly paid", "", "", *_usage(cost.possibly_paid)])
    limit = "no limit" if cost.budget.usd is None else f"USD {cost.budget.usd:.2f}"
    return f"{table(rows)}\nbudget: {limit}"


def verify_text(found: Verified) -> str:
    """What a check of the journal found."""
    if found.ok:
        return f"the journal is whole: {found.events} events, each chained to the one before"
    return (
        f"the journal is NOT whole: line {found.first_bad_line}: {found.why}; {found.events} events before it are good"
    )


def preprint_text(preprint: Preprint) -> str:
    """A preprint to read."""
    head = [
        f"# {preprint.title}",
        f"{preprint.id} version {preprint.version} · {preprint.trust} · an agent's report ({preprint.agent or '—'})"
        f" · model: {preprint.model or 'none'} · {preprint.created}",
    ]
    if preprint.withdrawn:
        head.append(f"WITHDRAWN: {preprint.withdrawn}")
    return printable("\n\n".join([*head, preprint.abstract, preprint.body]).strip())


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns; the last column is not padded."""
    columns = max((len(row) for row in rows), default=0)
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(max(0, columns - 1))]
    return printable(
        "\n".join(
            "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]).rstrip() for row in rows
        )
    )


def _usage(usage: Usage) -> list[str]:
    return [f"{usage.tokens:,} tokens", "USD ?" if usage.usd is None else f"USD {usage.usd:.4f}"]
