"""What of a sandboxed kernel's messages may reach a live page."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.interfaces.server import extension_points, untrusted

HOSTILE_HTML = [
    "<script>steal()</script>",
    "<img src=x onerror=steal()>",
    "<img src='https://evil.example/?data'>",
    "<svg onload=steal()></svg>",
    "<iframe src='/lab'></iframe>",
    "<a href='javascript:steal()'>x</a>",
    "<a href='data:text/html,<script>steal()</script>'>x</a>",
    "<a href='/lab?reset'>x</a>",
    "<form action='/api/kernels' method=post><button>x</button></form>",
    "<div class='jp-Dialog' style='position:fixed;top:0;left:0'>password?</div>",
    "<div style='background-image:url(https://evil.example)'>x</div>",
    "<div style='background-color:u\\rl(https://evil.example)'>x</div>",
    "<a data-commandlinker-command='terminal:create-new' href='#'>x</a>",
    "<math><mtext><table><mglyph><style><img src=x onerror=steal()>",
    "<noscript><p title='</noscript><img src=x onerror=steal()>'>",
    "<style>@import 'https://evil.example'</style>",
    "<base href='https://evil.example'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href='https://evil.example'>",
    "<object data='https://evil.example'></object>",
    "$\\href{javascript:steal()}{x}$",
]
FORBIDDEN = (
    "<script", "onerror=", "onload=", "javascript:steal()'", "evil.example\"", "url(", "<iframe", "<form", "jp-Dialog",
    "position", "commandlinker", "<style", "<base", "<meta", "<link", "<object", "\\href", "/lab?", "data:text/html",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE_HTML)
def test_nothing_active_is_left_of_html(text: str) -> None:
    cleaned = untrusted.clean_html(f"<p>before</p>{text}")
    assert cleaned.startswith("<p>before</p>")
    assert not [part for part in FORBIDDEN if part in cleaned], cleaned
    assert "src=" not in cleaned


@pytest.mark.parametrize("text", HOSTILE_HTML)
def test_nothing_active_is_left_of_markdown(text: str) -> None:
    shown = untrusted.bundle({"text/markdown": f"# Title\n\n{text}\n\n[x](javascript:steal())"})
    assert set(shown) <= {"text/html"}
    assert "<h1>Title</h1>" in shown["text/html"]
    assert "<script" not in shown["text/html"]
    assert "<img" not in shown["text/html"]
    assert 'href="javascript' not in shown["text/html"]


def test_tables_stay_with_their_shape() -> None:
    import pandas

    shown = untrusted.bundle({"text/html": pandas.DataFrame({"a": [1, 2]}).to_html(), "text/plain": "   a"})
    assert shown["text/html"].count("<td>") == 2
    assert 'class="dataframe"' in shown["text/html"]
    assert shown["text/plain"] == "   a"


def test_markdown_keeps_tables_and_mathematics() -> None:
    text = "**bold** $a_1 < b_2$ and $$x \\\\ y$$\n\n| a |\n|---|\n| 1 |\n"
    shown = untrusted.bundle({"text/markdown": text})["text/html"]
    assert "<strong>bold</strong> $a_1 &lt; b_2$" in shown
    assert "$$x \\\\ y$$" in shown
    assert "<td>1</td>" in shown


def test_an_svg_becomes_an_image() -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='steal()'/>"
    shown = untrusted.bundle({"image/svg+xml": svg, "text/plain": "<Figure>"})
    assert "image/svg+xml" not in shown
    assert base64.b64decode(shown["text/html"].split("base64,")[1].split('"')[0]).decode() == svg
    assert untrusted.clean_html(shown["text/html"]).startswith("<img")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"application/javascript": "steal()", "text/plain": "<Javascript>"}, "[JavaScript from a sandboxed kernel"),
        ({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "IntSlider()"}, "[A widget from a sandboxed"),
        ({"application/vnd.vega.v5+json": {}}, "[application/vnd.vega.v5+json from"),
        ({"text/html": "<script>steal()</script>"}, "[Active HTML from a sandboxed kernel"),
        ("no bundle", "[A malformed output"),
    ],
)
def test_what_cannot_be_shown_becomes_a_notice(data: Any, said: str) -> None:
    shown = untrusted.bundle(data)
    assert set(shown) == {"text/plain"}
    assert shown["text/plain"].startswith(said)


def test_a_picture_beside_something_dropped_stays() -> None:
    shown = untrusted.bundle({"image/png": "iVBOR", "application/javascript": "x", "text/plain": "<Figure>"})
    assert shown == {"image/png": "iVBOR", "text/plain": "<Figure>"}


def test_widget_messages_become_a_notice_and_unknown_ones_nothing() -> None:
    assert untrusted.output("comm_open", {"data": {}}) == (
        "stream",
        {"name": "stderr", "text": "[A widget from a sandboxed kernel is not shown in a live page]\n"},
    )
    assert untrusted.output("something_new", {}) is None
    assert untrusted.output("stream", ["no", "object"]) is None


def test_payloads_become_help_texts() -> None:
    answer = untrusted.reply(
        "execute_reply",
        {
            "status": "ok",
            "payload": [
                {"source": "set_next_input", "text": "steal()", "replace": True},
                {"source": "page", "data": {"text/plain": "help", "text/html": "<script>x</script>help"}},
            ],
            "user_expressions": {"a": {"status": "ok", "data": {"application/javascript": "x"}}, "b": 3},
        },
    )
    assert [item["source"] for item in answer["payload"]] == ["page", "page"]
    assert "set_next_input" in answer["payload"][0]["data"]["text/plain"]
    assert answer["payload"][1]["data"] == {"text/plain": "help", "text/html": "help"}
    assert "JavaScript" in answer["user_expressions"]["a"]["data"]["text/plain"]


def test_replies_that_a_page_would_render_are_cleaned() -> None:
    inspected = untrusted.reply("inspect_reply", {"found": True, "data": {"text/html": "<b onclick=x>doc</b>"}})
    assert inspected["data"] == {"text/html": "<b>doc</b>"}
    assert untrusted.reply("comm_info_reply", {"comms": {"a": {}}})["comms"] == {}
    links = [{"text": "a", "url": "javascript:x"}, {"text": "b", "url": "https://docs.python.org"}, 3]
    assert untrusted.reply("kernel_info_reply", {"help_links": links})["help_links"] == [links[1]]
    assert untrusted.reply("execute_reply", 3)["status"] == "error"


@given(
    st.sampled_from(["display_data", "stream", "error", "status", "execute_input", "clear_output", "comm_msg", "x"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["data", "metadata", "text/html", "text/markdown", "image/png", "name", "text", "transient"]
                ),
                inner,
                max_size=5,
            )
        ),
    ),
)
def test_any_message_is_rewritten_or_dropped(kind: str, content: object) -> None:
    untrusted.output(kind, content)
    untrusted.reply("execute_reply", content)


def test_jupyter_finds_the_extension() -> None:
    import jupyter_agents

    assert jupyter_agents._jupyter_server_extension_points() == extension_points()
