"""`%%agent` in a real kernel: one display, questions by `input()`, interrupt, and what papermill sees."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from jupyter_agents.interfaces.views import MIME
from jupyter_agents.records import RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.runtime.journal.state import summary
from jupyter_agents.session.start import stop_now
from jupyter_agents.settings import Settings

from .conftest import install_survey, settle

LOAD = "%load_ext jupyter_agents"


def notebook(*cells: str) -> Any:
    v4: Any = nbformat.v4  # not annotated over there
    return v4.new_notebook(cells=[v4.new_code_cell(source) for source in (LOAD, *cells)])


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The cells of one notebook as nbclient left them, which runs them as papermill does: nobody can be asked."""
    book = notebook(
        "%%agent survey --out r\nWhat's on the $x$ shelf?",
        "r.result['shelves'], r.state.value",
        "q = %agent survey choose",
        "q.state.value, q.id",
        "%agent survey a closed field",
        "print('never')",
    )
    home = tmp_path_factory.mktemp("executed")
    with pytest.MonkeyPatch.context() as patch:
        settle(home, patch)
        install_survey(patch)
        with pytest.raises(CellExecutionError, match="RunFailed"):
            NotebookClient(book, kernel_name="python3", timeout=60).execute()
        yield book.cells[1:]
        for folder in RunFolder.list_runs(home / "data" / "jupyter_agents" / "runs"):
            stop_now(folder)


@pytest.fixture
def kernel(survey_agent: str) -> Iterator[Any]:
    """A client of a real kernel in which the extension is loaded, by somebody who can answer."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client: Any = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    client.execute_interactive(LOAD, timeout=60, output_hook=lambda _: None)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_cell_has_one_display_that_ends_with_the_report(cells: Any) -> None:
    (output,) = cells[0].outputs
    assert output.output_type == "display_data"
    assert set(output.data) == {MIME, "text/markdown", "text/plain"}
    assert output.data[MIME]["state"] == "done"
    assert output.data[MIME]["schema"] == "jupyter_agents.run/1"
    assert output.data["text/markdown"].startswith("**Without a model**")
    assert "There are four shelves." in output.data["text/markdown"]
    (value,) = cells[1].outputs
    assert value.data["text/plain"] == "(4, 'done')"
    assert value.output_type == "execute_result"


def test_without_somebody_to_ask_the_cell_ends_waiting(cells: Any) -> None:
    (output,) = cells[2].outputs
    assert output.data[MIME]["state"] == "waiting"
    assert output.data[MIME]["question"]["id"] == "q1"
    (value,) = cells[3].outputs
    state, run = ast.literal_eval(value.data["text/plain"])
    assert state == "waiting"
    assert f"jupyter agents runs answer {run} q1 NUMBER" in output.data["text/markdown"]


def test_a_failed_run_stops_run_all_after_it_has_shown_itself(cells: Any) -> None:
    shown, error = cells[4].outputs
    assert shown.data[MIME]["state"] == "failed"
    assert error.ename == "RunFailed"
    assert error.traceback == [f"RunFailed: {error.evalue}"]
    assert cells[5].outputs == []


def test_a_question_is_asked_by_input_with_numbered_options(kernel: Any) -> None:
    outputs: list[Any] = []
    replies = iter(["9", "2", "the third"])
    prompts: list[str] = []

    def answer(message: Any) -> None:
        prompts.append(message["content"]["prompt"])
        kernel.input(next(replies))

    kernel.execute_interactive(
        "%%agent survey --out r\nchoose", allow_stdin=True, stdin_hook=answer, output_hook=outputs.append, timeout=60
    )
    assert len(prompts) == 3
    assert prompts[0] == prompts[1] == "1–2, or Enter to decide later: "
    texts = [o["content"]["data"].get("text/plain", "") for o in outputs if "data" in o["content"]]
    assert any("1. The left one\n  2. Another" in text for text in texts)
    ends = [o["content"]["data"][MIME] for o in outputs if MIME in o["content"].get("data", {})]
    assert ends[-1]["state"] == "done"
    assert "chosen: other the third" in ends[-1]["notes"]


def test_an_interrupt_pauses_the_run_and_returns_within_two_seconds(kernel: Any, settings: Settings) -> None:
    kernel.execute("%agent survey slowly")
    until_shown(kernel, "running")
    kernel.parent.interrupt_kernel()
    began = time.monotonic()
    reply = kernel.get_shell_msg(timeout=20)
    assert time.monotonic() - began < 2
    assert reply["content"]["status"] == "error"
    (folder,) = RunFolder.list_runs(settings.runs_folder)
    assert f"jupyter agents runs resume {folder.id}" in reply["content"]["traceback"][0]
    while summary(folder).state is not RunState.paused:
        assert time.monotonic() - began < 20
        time.sleep(0.05)
    outputs: list[Any] = []
    kernel.execute_interactive("1 + 1", output_hook=outputs.append, timeout=20)
    assert any(o["content"].get("data", {}).get("text/plain") == "2" for o in outputs)


def until_shown(client: Any, state: str) -> None:
    """Wait until the cell's display shows this state."""
    while True:
        content = client.get_iopub_msg(timeout=60)["content"]
        if content.get("data", {}).get(MIME, {}).get("state") == state:
            return
