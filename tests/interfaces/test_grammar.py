"""The grammar of magic and shell: one line, one command, or one clear sentence."""

from __future__ import annotations

import pytest

from jupyter_agents.errors import InputError
from jupyter_agents.interfaces.grammar import Command, Face, Verb, parse
from jupyter_agents.interfaces.help import complete, explain, explain_settings, overview
from jupyter_agents.interfaces.verbs import FIXED
from jupyter_agents.interfaces.words import fill, from_argv, split
from jupyter_agents.settings import Settings, described

Verbs = tuple[Verb, ...]


def magic(line: str, verbs: Verbs, body: str | None = None, **variables: object) -> Command:
    return parse(line, split(line), verbs, "notebook", body=body, fill=lambda text: fill(text, variables))


def shell(argv: list[str], verbs: Verbs) -> Command:
    line, words = from_argv(argv)
    return parse(line, words, verbs, "shell")


@pytest.mark.parametrize(
    ("line", "request_text", "options"),
    [
        ("survey How are lines fitted?", "How are lines fitted?", {}),
        ("survey How   are lines --papers 5", "How   are lines", {"papers": 5}),
        ("survey --papers 5 How are lines", "How are lines", {"papers": 5}),
        ("survey 'How are lines' --papers=5", "How are lines", {"papers": 5}),
        (r"survey What's \frac{1}{2} of $x$ {y}?", r"What's \frac{1}{2} of $x$ {y}?", {}),
        ('survey what does "Hogg et al." say', 'what does "Hogg et al." say', {}),
        ("survey fit -- with errors -- to lines", "fit -- with errors -- to lines", {}),
        ("survey -- what does --papers do", "what does --papers do", {}),
        ('survey "what does --papers do" --copilot', "what does --papers do", {"copilot": True}),
        ("survey Q --source a b --source c", "Q", {"source": ("a", "b", "c")}),
        ("survey --source a Q of mine", "Q of mine", {"source": ("a",)}),
        (
            "survey Q --data df x=my.csv --metric 'mean error'",
            "Q",
            {"data": ("df", "x=my.csv"), "metric": "mean error"},
        ),
        (
            "survey Q --since 2019 --output repository --quick",
            "Q",
            {"since": 2019, "output": "repository", "quick": True},
        ),
        ("survey Q --budget 0.5 --tokens 1000 --out r", "Q", {"budget": 0.5, "tokens": 1000, "out": "r"}),
        ("survey Is -5 below --- or above?", "Is -5 below --- or above?", {}),
    ],
)
def test_a_request_is_kept_as_typed_and_options_are_read(
    verbs: Verbs, line: str, request_text: str, options: dict[str, object]
) -> None:
    command = magic(line, verbs)
    assert command.verb.agent == "survey"
    assert command.places == {"QUESTION": request_text}
    assert dict(command.options) == options


def test_shell_and_magic_read_the_same(verbs: Verbs) -> None:
    line = "survey 'How are lines?' --papers 5 --source a b --copilot"
    argv = ["survey", "How are lines?", "--papers", "5", "--source", "a", "b", "--copilot"]
    assert shell(argv, verbs) == magic(line, verbs)
    assert shell(["survey", "How", "are", "lines"], verbs).places == {"QUESTION": "How are lines"}


def test_the_cells_body_is_the_request(verbs: Verbs) -> None:
    body = "\nWhat's\n  --papers in $x$?\n"
    command = magic("survey --papers 3 --source a b", verbs, body)
    assert command.places == {"QUESTION": "What's\n  --papers in $x$?"}
    assert command.options == {"papers": 3, "source": ("a", "b")}


def test_variables_are_filled_in_after_parsing(verbs: Verbs) -> None:
    command = magic("survey {topic} in {other} --source {folder}", verbs, topic="lines --papers 3", folder="a b")
    assert command.places == {"QUESTION": "lines --papers 3 in {other}"}
    assert command.options == {"source": ("a b",)}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("surve Q", "did you mean 'survey'"),
        ("runs", "runs needs one of: answer, cost, list"),
        ("runs shw last", "did you mean 'runs show'"),
        ("reproduce m.yaml", "unknown command 'reproduce'"),
        ("policy check f", "unknown command 'policy'"),
        ("runs open last", "unknown command 'runs open'"),
        ("survey Q --paper 3", "did you mean '--papers'"),
        ("survey Q --here", "unknown option '--here'"),
        ("survey Q --papers", "--papers needs a value; wanted: a whole number, at least 1, at most 500"),
        ("survey Q --papers --quick", "--papers needs a value"),
        ("survey Q --papers many", "--papers is 'many'; wanted: a whole number, at least 1, at most 500"),
        ("survey Q --papers 0", "at least 1"),
        ("survey Q --budget nan", "--budget is 'nan'; wanted: a number of US dollars, at least 0"),
        ("survey Q --output pdf", "one of notebook, repository"),
        ("survey Q --papers 1 --papers 2", "--papers is given twice"),
        ("survey Q --quick=yes", "--quick takes no value"),
        ("survey How --papers 3 are lines", "unexpected 'are lines' after the options"),
        ("survey", "survey needs QUESTION"),
        ("survey --papers 3", "survey needs QUESTION"),
        ("runs show", "runs show needs RUN"),
        ("runs show a b", "unexpected 'b'; usage: runs show RUN [OPTIONS]"),
        ("runs answer r q", "runs answer needs CHOICE"),
        ("runs resume r --from zero", "--from is 'zero'; wanted: a whole number, at least 1"),
        ("store withdraw p1", "store withdraw needs REASON"),
        ("doctor", "run `jupyter agents doctor` in a shell"),
    ],
)
def test_bad_lines_get_one_clear_sentence(verbs: Verbs, line: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        magic(line, verbs)
    assert says in caught.value.message
    assert "\n" not in caught.value.message


def test_bad_cells_get_one_clear_sentence(verbs: Verbs) -> None:
    with pytest.raises(InputError, match="takes no cell body"):
        magic("runs list", verbs, "x")
    with pytest.raises(InputError, match="is the cell's body; move 'extra'"):
        magic("survey extra words", verbs, "x")
    with pytest.raises(InputError, match="survey needs QUESTION"):
        magic("survey", verbs, " \n")


def test_a_notebooks_option_is_refused_in_the_shell(verbs: Verbs) -> None:
    with pytest.raises(InputError, match="--out: notebook only"):
        shell(["survey", "Q", "--out", "r"], verbs)


def test_fixed_places_come_before_the_text(verbs: Verbs) -> None:
    command = magic("store withdraw p1 the data's wrong", verbs)
    assert command.places == {"ID": "p1", "REASON": "the data's wrong"}
    assert magic("runs resume abc --from 12", verbs).options == {"from": 12}
    assert magic("runs answer abc last 2 --text 'a note'", verbs).places == {
        "RUN": "abc",
        "QUESTION": "last",
        "CHOICE": "2",
    }
    assert shell(["schema"], verbs).places == {}


def test_an_agents_options_carry_the_texts_of_its_record(verbs: Verbs) -> None:
    survey = next(verb for verb in verbs if verb.agent == "survey")
    assert survey.option("papers").about == "How many papers to read."
    assert survey.option("since").usage == "--since YEAR"
    assert survey.option("output").usage == "--output notebook|repository"
    assert survey.option("source").usage == "--source DIR|FILE|ID …"


def test_every_option_of_every_command_is_explained(verbs: Verbs) -> None:
    for verb in verbs:
        assert all(option.about for option in verb.options), verb.name
        assert all(
            f"--{option.name}" in explain(verb, "shell") for option in verb.options if option.face != "notebook"
        )


@pytest.mark.parametrize("face", ["notebook", "shell"])
def test_the_overview_lists_every_command_of_its_face(verbs: Verbs, face: Face) -> None:
    text = overview(verbs, face)
    assert "survey QUESTION" in text
    assert ("doctor" in text) == (face == "shell")
    assert all(verb.name in text for verb in FIXED if verb.face is None)


def test_settings_help_names_every_setting_and_its_default() -> None:
    text = explain_settings()
    assert all(f"{setting.name} = {setting.default!r}" in text for setting in described())
    assert len(described()) == len(Settings.__annotations__)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("su", ["survey"]),
        ("runs p", ["pause"]),
        ("papers ", ["claims", "show"]),
        ("survey Q --bu", ["--budget"]),
        ("survey Q --budget 5 --b", ["--background"]),
        ("survey Q --output ", ["notebook", "repository"]),
        ("survey Q --output rep", ["repository"]),
        ("runs show ", ["20261122-abc", "last"]),
        ("runs show 2", ["20261122-abc"]),
        ("survey Q --design gated", ["gated_loop"]),
        ("doc", []),
        ("nothing ", []),
    ],
)
def test_the_tab_key_completes_commands_options_and_values(verbs: Verbs, line: str, expected: list[str]) -> None:
    assert complete(line, verbs, "notebook", lambda: ["20261122-abc"]) == expected
