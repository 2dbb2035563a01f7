"""Search, gather and score evidence, answer from the evidence alone; search again where it is not enough.

PaperQA2's loop. A searcher (the agent's lead) finds papers and says what to look for; one reader a paper, side by
side, keeps what matters as scored quotes; the searcher sees how much there is and searches on or stops; then a writer
who has seen nothing but the best evidence hands in what is left. Agents without readers or a writer read and write by
their lead, the writing as `gated_loop` does it.

Source: Skarlinski et al. 2024, arXiv:2409.13740, section 2 and figure 1 (paper search, gather evidence with
contextual scores from 0 to 10, generate answer).
Differs: evidence is a verbatim quote that code finds again, where theirs is a model's summary of a chunk; a reader
reads on from the outline by sections, where theirs scores fixed chunks; rounds are bounded; following citations is
the searcher's, through the papers' references.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ..errors import ContextExceeded, ModelAnswerInvalid, ModelRefused, RunError
from ..records import Call, Observation, Record, dump, dumps, json_schema, parse
from . import Conversation, Run, gated_loop

SOURCE = "Skarlinski et al. 2024, arXiv:2409.13740, section 2"
ROUNDS = 3
"""How often evidence is gathered before an answer must be given."""
READERS = 3
"""At work at the same time."""
SEARCH_TURNS, READ_TURNS, WRITE_TURNS = 40, 12, 8
"""Answers of one conversation within one stage."""
PASSAGES = 6
"""Shown to a reader beside the outline."""
SEARCHING = (
    "search_arxiv", "list_papers", "open_paper", "find_passages", "read_section", "references", "citing_papers",
    "search_store", "show_preprint",
)  # fmt: skip
READING = ("read_section", "find_passages", "quote")


class Wanted(Record):
    """What a searcher wants read next."""

    papers: Annotated[tuple[str, ...], Meta(description="Ids of papers at hand to read now; none: enough was read")]
    look_for: Annotated[str, Meta(description="What readers should find out, as questions")] = ""


class Reading(Record):
    """What a reader says of its paper at the end."""

    relevance: Annotated[float, Meta(ge=0, le=10, description="How much it bears on the question; 0: nothing")] = 0.0
    summary: Annotated[str, Meta(description="Two sentences: what it says on the question, or that it does not")] = ""
    follow: Annotated[tuple[str, ...], Meta(description="Keys of its references worth reading for the question")] = ()


class Read(Record):
    """How the reading of one paper ended."""

    paper: str
    reading: Reading
    kept: int = 0
    """Quotes it brought."""
    problem: str = ""


async def flow(run: Run) -> None:
    """Search and gather in rounds, then answer. Raises RunError where a stage brings nothing new."""
    lead, writer = run.roles[0], _role(run, "writer")
    search = run.conversation(lead, submits=run.board.required(by=lead) if writer else (), tools=SEARCHING)
    search.tell(f"{run.task}\n\nSearch first: find the papers and hand in what you owe, then say what is to be read.")
    for left in range(ROUNDS, 0, -1):
        wanted = await _wanted(run, search, owes=lead if writer else "")
        if not wanted.papers:
            break
        _report(search, await gather(run, wanted), left - 1)
    if writer is None:
        await gated_loop.flow(run)
        return
    await answer(run, writer)
    problems = await run.finished()
    if not problems.none:
        raise RunError(f"evidence was gathered and an answer asked for; still owed:\n{problems.sentence()}")


async def gather(run: Run, wanted: Wanted) -> list[Read]:
    """Read papers side by side, each in a conversation of its own; a reading that fails is a result."""
    ids = tuple(dict.fromkeys(wanted.papers))
    tasks = [functools.partial(_read, paper=paper, look_for=wanted.look_for) for paper in ids]
    return await run.gather(*tasks, limit=READERS)


async def answer(run: Run, role: str) -> None:
    """Let a role that sees the best evidence and nothing else hand in its artefacts.

    Raises RunError where it hands in nothing within its turns.
    """
    owed = run.board.required(by=role)
    best = await run.act(Call(id="", tool="list_evidence"))
    talk = run.conversation(role, submits=owed)
    talk.tell(
        f"{run.task}\n\nYour part in it, from the evidence that follows, is to hand in: "
        + "; ".join(f"{name}, {run.board.about(name)}" for name in owed)
    )
    known = {name: value for name in run.board.required() if (value := run.board.read(name)) is not None}
    if known:
        talk.tell_untrusted(dumps(known), "what was decided before")
    talk.tell_untrusted(run.board.digest() if best.error else best.text, "evidence")
    accepted: set[str] = set()
    for _ in range(WRITE_TURNS):
        for call, observation in await _turn(run, talk):
            if not observation.error:
                accepted.add(call.tool)
        if accepted >= {f"submit_{name}" for name in owed}:
            return
    raise RunError(f"the {role} did not hand in {', '.join(owed)} within {WRITE_TURNS} turns")


async def _wanted(run: Run, talk: Conversation, *, owes: str) -> Wanted:
    """Let the searcher work until it says what to read; what it owes must be handed in by then."""
    for _ in range(SEARCH_TURNS):
        data = await _turn_for(run, talk, Wanted)
        if data is None:
            continue
        owed = [name for name in run.board.required(by=owes) if run.board.read(name) is None] if owes else []
        if not owed:
            return data
        talk.tell(f"Before papers are read, hand in {', '.join(owed)}; then say again what is to be read.")
    raise RunError(f"{SEARCH_TURNS} turns of searching did not end in papers to read")


async def _read(run: Run, *, paper: str, look_for: str) -> Read:
    """One paper, read by a conversation of its own; what it kept is in the run's evidence."""
    outline = await run.act(Call(id="", tool="open_paper", arguments={"paper": paper}))
    if outline.error:
        return await _recorded(run, Read(paper=paper, reading=Reading(), problem=outline.text))
    paper = outline.data["paper"]
    talk = run.conversation(_role(run, "reader") or run.roles[0], tools=READING)
    talk.tell(f"{run.task}\n\nYour part in it: read this one paper; its outline and likely passages follow.")
    talk.tell_untrusted(outline.text, outline.source)
    if look_for:
        talk.tell_untrusted(look_for, "what the lead wants to know")
    await _likely(run, talk, paper, look_for)
    try:
        return await _recorded(run, await _until_read(run, talk, paper))
    except (ModelRefused, ModelAnswerInvalid, ContextExceeded) as error:
        return await _recorded(run, Read(paper=paper, reading=Reading(), problem=error.message))


async def _likely(run: Run, talk: Conversation, paper: str, look_for: str) -> None:
    """Show a reader the passages that code holds for likely."""
    query = {"query": look_for or run.task, "papers": [paper], "limit": PASSAGES}
    found = await run.act(Call(id="", tool="find_passages", arguments=query))
    if not found.error:
        talk.tell_untrusted(found.text, found.source)


async def _until_read(run: Run, talk: Conversation, paper: str) -> Read:
    kept = 0
    for _ in range(READ_TURNS):
        reply = await talk.ask(json_schema(Reading))
        for call in reply.calls:
            observation = await run.act(call)
            talk.answer(call.id, observation)
            kept += call.tool == "quote" and not observation.error
        if not reply.calls:
            return Read(paper=paper, reading=parse(reply.data, Reading), kept=kept)
    return Read(paper=paper, reading=Reading(), kept=kept, problem=f"not finished within {READ_TURNS} turns")


async def _recorded(run: Run, read: Read) -> Read:
    """Keep a reading with its paper, where the agent has the tool for it."""
    said = {"paper": read.paper, "relevance": read.reading.relevance, "summary": read.reading.summary}
    await run.act(Call(id="", tool="record_reading", arguments={**said, "problem": read.problem}))
    run.note(f"read {read.paper}: {read.kept} quotes{f'; {read.problem}' if read.problem else ''}")
    return read


async def _turn(run: Run, talk: Conversation) -> Sequence[tuple[Call, Observation]]:
    """One answer, its calls made; says to go on where there were none."""
    reply = await talk.ask()
    made = [(call, await run.act(call)) for call in reply.calls]
    for call, observation in made:
        talk.answer(call.id, observation)
    if not made:
        talk.tell("Nothing was handed in. Hand in by the submit tool; that evidence is missing can be said there too.")
    return made


async def _turn_for(run: Run, talk: Conversation, kind: type[Wanted]) -> Wanted | None:
    """One answer that is either calls, which are made, or the record that is wanted."""
    reply = await talk.ask(json_schema(kind))
    for call in reply.calls:
        talk.answer(call.id, await run.act(call))
    return None if reply.calls else parse(reply.data, kind)


def _report(talk: Conversation, read: Sequence[Read], left: int) -> None:
    """The status line that a searcher decides by."""
    quotes = sum(r.kept for r in read)
    talk.tell(
        f"{len(read)} papers were read, {quotes} quotes kept; {left} more rounds are possible. "
        "Say what to read next, or name no papers if the question can be answered or no source has more."
    )
    talk.tell_untrusted(says(read), "what readers said")


def says(read: Sequence[Read]) -> str:
    """Readings as lines of JSON."""
    return "\n".join(
        dumps({**dump(r.reading), "paper": r.paper, "quotes": r.kept, "problem": r.problem}) for r in read
    )


def _role(run: Run, name: str) -> str | None:
    return name if name in run.roles else None
