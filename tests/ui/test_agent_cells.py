"""`%agent` in a live page: progress in one output, answers, the interrupt button, the form, errors of one line."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from jupyter_agents import agents
from jupyter_agents.interfaces.watching import watch
from jupyter_agents.records import RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.state import summary
from jupyter_agents.session.start import stop_now
from tests.support.model_replies import Json, Step
from tests.support.model_server import ModelServer
from tests.support.review_model import play

from .conftest import REPOSITORY, Lab, output

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PAPERS = REPOSITORY / "demo_notebooks" / "papers" / "fitting_lines"
QUESTION = "How are lines fitted when both coordinates have errors?"
LOAD = "%load_ext jupyter_agents"
SHOTS = REPOSITORY / "test-results"
PATIENCE_MS = 120_000


def runs(lab: Lab) -> list[RunFolder]:
    folder = lab.folder.parent / "data" / "jupyter_agents" / "runs"
    return RunFolder.list_runs(folder) if folder.is_dir() else []


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(lab: Lab) -> Iterator[None]:
    yield
    for folder in runs(lab):
        stop_now(folder)


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Set, a model that was asked may answer."""
    event = threading.Event()
    yield event
    event.set()


def asks(server: ModelServer) -> str:
    """A cell that makes this server the model of the cells below."""
    return (
        f'import os; os.environ["ANTHROPIC_API_KEY"] = {server.key!r}\n%config JupyterAgents.base_url = {server.url!r}'
    )


def open_and_run(lab: Lab, page: Page, name: str, *cells: str) -> None:
    lab.write(name, [LOAD, *cells], "python3")
    lab.open(page, name)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")


def picture(page: Page, name: str) -> None:
    """Both themes of what is seen now, for people to look at."""
    for theme in ("Light", "Dark"):
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }).then(() => true)",
            f"JupyterLab {theme}",
        )
        expect(page.locator(f'body[data-jp-theme-light="{str(theme == "Light").lower()}"]')).to_be_attached()
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.screenshot(path=SHOTS / f"{name}-{theme.lower()}.png")


def test_a_review_shows_its_progress_and_its_quotes_in_one_output(lab: Lab, page: Page) -> None:
    open_and_run(lab, page, "review.ipynb", f"%agent review {QUESTION!r} --source {PAPERS}")
    shown = output(page, 1)
    expect(shown).to_contain_text("review running", timeout=PATIENCE_MS)
    expect(shown).to_contain_text("review done", timeout=PATIENCE_MS)
    expect(shown).to_have_count(1)
    expect(shown.locator("h1")).to_be_visible()
    expect(shown).to_contain_text("squared distances that are weighted by the errors of both coordinates")
    expect(shown).to_contain_text("report.md")
    expect(shown).not_to_contain_text("**")
    (folder,) = runs(lab)
    assert summary(folder).state is RunState.done
    shown.scroll_into_view_if_needed()
    picture(page, "review")


def test_a_slip_is_one_sentence_and_stops_run_all(lab: Lab, page: Page) -> None:
    before = len(runs(lab))
    open_and_run(lab, page, "slip.ipynb", "%agent revew 'Which line?'", "print('ne' + 'ver')")
    expect(output(page, 1)).to_have_text("UnknownName: unknown command 'revew'; did you mean 'review'?")
    expect(page.locator(".jp-Notebook")).not_to_contain_text("Traceback")
    expect(output(page, 2)).to_have_count(0)
    assert len(runs(lab)) == before
    picture(page, "slip")


def test_a_failed_run_shows_itself_and_then_one_line(lab: Lab, page: Page) -> None:
    open_and_run(lab, page, "failed.ipynb", "%agent code /no/such/paper.tex")
    shown = output(page, 1)
    expect(shown.last).to_contain_text("RunFailed: run", timeout=PATIENCE_MS)
    expect(shown.first).to_contain_text("code failed")
    expect(shown.last).to_contain_text("/no/such/paper.tex")
    expect(page.locator(".jp-Notebook")).not_to_contain_text("Traceback")
    picture(page, "failed")


def test_questions_are_answered_in_the_page(lab: Lab, page: Page) -> None:
    with ModelServer(play) as server:
        cell = f"%agent review {QUESTION!r} --source {PAPERS} --copilot"
        open_and_run(lab, page, "copilot.ipynb", asks(server), cell)
        # an answered field stays for half a second, hidden
        answer = page.locator(".jp-OutputArea-stdin-item:not(.jp-OutputArea-stdin-hiding) .jp-Stdin-input")
        for artefact in ("plan", "selection", "answer"):
            expect(output(page, 2).first).to_contain_text(f"{artefact}: accept it?", timeout=PATIENCE_MS)
            answer.wait_for()
            if artefact == "plan":
                picture(page, "question")
            answer.fill("1")
            answer.press("Enter")
        expect(output(page, 2).first).to_contain_text("review done", timeout=PATIENCE_MS)
        expect(output(page, 2).first).to_contain_text("2.006 ± 0.080")
        assert server.refused == []
        picture(page, "answered")


def test_the_interrupt_button_pauses_the_run_and_returns(lab: Lab, page: Page, held: threading.Event) -> None:
    asked = threading.Event()

    def hesitate(request: Json) -> Step:
        asked.set()
        held.wait()
        return play(request)

    with ModelServer(hesitate) as server:
        open_and_run(lab, page, "held.ipynb", asks(server), f"%agent review {QUESTION!r} --source {PAPERS}")
        expect(output(page, 2).first).to_contain_text("review running", timeout=PATIENCE_MS)
        assert asked.wait(PATIENCE_MS / 1000)
        page.get_by_role("button", name="Interrupt the kernel").click()
        expect(output(page, 2).last).to_contain_text("pauses at its next safe point", timeout=10_000)
        expect(page.locator(".jp-Notebook")).not_to_contain_text("Traceback")
        picture(page, "interrupted")
        held.set()
        newest = runs(lab)[0]
        until_paused(newest)


def until_paused(folder: RunFolder) -> None:
    *_, last = watch(folder)
    assert last.state is RunState.paused


def test_the_form_starts_a_run(lab: Lab, page: Page) -> None:
    open_and_run(lab, page, "form.ipynb", "%agent")
    page.get_by_label("Agent", exact=True).select_option(f"review: {agents.load('review').about}")
    page.get_by_label("Request", exact=True).fill(QUESTION)
    page.get_by_label("Sources", exact=True).fill(str(PAPERS))
    picture(page, "form")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(output(page, 1)).to_contain_text("review done", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    picture(page, "form-done")


def test_the_form_says_what_is_wrong(lab: Lab, page: Page) -> None:
    open_and_run(lab, page, "form-wrong.ipynb", "%agent")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(output(page, 1)).to_contain_text("needs")
    assert page.get_by_role("button", name="Start", exact=True).is_enabled()
