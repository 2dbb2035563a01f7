"""A review as a notebook: the answer, its evidence, and a cell that finds every quote again."""

from __future__ import annotations

import hashlib
import pprint
import re

from ...records import Evidence, Observation, Record
from ...tools import tool
from ...tools.notebook import make_cell
from ...tools.papers import opened
from .. import Bench
from .words import MADE, answer_text, comparison_text, disagreements_text, evidence_text, missing_text, papers_text

CHECK = '''\
"""Are all quotes where the answer says they stand? This cell looks them up in the stored text of each paper."""
import hashlib
from pathlib import Path

evidence = {evidence}

texts = {texts}


def stored(name, sha256):
    for folder in ("papers", "work/papers", "artifacts/papers"):
        path = Path(folder, name)
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return path.read_bytes().decode("utf-8", "surrogatepass")
    print(f"{{name}} is not beside this notebook, or not as it was read")
    return ""


papers = {{paper: stored(*file) for paper, file in texts.items()}}
lost = [e["id"] for e in evidence if papers[e["paper"]][e["start"] : e["end"]] != e["quote"]]
print(f"{{len(evidence) - len(lost)}} of {{len(evidence)}} quotes found where they are said to stand")
if lost:
    print("not found:", ", ".join(lost))
'''


class LayNotebook(Record):
    """Arguments of `lay_notebook`: none."""


@tool("write")
async def lay_notebook(desk: Bench, arguments: LayNotebook) -> Observation:
    """Lay the answer out as a notebook, with the papers' texts beside it and a cell that finds each quote again."""
    cited = list(desk.state.evidence.values())
    texts = await _stored(desk, cited)
    parts = [
        f"# {_title(desk)}\n\n{MADE[desk.has_model]}\n\n{answer_text(desk)}",
        f"## Papers compared\n\n{comparison_text(desk)}",
        f"## Disagreements\n\n{disagreements_text(desk)}",
        f"## What is missing\n\n{missing_text(desk)}",
        f"## Evidence\n\n{evidence_text(desk)}",
        f"## Papers\n\n{papers_text(desk)}",
    ]
    for part in parts:
        ids = tuple(e.id for e in cited if e.id in part)
        desk.emit("cell", {"cell": make_cell(desk, part, kind="markdown", implements=ids, by="lay_notebook")})
    if not cited:
        return Observation(text="laid out; there is no quote to check", data={"check": ""})
    source = CHECK.format(evidence=_literal([_record(e) for e in cited]), texts=_literal(texts))
    check = make_cell(desk, source, implements=tuple(e.id for e in cited), by="lay_notebook")
    desk.emit("cell", {"cell": check})
    return Observation(text=f"laid out; {check.id} checks the quotes", data={"check": check.id})


def _title(desk: Bench) -> str:
    from ...runtime.notebook.markdown import escape

    return escape(desk.request.text)


async def _stored(desk: Bench, cited: list[Evidence]) -> dict[str, tuple[str, str]]:
    """Each cited paper's text as a file for readers and for the kernel: its name and SHA-256, by paper."""
    folder = desk.folder / "artifacts" / "papers"
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, tuple[str, str]] = {}
    for id in dict.fromkeys(e.paper for e in cited):
        content = (await opened(desk, id)).text.encode("utf-8", "surrogatepass")
        sha256 = hashlib.sha256(content).hexdigest()
        name = f"{re.sub(r'[^A-Za-z0-9.-]+', '_', id)}-{sha256[:8]}.txt"
        (folder / name).write_bytes(content)
        desk.place(f"papers/{name}", folder / name)
        files[id] = (name, sha256)
    return files


def _record(evidence: Evidence) -> dict[str, object]:
    return {
        "id": evidence.id,
        "paper": evidence.paper,
        "where": evidence.where,
        "start": evidence.span.start,
        "end": evidence.span.end,
        "quote": evidence.quote,
    }


def _literal(value: object) -> str:
    """Data as Python source: nothing that a paper says can be anything but a string in it."""
    return pprint.pformat(value, width=110, sort_dicts=False)
