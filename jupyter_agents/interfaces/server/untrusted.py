"""What a sandboxed kernel may show in a live page: an allow-list of messages, fields and formats.

A page trusts the outputs of a kernel it runs: its HTML and JavaScript would act with the person's session, start
an unguarded kernel, or carry data out through an image's address. So everything is built anew from known fields;
HTML is cleaned (nh3), Markdown is rendered without HTML, SVG becomes an image, which runs no scripts.
"""

from __future__ import annotations

import base64
import html
import re
from typing import Any

from ...records import Json

_PASSED = frozenset(
    {"text/plain", "application/json", "application/vnd.jupyter-agents.value+json", "image/png", "image/jpeg",
     "image/gif", "image/webp", "image/bmp"}
)  # fmt: skip
_MATHS = re.compile(r"\$\$.+?\$\$|\$(?!\s)[^$\n]+?(?<!\s)\$|\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
_MATHS_COMMANDS = re.compile(r"\\(href|require|mmlToken|cssId|unicode)\b")
"""Commands of MathJax that make links or reach beyond mathematics."""
_OWN_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|bmp|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_STYLES = {
    "text-align", "vertical-align", "color", "background-color", "font-weight", "font-style", "font-size", "padding",
    "border", "border-collapse", "border-bottom", "border-top", "white-space", "width", "max-width",
}  # fmt: skip
_NAMES = {
    "application/javascript": "JavaScript",
    "text/javascript": "JavaScript",
    "application/vnd.jupyter.widget-view+json": "A widget",
}


def notice(what: str) -> str:
    """The sentence that stands where something was taken out."""
    return f"[{what} from a sandboxed kernel is not shown in a live page]"


def clean_html(text: str) -> str:
    """HTML that cannot act: no scripts, handlers, forms, frames, remote images or classes of the page."""
    import nh3

    attributes = {name: set(allowed) for name, allowed in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = {"style", "title"}
    attributes["table"] = {"border", "class", *attributes.get("table", ())}
    return nh3.clean(
        _MATHS_COMMANDS.sub(r"\\text", text),
        attributes={name: allowed - {"class"} for name, allowed in attributes.items()},
        allowed_classes={"table": {"dataframe"}},
        attribute_filter=_own_images_only,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "data"},
        url_relative="deny",
    )


def _own_images_only(tag: str, attribute: str, value: str) -> str | None:
    """A remote image would carry data out; a data address elsewhere than in an image could be a page."""
    if attribute == "src":
        return value if tag == "img" and _OWN_IMAGE.fullmatch(value) else None
    if attribute in ("href", "cite") and value.strip().lower().startswith("data:"):
        return None
    if attribute == "style" and re.search(r"url|expression|\\", value, re.IGNORECASE):
        return None
    return value


def markdown_as_html(text: str) -> str:
    """Markdown rendered without any HTML of its own; mathematics stays for the page to typeset."""
    from markdown_it import MarkdownIt

    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found.group())
        return f"\ue000{len(kept) - 1}\ue001"

    marked = _MATHS.sub(keep, text.replace("\ue000", "").replace("\ue001", ""))
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(marked)
    restored = re.sub("\ue000(\\d+)\ue001", lambda found: html.escape(kept[int(found.group(1))]), rendered)
    return clean_html(restored)


def _svg_as_image(text: str) -> str:
    """An SVG as the source of an image: there browsers run no scripts and load nothing."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return f'<img src="data:image/svg+xml;base64,{encoded}" alt="SVG">'


def bundle(data: Any) -> dict[str, Any]:
    """A MIME bundle with what may be shown; where nothing rich is left, `text/plain` says what is missing."""
    if not isinstance(data, dict):
        return {"text/plain": notice("A malformed output")}
    shown: dict[str, Any] = {}
    missing: list[str] = []
    for mime, value in data.items():
        text = "".join(map(str, value)) if isinstance(value, list) else value
        if mime in _PASSED and _is_plain(mime, text):
            shown[mime] = value if mime.endswith("json") else text
        elif mime == "text/latex" and isinstance(text, str):
            shown[mime] = _MATHS_COMMANDS.sub(r"\\text", text)
        elif mime == "text/html" and isinstance(text, str):
            shown["text/html"] = clean_html(text)
        elif mime not in ("text/markdown", "image/svg+xml"):
            missing.append(_NAMES.get(str(mime), str(mime)[:80]))
    for mime, convert in (("image/svg+xml", _svg_as_image), ("text/markdown", markdown_as_html)):
        text = data.get(mime)
        text = "".join(map(str, text)) if isinstance(text, list) else text
        if isinstance(text, str) and "text/html" not in shown:
            shown["text/html"] = convert(text)
    emptied = "text/html" in shown and not shown["text/html"].strip()
    if emptied:
        del shown["text/html"]
        missing.append("Active HTML")
    if missing and set(shown) <= {"text/plain"}:
        shown["text/plain"] = " ".join([*map(notice, dict.fromkeys(missing)), shown.get("text/plain", "")]).strip()
    return shown


def _is_plain(mime: str, text: Any) -> bool:
    """Whether a value has the form that its format asks for."""
    if mime.endswith("json"):
        return True
    return isinstance(text, str) and (not mime.startswith("image/") or _BASE64.fullmatch(text) is not None)


def _image_sizes(metadata: Any) -> Json:
    if not isinstance(metadata, dict):
        return {}
    return {
        mime: {name: size for name, size in given.items() if name in ("width", "height") and isinstance(size, int)}
        for mime, given in metadata.items()
        if isinstance(given, dict)
    }


def _display(content: Json) -> Json:
    given = content.get("transient")
    display_id = given.get("display_id") if isinstance(given, dict) else None
    shown: Json = {"data": bundle(content.get("data")), "metadata": _image_sizes(content.get("metadata"))}
    shown["transient"] = {"display_id": display_id} if isinstance(display_id, str) else {}
    if "execution_count" in content:
        shown["execution_count"] = _only(content, execution_count=int).get("execution_count")
    return shown


def _only(content: Json, **kinds: type) -> Json:
    return {name: content[name] for name, kind in kinds.items() if isinstance(content.get(name), kind)}


def output(kind: str, content: Any) -> tuple[str, Json] | None:
    """A message of the output channel as it may reach a page; None for one that must not.

    Messages of widgets become the text of a notice.
    """
    if not isinstance(content, dict):
        return None
    if kind in ("display_data", "execute_result", "update_display_data"):
        return kind, _display(content)
    if kind == "stream":
        return kind, {"name": "stdout", "text": "", **_only(content, name=str, text=str)}
    if kind == "error":
        lines = [line for line in content.get("traceback") or [] if isinstance(line, str)]
        return kind, {"ename": "", "evalue": "", "traceback": lines, **_only(content, ename=str, evalue=str)}
    if kind == "status":
        return kind, _only(content, execution_state=str)
    if kind == "execute_input":
        return kind, _only(content, code=str, execution_count=int)
    if kind == "clear_output":
        return kind, _only(content, wait=bool)
    if kind.startswith("comm_"):
        return "stream", {"name": "stderr", "text": notice("A widget") + "\n"}
    return None


def reply(kind: str, content: Any) -> Json:
    """The answer to a request as it may reach a page: no payloads but help texts, no formats but known ones."""
    if not isinstance(content, dict):
        return {"status": "error", "ename": "Malformed", "evalue": "", "traceback": []}
    answer = dict(content)
    if "payload" in answer:
        given = answer["payload"] if isinstance(answer["payload"], list) else []
        answer["payload"] = [_payload(item) for item in given]
    if isinstance(answer.get("user_expressions"), dict):
        answer["user_expressions"] = {
            name: {**value, "data": bundle(value["data"])} if isinstance(value, dict) and "data" in value else {}
            for name, value in answer["user_expressions"].items()
        }
    if kind == "inspect_reply":
        answer["data"] = bundle(answer.get("data"))
    if kind == "comm_info_reply":
        answer["comms"] = {}
    if kind == "kernel_info_reply":
        links = answer.get("help_links") if isinstance(answer.get("help_links"), list) else []
        answer["help_links"] = [link for link in links or [] if _is_web_link(link)]
    return answer


def _payload(item: Any) -> Json:
    """A help text as it is; anything else, which would change the notebook or the page, as a notice."""
    if isinstance(item, dict) and item.get("source") == "page":
        return {"source": "page", "data": bundle(item.get("data")), "start": 0}
    what = str(item.get("source"))[:40] if isinstance(item, dict) else "A payload"
    return {"source": "page", "data": {"text/plain": notice(f"A change by `{what}`")}, "start": 0}


def _is_web_link(link: Any) -> bool:
    return isinstance(link, dict) and str(link.get("url", "")).startswith(("https://", "http://"))
