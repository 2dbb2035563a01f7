"""What every command but an agent's does, for magic and shell alike: a record and a text to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..runtime.journal.state import summary
from ..session.services import open_store
from ..settings import Settings
from . import doctor, papers, printing, reading, steering
from .grammar import Command
from .watching import Watch


@dataclass(frozen=True)
class Shown:
    """What a command gives back."""

    text: str
    record: object = None
    """What `--json` prints; None where there is nothing but the text."""
    exit_code: int = 0
    follow: steering.Resumed | None = None
    """A run that goes on and may be watched."""


Performer = Callable[[Command, Settings, str], Shown]


def perform(command: Command, settings: Settings, author: str) -> Shown:
    """Do what a command asks. author: the face it came from, kept with messages to a run."""
    return PERFORMERS[command.verb.name](command, settings, author)


def _runs_list(command: Command, settings: Settings, author: str) -> Shown:
    runs = steering.listed(settings)
    return Shown(printing.runs_text(runs), runs)


def _runs_show(command: Command, settings: Settings, author: str) -> Shown:
    progress = Watch(steering.find(settings, command.places["RUN"])).look()
    return Shown(printing.run_text(progress), progress)


def _runs_stop(command: Command, settings: Settings, author: str) -> Shown:
    folder = steering.find(settings, command.places["RUN"])
    return Shown(steering.stop(folder, author, now=command.switch("now")))


def _runs_pause(command: Command, settings: Settings, author: str) -> Shown:
    return Shown(steering.pause(steering.find(settings, command.places["RUN"]), author))


def _runs_resume(command: Command, settings: Settings, author: str) -> Shown:
    folder = steering.find(settings, command.places["RUN"])
    options = command.options
    resumed = steering.resume(
        folder,
        author,
        from_seq=options.get("from"),
        take_over=command.switch("take-over"),
        budget=steering.more(options, summary(folder).budget),
    )
    follow = None if command.switch("background") else resumed
    return Shown(f"run {folder.id} goes on", follow=follow)


def _runs_verify(command: Command, settings: Settings, author: str) -> Shown:
    found = steering.checked(steering.find(settings, command.places["RUN"]))
    return Shown(printing.verify_text(found), found, exit_code=0 if found.ok else 1)


def _runs_cost(command: Command, settings: Settings, author: str) -> Shown:
    cost = steering.cost(steering.find(settings, command.places["RUN"]))
    return Shown(printing.cost_text(cost), cost)


def _runs_answer(command: Command, settings: Settings, author: str) -> Shown:
    places = command.places
    folder = steering.find(settings, places["RUN"])
    text = command.options.get("text", "")
    return Shown(steering.answer(folder, author, places["QUESTION"], places["CHOICE"], text))


def _store_search(command: Command, settings: Settings, author: str) -> Shown:
    options = command.options
    hits = reading.search(settings, command.places["QUERY"], options.get("limit", 10), options.get("trust"))
    return Shown(reading.hits_text(hits), hits)


def _store_show(command: Command, settings: Settings, author: str) -> Shown:
    preprint = open_store(settings).show(command.places["ID"], version=command.options.get("version"))
    return Shown(printing.preprint_text(preprint), preprint)


def _store_submit(command: Command, settings: Settings, author: str) -> Shown:
    preprint = reading.submit(settings, command.places["FILE"])
    return Shown(f"{preprint.id} version {preprint.version} is in the store, unchecked", preprint)


def _store_withdraw(command: Command, settings: Settings, author: str) -> Shown:
    return Shown(reading.withdraw(settings, command.places["ID"], command.places["REASON"]))


def _store_rebuild(command: Command, settings: Settings, author: str) -> Shown:
    return Shown(reading.rebuild(settings))


def _papers_show(command: Command, settings: Settings, author: str) -> Shown:
    paper = papers.open_paper(settings, command.places["PAPER"])
    return Shown(papers.paper_text(paper), paper)


def _papers_claims(command: Command, settings: Settings, author: str) -> Shown:
    found = papers.claims_of(papers.open_paper(settings, command.places["PAPER"]))
    return Shown(papers.claims_text(found), found)


def _doctor(command: Command, settings: Settings, author: str) -> Shown:
    diagnosis = doctor.examine(settings)
    return Shown(doctor.diagnosis_text(diagnosis), diagnosis, exit_code=0 if diagnosis.healthy else 1)


def _schema(command: Command, settings: Settings, author: str) -> Shown:
    name = command.places.get("NAME")
    if name is None:
        return Shown("\n".join(printing.schemas()))
    return Shown(printing.pretty(printing.schema(name)))


PERFORMERS: Mapping[str, Performer] = {
    "runs list": _runs_list,
    "runs show": _runs_show,
    "runs stop": _runs_stop,
    "runs pause": _runs_pause,
    "runs resume": _runs_resume,
    "runs verify": _runs_verify,
    "runs cost": _runs_cost,
    "runs answer": _runs_answer,
    "store search": _store_search,
    "store show": _store_show,
    "store submit": _store_submit,
    "store withdraw": _store_withdraw,
    "store rebuild": _store_rebuild,
    "papers show": _papers_show,
    "papers claims": _papers_claims,
    "doctor": _doctor,
    "schema": _schema,
}
"""One for each command that is no agent's."""
