"""A scripted model that plays all roles of a review of the demo's papers, by what each is told."""

from __future__ import annotations

import json
import re
from typing import Any

from .model_replies import Reply, structured, text, tools

QUOTES = {
    "local:attenuation": (
        "Ordinary least squares gave a mean slope of $1.602 \\pm 0.065$, where the second number is the standard "
        "deviation over data sets, not the error of the mean.",
        "That is the slope before the correction.",
    ),
    "local:deming": (
        "Deming’s line has a mean slope of $2.006 \\pm 0.080$.",
        "The bisector of the two regression lines has a mean slope of 1.837, which is 8% too small: it is biased "
        "whenever the ratio of the errors differs from the slope, and should not be used",
    ),
    "local:bisector": (
        "The bisector is therefore an unbiased estimate of the slope when both coordinates have errors, and we "
        "recommend it for general use.",
    ),
    "local:mixture": ("On clean data Deming’s line gave a mean slope of $2.01 \\pm 0.11$.",),
}
PLAN = {
    "questions": ["Which methods are there?", "Which of them are biased?"],
    "queries": ["line fitting errors in both coordinates"],
    "aspects": ["method", "mean slope"],
}
Json = dict[str, Any]


def told(request: Json) -> str:
    """Every text that the request holds, in order."""
    blocks: list[Any] = []
    for message in request["messages"]:
        content = message["content"]
        blocks += [{"type": "text", "text": content}] if isinstance(content, str) else content
    found = []
    for block in blocks:
        if block["type"] == "text":
            found.append(block["text"])
        elif block["type"] == "tool_result":
            found += [part["text"] for part in block["content"] if part["type"] == "text"]
    return "\n".join(found)


def role_of(request: Json) -> str:
    """Which of the four roles is asked."""
    system = " ".join(part["text"] for part in request["system"])
    starts = {"lead": "You lead", "reader": "You read one", "writer": "You write", "judge": "You judge"}
    return next(role for role, words in starts.items() if system.startswith(words))


def turn_of(request: Json) -> int:
    """How often the model has answered in this conversation."""
    return sum(message["role"] == "assistant" for message in request["messages"])


def play(request: Json) -> Reply:
    """The next answer of whichever role is asked."""
    return {"lead": lead, "reader": reader, "writer": writer, "judge": judge}[role_of(request)](request)


def lead(request: Json) -> Reply:
    """Plans, selects all four papers, has them read and the answer written."""
    read = [{"paper": id, "reason": "fits lines"} for id in QUOTES]
    look_for = "Which slope does each method give?"
    steps: tuple[Reply, ...] = (
        tools(("list_papers", {}), ("submit_plan", PLAN)),
        tools(("submit_selection", {"read": read, "passed_over": []}), ("citing_papers", {"paper": "local:deming"})),
        tools(("read_papers", {"papers": list(QUOTES), "look_for": look_for})),
        tools(("write_answer", {})),
        text("The answer is written."),
    )
    if "read_papers" not in [tool["name"] for tool in request["tools"]]:
        enough = structured({"papers": [], "look_for": ""})
        steps = (*steps[:2], structured({"papers": list(QUOTES), "look_for": look_for}), enough)
    return steps[turn_of(request)]


def reader(request: Json) -> Reply:
    """Quotes what stands in `QUOTES` of the paper it is shown, then hands in its reading."""
    words = told(request)
    paper = re.findall(r"\((local:[\w.]+) sha256", words)[0]
    if turn_of(request) == 0:
        sections = re.findall(r"\[(s\d+)\]", words)
        return tools(*(("read_section", {"paper": paper, "section": s}) for s in dict.fromkeys(sections)))
    if turn_of(request) == 1:
        return tools(*(("quote", _quote(paper, quote, words)) for quote in QUOTES[paper]))
    return structured({"relevance": 8, "summary": f"{paper} gives slopes.", "follow": []})


def _quote(paper: str, quote: str, words: str) -> Json:
    line = " ".join(words.split())
    before = line[: line.rindex(quote)]
    return {"paper": paper, "paragraph": re.findall(r"\[(p\d+)\]", before)[-1], "quote": quote, "relevance": 8}


def evidence_of(request: Json) -> dict[str, str]:
    """Ids of the evidence that a writer was shown, by quote."""
    lines = [line for line in told(request).splitlines() if line.startswith('{"id":"ev-')]
    return {piece["quote"]: piece["id"] for piece in map(json.loads, lines)}


def writer(request: Json) -> Reply:
    """An answer with a sound sentence, a misquoted number, one without a source, a table and a disagreement."""
    ids = evidence_of(request)
    by = {paper: [next(ids[q] for q in ids if q[:30] == quote[:30]) for quote in QUOTES[paper]] for paper in QUOTES}
    findings = {
        "enough": True,
        "sentences": [
            {"text": "Deming's line has a mean slope of 2.006 ± 0.080.", "evidence": by["local:deming"][:1]},
            {"text": "Ordinary least squares gives a slope of 1.60.", "evidence": by["local:attenuation"][:1]},
            {"text": "Lines are fun.", "evidence": []},
        ],
        "comparison": [
            {
                "paper": "local:deming",
                "entries": [{"aspect": "mean slope", "text": "2.006 ± 0.080", "evidence": by["local:deming"][:1]}],
            }
        ],
        "disagreements": [
            {
                "text": "The bisector is called unbiased by one paper and biased by another.",
                "evidence": [by["local:bisector"][0], by["local:deming"][1]],
            }
        ],
        "missing": ["what happens with a wrong ratio of errors"],
    }
    return tools(("submit_answer", findings))


def judge(request: Json) -> Reply:
    """Supports everything but a slope of 1.60, of which it says the same too: numbers are for code."""
    return structured({"support": "supported", "reason": ""})
