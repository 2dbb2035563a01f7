from __future__ import annotations

import html
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from jupyter_agents.runtime.notebook.markdown import block_quote, code, escape, table

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

NASTY = [
    "a | b",
    "<script>alert(1)</script>",
    "<img src=x onerror=y>",
    "![x](http://evil/p.png)",
    "[x](javascript:y)",
    "https://evil.example/x",
    "www.evil.example",
    "me@evil.example",
    "**bold** _em_ ~~no~~ `code`",
    "# title",
    "- item",
    "+ item",
    "1. one",
    "12) one",
    "> quote",
    "===",
    "---",
    "***",
    "| a |\n|---|",
    "&lt;b&gt; &copy;",
    "$x_1$ and $$y$$",
    "\\[x\\]",
    "a\\",
    "```\nx\n```",
    "[ref]: http://x",
    "<!-- hidden -->",
    "<https://auto.link>",
    "line\nbreak",
    "    code",
    "[^1]",
    ":::note",
    "@user #12",
    "-0.5",
    "1.5",
    "-- a",
    "--",
    "-",
]


def shown(markdown: str) -> str:
    """What a reader sees of rendered Markdown."""
    return html.unescape(re.sub(r"<[^>]*>", "", MARKDOWN.render(markdown))).strip()


@pytest.mark.parametrize("text", NASTY)
def test_foreign_text_is_shown_as_it_is_and_never_obeyed(text: str) -> None:
    expected = re.sub(r"\s*\n\s*", " ", text).strip()
    rendered = MARKDOWN.render(escape(text))
    assert set(re.findall(r"<(\w+)", rendered)) == {"p"}
    assert shown(escape(text)) == expected
    assert not re.search(r"https?://|www\.|\w@\w", escape(text))


@pytest.mark.parametrize("text", NASTY)
def test_foreign_text_stays_in_its_cell_and_its_quote(text: str) -> None:
    rendered = MARKDOWN.render(table(["a", "b"], [[escape(text), code(text)], ["x"]]))
    assert rendered.count("<tr>") == 3
    assert rendered.count("<td>") == 4
    assert set(re.findall(r"<(\w+)", rendered)) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    quoted = MARKDOWN.render(block_quote(text))
    assert set(re.findall(r"<(\w+)", quoted)) == {"blockquote", "p"}


@given(st.text(max_size=60))
def test_any_text_survives_its_escape(text: str) -> None:
    rendered = MARKDOWN.render(escape(text))
    assert set(re.findall(r"<(\w+)", rendered)) <= {"p"}
    visible = "".join(c for c in text if c.isprintable() and not c.isspace() and unicodedata.category(c) != "Cf")
    assert "".join(c for c in shown(escape(text)) if c.isprintable() and not c.isspace()) == visible


@given(st.text(alphabet="<>[]()!*_`~|\\#-+=.:/@&;$ \nabw1x", max_size=40))
def test_no_mixture_of_markup_makes_anything_but_text(text: str) -> None:
    for markdown in (escape(text), block_quote(text), table(["h"], [[escape(text)]])):
        tags = set(re.findall(r"<(\w+)", MARKDOWN.render(markdown)))
        assert tags <= {"p", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}


def test_characters_that_turn_the_writing_are_dropped() -> None:
    assert escape("a\u202eb\x1b[31m\x00c") == "ab\\[31mc"
