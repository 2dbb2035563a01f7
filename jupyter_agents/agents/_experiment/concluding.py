"""The conclusion: a model's words about numbers that code puts in."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from ...agents import Bench
from ...checking import statistics
from ...errors import UnknownName
from ...records import Record
from ...runtime.notebook.report import Measured, fill
from .asked import label, options
from .attempts import Tried, all_tries, code_of
from .drawing import COLLECTED, shown_by
from .final import Final, final_of
from .loading import root_of
from .picturing import TESTED
from .protocol import plan_of
from .summary import Line, summarise
from .sweep import SWEEP, laid, ran

NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s?%?")
SMALL = 10
"""Whole numbers up to this are words: two methods, 5 seeds."""


class Choice(Record):
    """The attempt that a line of work rests on."""

    id: Annotated[str, Meta(description="Id of an attempt that has a score")]
    learned: Annotated[str, Meta(description="What it taught, in a sentence, for whoever tries next")] = ""


class Conclusion(Record):
    """What the experiment says."""

    answer: Annotated[
        str,
        Meta(
            description="The answer to the plan's question. Measured numbers only as {{name}}; names: see score_test"
        ),
    ]
    limits: Annotated[str, Meta(description="What the result does not show, and what could have misled")]
    stopped_early: Annotated[str, Meta(description="Why fewer attempts were made than planned, if so")] = ""


async def check_choice(bench: Bench, choice: Choice) -> tuple[str, ...]:
    """Problems of a chosen attempt."""
    tries = {tried.id: tried for tried in all_tries(bench)}
    if choice.id not in tries:
        return (f"there is no attempt {choice.id!r}; there are {', '.join(tries) or 'none'}",)
    if tries[choice.id].status != "ok":
        return (f"{choice.id} has no score: {tries[choice.id].reason}",)
    return ()


async def score_choice(bench: Bench, choice: Choice) -> float | None:
    """Validation score of the chosen attempt, turned so that higher is better."""
    from .protocol import higher

    tried = {tried.id: tried for tried in all_tries(bench)}.get(choice.id)
    if tried is None or tried.status != "ok":
        return None
    return tried.score if higher(plan_of(bench)) else -tried.score


async def check_conclusion(bench: Bench, conclusion: Conclusion) -> tuple[str, ...]:
    """Problems of a conclusion: no test yet, numbers that a model typed, names that nothing has."""
    if SWEEP in bench.state.artefacts:
        source = " ".join([bench.request.text, *(cell.source for cell in bench.state.cells)])
        return tuple(_problems(conclusion, sweep_numbers(bench), source))
    final = final_of(bench)
    if final is None:
        return ("nothing has been tested yet; call score_test first, then conclude from what it says",)
    plan, tries = plan_of(bench), all_tries(bench)
    problems = []
    if len(tries) < plan.attempts and not conclusion.stopped_early:
        problems.append(f"{len(tries)} of {plan.attempts} planned attempts were made; say why in `stopped_early`")
    source = " ".join([bench.request.text, str(plan), *(code_of(bench, tried) for tried in tries)])
    return (*problems, *_problems(conclusion, numbers(bench, final, tries), source))


def _problems(conclusion: Conclusion, known: dict[str, Measured], source: str) -> list[str]:
    """Names that nothing has, and numbers that a model typed."""
    problems = []
    for text in (conclusion.answer, conclusion.limits):
        try:
            fill(text, known)
        except UnknownName as error:
            problems.append(error.message)
    typed = _typed(f"{conclusion.answer} {conclusion.limits}", source)
    if typed:
        names = ", ".join(f"{{{{{name}}}}}" for name in list(known)[:6])
        problems.append(f"{', '.join(typed)}: measured numbers are not typed; write a name instead, such as {names}")
    return problems


def sweep_lines(bench: Bench) -> tuple[Line, ...]:
    """What a sweep measured, one line for each metric and grid point."""
    return summarise(ran(bench), laid(bench).settings, options(bench.request).metric)


def sweep_numbers(bench: Bench) -> dict[str, Measured]:
    """Every number of a sweep that a conclusion may use: {{mean1}}, {{difference2}} … by the lines' order."""
    place = (root_of(bench).name, *shown_by(bench, COLLECTED))
    found: dict[str, Measured] = {}
    for i, line in enumerate(sweep_lines(bench), 1):
        figures = {"mean": line.mean, "half_width": line.half_width, "difference": line.difference}
        figures["difference_half_width"] = line.difference_half_width
        found |= {f"{what}{i}": _measured(value, *place) for what, value in figures.items() if value is not None}
    return found


def sweep_told(bench: Bench) -> str:
    """A sweep as its lead reads it, with the names of its numbers."""
    lines = [
        f"{i}. {label(line.settings)}: {line.metric} {{{{mean{i}}}}} = {line.mean}, {line.n} seeds, "
        f"{line.failed} failed; {{{{difference{i}}}}} = {line.difference}: {line.says}"
        for i, line in enumerate(sweep_lines(bench), 1)
    ]
    return "\n".join([*lines, "intervals: {{half_width1}} …, {{difference_half_width2}} …"])


def numbers(bench: Bench, final: Final, tries: tuple[Tried, ...]) -> dict[str, Measured]:
    """Every number that a conclusion may use, by name, with where it came from."""
    run = root_of(bench).name
    found = {t.id: _measured(t.score, run, t.shown, t.runs[0].output_hash) for t in tries if t.status == "ok"}
    place = (run, *shown_by(bench, TESTED))
    for name, runs in (("baseline", final.baseline_runs), ("best", final.best_runs)):
        if runs:
            found[name] = _measured(statistics.mean([scored.value for scored in runs]), *place)
    if final.difference is not None:
        found["difference"] = _measured(final.difference, *place)
        if final.half_width is not None:
            found["half_width"] = _measured(final.half_width, *place)
    attempts = (run, *shown_by(bench, COLLECTED))
    found["attempts"] = Measured(value=str(len(tries)), run=run, cell=attempts[1], output_hash=attempts[2])
    return found


def _measured(value: float, run: str, cell: str, output_hash: str) -> Measured:
    return Measured(value=f"{value:.4g}", run=run, cell=cell, output_hash=output_hash)


def _typed(text: str, source: str) -> list[str]:
    """Numbers in a text that stand neither in the plan nor in a program: somebody measured or made them up."""
    bare = re.sub(r"\{\{[^}]*\}\}|\btry-\w+", " ", text)
    known = {number.strip() for number in NUMBER.findall(source)}
    found = (number.strip() for number in NUMBER.findall(bare))
    return [n for n in dict.fromkeys(found) if n not in known and not (n.isdigit() and int(n) <= SMALL)]
