from __future__ import annotations

import pytest

from jupyter_agents.errors import UnknownName
from jupyter_agents.records import Claim, Evidence, Sentence, Span, Usage, Verdict
from jupyter_agents.runtime.notebook.report import (
    Measured,
    claims_table,
    comparison_table,
    cost_line,
    evidence_list,
    fill,
    measured,
    sentences,
)

HASH = "0123456789abcdef" * 4


def test_a_number_points_at_the_cell_it_came_from() -> None:
    link = measured(2.2431, "r1", "fit", HASH)
    assert link == '[2.2431](notebook.ipynb#cell-id=fit "run r1, cell fit, output 0123456789ab")'
    assert measured(5, "r1", "fit", HASH, notebook="").startswith("[5](#cell-id=fit ")


def test_a_hostile_cell_id_cannot_leave_its_link() -> None:
    link = measured("1](http://x) [", 'r"', 'a) "<b>', HASH)
    assert link == ('[1\\](http&#58;//x) \\[](notebook.ipynb#cell-id=a----b- "run r, cell a) b, output 0123456789ab")')


def test_a_models_text_gets_its_numbers_from_the_run() -> None:
    numbers = {"m": Measured(value="2.24", run="r1", cell="fit", output_hash=HASH)}
    text = fill("The *slope* is {{m}}, as {{ m }} says.", numbers)
    assert text.count("[2.24](notebook.ipynb#cell-id=fit") == 2
    assert text.startswith("The \\*slope\\* is [2.24]")
    assert text.endswith(" says.")
    with pytest.raises(UnknownName, match="unknown measured number 'slope'"):
        fill("It is {{slope}}.", numbers)


def test_claims_stand_with_their_verdicts_and_a_count() -> None:
    claims = [
        Claim(id="m", value="2.24", metric="slope", uncertainty="0.11", where="Exercise 1"),
        Claim(id="acc", value="93.1", unit="%", metric="accuracy | x", dataset="<b>MNIST</b>"),
        Claim(id="later", value="7"),
    ]
    verdicts = [
        Verdict(claim="m", status="reproduced", reason="fits", measured="2.2399", cell="fit", output_hash=HASH),
        Verdict(claim="acc", status="mismatch", reason="90 against 93.1", measured="90"),
    ]
    text = claims_table(claims, verdicts, run="r1")
    lines = text.splitlines()
    assert lines[0] == "3 claims: 1 reproduced, 1 mismatch, 1 unchecked."
    assert lines[4].startswith("| slope | `2.24 ± 0.11` | [2.2399](notebook.ipynb#cell-id=fit ")
    assert lines[4].endswith("| **✔ reproduced** | fits | Exercise 1 |")
    assert lines[5].startswith("| accuracy \\| x on \\<b\\>MNIST\\</b\\> | `93.1 %` | 90 | **✘ mismatch** |")
    assert "was not judged" in lines[6]
    assert "no claim with a number" in claims_table([], [])


def test_papers_are_compared_by_aspect_and_silence_is_said() -> None:
    text = comparison_table(["noise", "loss"], [("Hogg 2010", {"noise": "both | axes"})])
    assert text.splitlines()[2] == "| Hogg 2010 | both \\| axes | *not stated* |"
    assert comparison_table(["noise"], []) == "No paper could be compared."


def piece(**more: str) -> Evidence:
    quote = more.pop("quote", "Fit <b>it</b>.\n\n![x](http://e)")
    return Evidence(
        id="ev-1",
        paper="arXiv:1008.4686",
        version="v1",
        paragraph="p7",
        where="Intro",
        quote=quote,
        span=Span(start=3, end=9),
    )


def test_evidence_is_quoted_verbatim_with_its_place() -> None:
    text = evidence_list([piece()])
    assert text.splitlines()[0] == "**ev-1** · arXiv:1008.4686 v1 · Intro, paragraph `p7`, characters 3–9"
    assert "> Fit \\<b\\>it\\</b\\>.\n>\n> \\!\\[x\\](http&#58;//e)" in text
    assert "not enough evidence" in evidence_list([])


def test_sentences_that_are_less_than_supported_are_marked() -> None:
    text = sentences(
        [
            Sentence(text="A.", evidence=("ev-1", "ev-2"), support="supported"),
            Sentence(text="B.", evidence=("ev-1",), support="partial"),
            Sentence(text="C 5.", support="unsupported", numbers_missing=("5",)),
        ]
    )
    assert text.startswith("A. \\[ev-1, ev-2\\] B. \\[ev-1\\] **[only partly supported]** C 5. **[no source]**")
    assert text.endswith("**[not supported by its sources]** **[not in its quotes: `5`]**")
    assert "not enough evidence" in sentences([])


def test_cost_is_one_line_and_an_unknown_price_is_said() -> None:
    cost = Usage(input_tokens=1200, output_tokens=300, cache_read_tokens=500, usd=0.0123)
    assert cost_line(cost, model="claude-x", steps=4) == (
        "USD 0.0123 for 2,000 tokens (300 written, 500 read from the cache) by `claude-x` in 4 steps."
    )
    assert cost_line(Usage(input_tokens=5, usd=None), model="local").startswith("price unknown")
    assert cost_line(Usage()) == "No model was used; this cost nothing."


@pytest.mark.parametrize(
    ("claimed", "value", "shown"),
    [
        ("2.24", "2.2399208316310501", "2.23992"),
        ("34", "34.047727720190544", "34.048"),
        ("0.11", "0.10778047654050104", "0.10778"),
        ("93.1 %", "0.9312345678", "0.931235"),
        ("5", "nan", "nan"),
        ("5", "a text", "a text"),
    ],
)
def test_a_measured_value_is_shown_with_three_digits_more_than_its_claim(claimed: str, value: str, shown: str) -> None:
    verdict = Verdict(claim="c", status="reproduced", measured=value, cell="fit", output_hash=HASH)
    assert f"[{shown}](" in claims_table([Claim(id="c", value=claimed)], [verdict], run="r1")
