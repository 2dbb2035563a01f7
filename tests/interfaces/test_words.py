"""Lines of magics: quotes, apostrophes, LaTeX, variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.errors import InputError
from jupyter_agents.interfaces.words import fill, from_argv, split


def values(line: str) -> list[str]:
    return [word.value for word in split(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("What's new", ["What's", "new"]),
        ("'What is new' --papers 3", ["What is new", "--papers", "3"]),
        ('say "it\'s --papers" now', ["say", "it's --papers", "now"]),
        ('--data "NAME=my file.csv"', ["--data", "NAME=my file.csv"]),
        ('--data NAME="my file.csv" x', ["--data", "NAME=my file.csv", "x"]),
        ("--metric='mean error'", ["--metric=mean error"]),
        (r"\frac{1}{2} of $x$ \n", [r"\frac{1}{2}", "of", "$x$", r"\n"]),
        ("an 'open quote", ["an", "'open", "quote"]),
        ('5" pipes', ['5"', "pipes"]),
        ("a=", ["a="]),
        ("  \t ", []),
        ('""', [""]),
        ("naïve — ünïcode", ["naïve", "—", "ünïcode"]),
    ],
)
def test_a_line_becomes_words(line: str, expected: list[str]) -> None:
    assert values(line) == expected


def test_words_know_where_they_stand() -> None:
    line = "a  'b c'   d"
    assert [line[word.start : word.end] for word in split(line)] == ["a", "'b c'", "d"]


def test_what_a_shell_has_split_stays_as_it_is() -> None:
    line, words = from_argv(["review", "What's 'new'?", "--papers", "3"])
    assert [word.value for word in words] == ["review", "What's 'new'?", "--papers", "3"]
    assert [line[word.start : word.end] for word in words] == [word.value for word in words]


@pytest.mark.parametrize(
    "text",
    [
        r"\frac{1}{2}",
        "$x$",
        "{missing}",
        "{x.real}",
        "{x!r}",
        "{x:.2f}",
        "{}",
        "{ x }",
        "{{x}}",
        r"\sqrt{x}",
        r"\frac{x}{x}",
        r"\sqrt[3]{x}",
        "a_{x}",
        "e^{x}",
        r"\{x}",
        "What's {",
        r"\operatorname*{x}",
    ],
)
def test_latex_and_unknown_names_stay_literal(text: str) -> None:
    assert fill(text, {"x": 7}) == text


def test_variables_that_exist_are_filled_in() -> None:
    names = {"x": 7, "who": "Hogg {x}", "many": ["a", 2.5], "where": Path("/data")}
    assert fill("{x} of {who} and {many} in {where}", names) == "7 of Hogg {x} and a, 2.5 in /data"
    assert fill("{x}{x}", names) == "77"


def test_a_variable_that_is_no_text_is_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match="--data table"):
        fill("use {table}", {"table": {"a": 1}})
