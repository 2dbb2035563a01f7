"""The plan of an implementation and its check: what is built from which passage, in which order, what is unclear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ...records import Record
from ...runtime.papers import Paper
from .. import Bench
from .opening import the_paper


class Component(Record):
    """One part of the code, in the order in which it is written."""

    name: Annotated[str, Meta(description="A Python identifier, for instance fit_line")]
    about: Annotated[str, Meta(description="What it does and how, precisely enough to write it")]
    implements: Annotated[tuple[str, ...], Meta(description="Ids of the paragraphs it implements: p12")]
    needs: Annotated[tuple[str, ...], Meta(description="Names of earlier components it uses")] = ()


class Data(Record):
    """Data that the paper's results rest on."""

    name: str
    available: Annotated[bool, Meta(description="Whether it lies in work/ or stands in the paper")]
    source: Annotated[str, Meta(description="The file, the table id, or what stands in for it and why")]


class Unclear(Record):
    """Something that the paper does not say."""

    question: str
    assumption: Annotated[str, Meta(description="What is assumed unless a person says otherwise")]
    paragraph: str = ""


class Plan(Record):
    """What is built and how."""

    goal: Annotated[str, Meta(description="Which results of the paper the notebook will compute")]
    components: tuple[Component, ...] = ()
    data: tuple[Data, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    left_out: Annotated[
        tuple[str, ...], Meta(description="Results that will not be computed, each with the reason")
    ] = ()


async def check_plan(bench: Bench, plan: Plan) -> tuple[str, ...]:
    """Names are unique identifiers, needs come earlier, and every passage exists."""
    paper = await the_paper(bench)
    problems = [] if plan.goal.strip() else ["say in `goal` which results the notebook will compute"]
    seen: set[str] = set()
    for component in plan.components:
        if not re.fullmatch(r"[A-Za-z_]\w*", component.name) or component.name in seen:
            problems.append(f"component {component.name!r} needs a Python identifier of its own as its name")
        late = [name for name in component.needs if name not in seen]
        if late:
            problems.append(f"{component.name} needs {', '.join(late)}, which must come before it")
        if not component.implements:
            problems.append(f"{component.name} names no paragraph that it implements")
        problems += unknown_paragraphs(paper, component.implements, component.name)
        seen.add(component.name)
    return tuple(problems)


def unknown_paragraphs(paper: Paper, ids: Sequence[str], what: str) -> list[str]:
    """A sentence for each id that no paragraph, table, display or figure of the paper has."""
    known = {p.id for p in paper.paragraphs} | {t.id for t in paper.tables}
    known |= {e.id for e in paper.equations} | {f.id for f in paper.figures} | {a.id for a in paper.algorithms}
    return [f"{what}: the paper has no part {id!r}" for id in ids if id.rpartition("#")[2] not in known]
