"""`%agent` in IPython itself: loading, settings, help, completion, and cells in a real shell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from jupyter_agents.errors import InputError, RunFailed, UnknownName
from jupyter_agents.interfaces.form import LaunchForm, Template
from jupyter_agents.interfaces.handle import RunHandle
from jupyter_agents.interfaces.own_cell import cell_file
from jupyter_agents.interfaces.watching import watch
from jupyter_agents.records import RunState
from jupyter_agents.runtime.journal.folder import RunFolder
from jupyter_agents.settings import Settings

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def shell(survey_agent: str) -> Iterator[Any]:
    """A real IPython shell with the extension loaded."""
    InteractiveShell.clear_instance()
    shell: Any = InteractiveShell.instance(history_load_length=0)
    shell.run_line_magic("load_ext", "jupyter_agents")
    yield shell
    shell.run_line_magic("unload_ext", "jupyter_agents")
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def failure(shell: Any, cell: str) -> BaseException:
    result = shell.run_cell(cell)
    assert result.error_in_exec is not None, result
    error: BaseException = result.error_in_exec
    return error


def runs(settings: Settings) -> list[RunFolder]:
    return RunFolder.list_runs(settings.runs_folder)


def test_loading_brings_nothing_heavy() -> None:
    heavy = {
        "numpy",
        "pandas",
        "chromadb",
        "anthropic",
        "papermill",
        "pydantic",
        "requests",
        "lxml",
        "scipy",
        "nbformat",
    }
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell; s = InteractiveShell.instance();"
        f"s.run_line_magic('load_ext', 'jupyter_agents'); print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unloading_takes_everything_away(shell: Any) -> None:
    shell.run_line_magic("unload_ext", "jupyter_agents")
    assert "agent" not in shell.magics_manager.magics["line"]
    assert not [c for c in shell.configurables if type(c).__name__ == "JupyterAgents"]
    shell.run_line_magic("load_ext", "jupyter_agents")


def test_a_wrong_config_is_told_and_changes_nothing(
    shell: Any, capsys: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    shell.run_cell("%config JupyterAgents.slot = 3")
    shell.run_cell("%config JupyterAgents.slots = 0")
    assert "did you mean 'slots'?" in caplog.text
    assert "wanted: a whole number of runs, at least 1" in caplog.text
    shell.run_cell("%agent runs list --json")
    assert '"runs": []' in capsys.readouterr().out


def test_the_question_mark_lists_every_command(shell: Any, capsys: Capture) -> None:
    shell.run_cell("%agent?")
    out = capsys.readouterr().out
    assert "survey QUESTION" in out
    assert "runs verify RUN" in out
    shell.run_cell("%agent survey --help")
    assert "--since YEAR" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%agent su", "survey"),
        ("%agent survey Q --bud", "--budget"),
        ("%%agent survey --des", "--design"),
        ("x = 1\n%agent runs pa", "pause"),
        ("%agent runs show la", "last"),
    ],
)
def test_the_tab_key_completes(shell: Any, line: str, expected: str) -> None:
    with provisionalcompleter():
        assert expected in [completion.text for completion in shell.Completer.completions(line, len(line))]


def test_a_cell_waits_for_its_run_which_has_its_settings_and_its_data(shell: Any, capsys: Capture) -> None:
    shell.run_cell("%config JupyterAgents.budget_usd = 0.25")
    shell.run_cell("topic = 'shelves --papers 99'")
    shell.run_cell("import pandas; table = pandas.DataFrame({'x': [1, 2]}); n = 3")
    result = shell.run_cell(
        "%%agent survey --papers 3 --out r --data table n\nWhat's $x$ and \\frac{1}{2} of {topic} in {nothing}?\n"
    )
    assert result.error_in_exec is None
    handle = shell.user_ns["r"]
    assert isinstance(handle, RunHandle)
    assert handle.state is RunState.done
    request = RunFolder(handle.folder).read_request()
    assert request.text == "What's $x$ and \\frac{1}{2} of shelves --papers 99 in {nothing}?"
    assert request.options["papers"] == 3
    assert handle.progress().budget.usd == RunFolder(handle.folder).read_settings()["budget_usd"] == 0.25
    assert handle.result["shelves"] == 4
    assert handle.result["data"] == ["n", "table"]
    assert list(pd.read_parquet(handle.folder / "data" / "table.parquet")["x"]) == [1, 2]
    assert handle.notebook is not None
    out = capsys.readouterr().out
    assert "Without a model" in out
    assert "table of 2 rows: x int64" in out
    assert "There are four shelves." in out


def test_a_failed_run_raises_after_it_has_shown_itself(shell: Any, capsys: Capture, settings: Settings) -> None:
    error = failure(shell, "%agent survey a closed field")
    out = capsys.readouterr().out
    assert isinstance(error, RunFailed)
    assert "this field is closed; ask about another" in str(error)
    assert out.index("survey failed") < out.index("RunFailed: run")
    assert "Traceback" not in out
    assert error.fields["run"] == runs(settings)[0].id


@pytest.mark.parametrize(
    ("cell", "kind", "says"),
    [
        ("%agent surve Q", UnknownName, "did you mean 'survey'"),
        ("%agent survey Q --paper 3", UnknownName, "did you mean '--papers'"),
        ("%agent survey Q --data nothing", UnknownName, "unknown variable 'nothing' in this notebook"),
        ("%agent survey Q --out 2x", InputError, "cannot name a variable"),
        ("%agent survey {table}", InputError, "--data table"),
        ("%%agent survey extra\nQ", InputError, "is the cell's body"),
        ("%agent doctor", InputError, "in a shell"),
    ],
)
def test_bad_cells_are_one_sentence_and_start_nothing(
    shell: Any, capsys: Capture, settings: Settings, cell: str, kind: type[Exception], says: str
) -> None:
    shell.run_cell("table = {'a': 1}")
    error = failure(shell, cell)
    assert type(error) is kind
    assert says in str(error)
    assert capsys.readouterr().out.strip().count("\n") == 0
    assert runs(settings) == []


def test_without_stdin_a_question_ends_the_cell_and_says_how_to_answer(
    shell: Any, capsys: Capture, settings: Settings
) -> None:
    result = shell.run_cell("%agent survey choose")
    assert result.error_in_exec is None
    assert result.result.state is RunState.waiting
    id = runs(settings)[0].id
    assert f"jupyter agents runs answer {id} q1 NUMBER" in capsys.readouterr().out
    shell.run_cell(f"%agent runs answer {id} last 1")
    *_, last = watch(runs(settings)[0])
    assert "chosen: left" in last.notes
    shown = shell.run_cell("%agent runs show last").result
    assert shown.state is RunState.done


def test_a_bare_agent_is_a_form_that_starts_a_run(
    shell: Any, settings: Settings, survey_agent: str, home: Path
) -> None:
    from jupyter_agents.interfaces.cells import Cells

    box = shell.run_cell("%agent").result
    assert type(box).__name__ == "VBox"
    cells = Cells(shell, None, {})
    form = LaunchForm(cells._begin, settings)
    form.agent.value, form.request.value = survey_agent, "What's on the shelves?"
    (home / "a folder").mkdir()
    (home / "b.tex").write_text("")
    sources = (str(home / "a folder"), str(home / "b.tex"))
    form.sources.value = "\n\n".join(sources)
    form.budget.value = 0.5
    form.button.click()
    assert form.folder is not None, form.status.value
    request = form.folder.read_request()
    assert (request.text, request.sources, request.budget.usd) == (
        "What's on the shelves?",
        sources,
        0.5,
    )
    *_, last = watch(form.folder)
    assert last.state is RunState.done


def test_the_form_tells_what_is_wrong(shell: Any, settings: Settings, survey_agent: str) -> None:
    from jupyter_agents.interfaces.cells import Cells

    form = LaunchForm(Cells(shell, None, {})._begin, settings)
    form.agent.value = survey_agent
    form.button.click()
    assert "survey needs QUESTION" in form.status.value
    form.request.value, form.budget.value = "Q", -1
    form.button.click()
    assert "at least 0" in form.status.value
    assert not form.button.disabled
    assert runs(settings) == []


def test_a_cell_of_the_notebook_goes_along_as_a_file(shell: Any, settings: Settings, home: Path) -> None:
    from jupyter_agents.interfaces.cells import Cells

    source = "loss = 0.1  # What's left"
    shell.run_cell(source, store_history=True, cell_id="abc-1")
    number = shell.execution_count - 1
    handle = shell.run_cell("%agent survey shelves --cell abc-1 --background").result
    assert Path(RunFolder(handle.folder).read_request().options["cell"]).read_text() == source
    *_, last = watch(runs(settings)[0])
    assert last.state is handle.state is RunState.done
    find = Cells(shell, None, {})._find_cell
    for name in (str(number), f"[{number}]"):
        assert Path(cell_file(name, home, find)).read_text() == source
    error = failure(shell, "%agent survey shelves --cell abc-9")
    assert "run that cell once" in str(error)


def test_without_ipywidgets_the_form_is_a_cell_to_copy(survey_agent: str, settings: Settings) -> None:
    text = repr(Template(settings))
    assert "%%agent" in text
    assert "--budget 5 --model claude-opus-5-5 --design gated_loop" in text
