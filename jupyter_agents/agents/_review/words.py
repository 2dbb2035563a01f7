"""The parts of a review in Markdown, for its report and its notebook; foreign words are escaped."""

from __future__ import annotations

from collections.abc import Sequence

from ...records import Json, Sentence, changed
from ...runtime.notebook.markdown import escape, table
from ...runtime.notebook.report import evidence_list, sentences
from .. import Bench
from .artefacts import Findings, Judged, Plan, Selection, artefact

MADE = {
    True: "Written by a model from the quotes below. A separate call judged each sentence; what falls short says so.",
    False: "Made **without a model**: code chose the quotes; nothing was written, summarised or judged.",
}
"""How an answer came about, by whether there was a model."""
NOTHING = "No answer was reached."
TOO_LITTLE = "**Not enough evidence** to answer this from the papers that were read."


def answer_text(bench: Bench) -> str:
    """The answer by sentences, each with its evidence and a mark where it is less than supported."""
    findings: Findings | None = artefact(bench, "answer", Findings)
    if findings is None:
        return NOTHING
    said = judged(bench, findings)[: len(findings.sentences)]
    head = [] if findings.enough else [TOO_LITTLE]
    if not bench.has_model:
        head += ["In the papers' own words, chosen by code:"] if said else []
        return "\n\n".join([*head, *(_quoted(bench, sentence) for sentence in said)])
    return "\n\n".join([*head, *([sentences(said)] if said else []), *_reasons(said)])


def comparison_text(bench: Bench) -> str:
    """The papers on the plan's aspects, each entry with its evidence and mark."""
    findings: Findings | None = artefact(bench, "answer", Findings)
    plan: Plan | None = artefact(bench, "plan", Plan)
    if findings is None or plan is None or not findings.comparison:
        return "None." if bench.has_model else "None: what papers have in common only a model can say."
    n, rows, reasons = len(findings.sentences), [], []
    for row in findings.comparison:
        cells: dict[str, str] = {}
        for entry in row.entries:
            marked = judged(bench, findings)[n]
            n += 1
            shown = sentences([changed(marked, text=entry.text)])
            cells[entry.aspect] = f"{cells[entry.aspect]}; {shown}" if entry.aspect in cells else shown
            reasons.append(marked)
        rows.append([paper_name(bench, row.paper), *(cells.get(a, "*not stated*") for a in plan.aspects)])
    return "\n\n".join([table(["paper", *map(escape, plan.aspects)], rows), *_reasons(reasons)])


def disagreements_text(bench: Bench) -> str:
    """Where papers contradict each other."""
    findings: Findings | None = artefact(bench, "answer", Findings)
    if findings is None or not findings.disagreements:
        return "None was found." if bench.has_model else "None was looked for: that takes a model."
    said = judged(bench, findings)[-len(findings.disagreements) :]
    return "\n\n".join(["\n".join(f"- {sentences([s])}" for s in said), *_reasons(said)])


def missing_text(bench: Bench) -> str:
    """What the evidence leaves open, and what could not be read."""
    findings: Findings | None = artefact(bench, "answer", Findings)
    gaps = [escape(gap) for gap in findings.missing] if findings else [NOTHING]
    gaps += [
        f"{paper_name(bench, id)}: {escape(why)}" for id, card in bench.state.papers.items() if (why := problem(card))
    ]
    return "\n".join(f"- {gap}" for gap in gaps) or "Nothing that was noticed."


def evidence_text(bench: Bench) -> str:
    """Every quote with its place: those that the answer cites first."""
    findings: Findings | None = artefact(bench, "answer", Findings)
    cited = [id for s in judged(bench, findings) for id in s.evidence] if findings else []
    ids = dict.fromkeys([*(id for id in cited if id in bench.state.evidence), *bench.state.evidence])
    return evidence_list([bench.state.evidence[id] for id in ids])


def papers_text(bench: Bench) -> str:
    """The papers at hand: which were read, why, what they brought."""
    selection: Selection | None = artefact(bench, "selection", Selection)
    read = {c.paper: c.reason for c in selection.read} if selection else {}
    passed = {c.paper: c.reason for c in selection.passed_over} if selection else {}
    rows = []
    for id, card in bench.state.papers.items():
        quotes = sum(e.paper == id for e in bench.state.evidence.values())
        state = "could not be read" if problem(card) else "read" if id in read else "passed over"
        why = problem(card) or read.get(id) or passed.get(id) or "not chosen"
        rows.append([paper_name(bench, id), escape(id), state, str(quotes), escape(why)])
    return table(["paper", "id", "state", "quotes", "why"], rows) if rows else "There were no papers."


def plan_text(bench: Bench) -> str:
    """How the question was taken apart and what was searched for."""
    plan: Plan | None = artefact(bench, "plan", Plan)
    if plan is None:
        return "There was no plan."
    parts = {"Sub-questions": plan.questions, "Queries": plan.queries, "Compared on": plan.aspects}
    return "\n\n".join(
        f"{name}:\n\n" + "\n".join(f"- {escape(i)}" for i in items) for name, items in parts.items() if items
    )


def judged(bench: Bench, findings: Findings) -> Sequence[Sentence]:
    """Each statement with what was said of it; as not judged where that did not happen."""
    from .artefacts import statements

    found: Judged | None = artefact(bench, "judged", Judged)
    if found is not None:
        return found.sentences
    return [Sentence(text=s.text, evidence=s.evidence) for s in statements(findings)]


def paper_name(bench: Bench, id: str) -> str:
    """A paper for readers: title, first author, year."""
    card = bench.state.papers.get(id, {})
    authors = card.get("authors") or []
    by = f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors)
    about = ", ".join(part for part in (by, card.get("year") or "") if part)
    return escape(f"{card.get('title') or id}{f' ({about})' if about else ''}")


def problem(card: Json) -> str:
    """Why a paper was not read, or not to its end; empty where it was."""
    reading = card.get("reading") or {}
    return str(card.get("problem") or reading.get("problem") or "")


def _quoted(bench: Bench, sentence: Sentence) -> str:
    """A quote that is an answer by itself, with where it stands."""
    quotes = [bench.state.evidence[id] for id in sentence.evidence]
    places = "; ".join(f"{paper_name(bench, e.paper)}, {escape(e.where)} \\[{e.id}\\]" for e in quotes)
    return f"> {escape(sentence.text)}\n>\n> — {places}"


def _reasons(said: Sequence[Sentence]) -> list[str]:
    """Why statements fall short, one line each; nothing where none does."""
    lines = [f"- {escape(s.text)} — *{escape(s.reason)}*" for s in said if s.support != "supported" and s.reason]
    return ["Less than supported:\n\n" + "\n".join(lines)] if lines else []
