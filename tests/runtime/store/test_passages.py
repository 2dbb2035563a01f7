from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_agents.records import Preprint
from jupyter_agents.runtime.store.passages import LONGEST, passages, sentences

Make = Callable[..., Preprint]

BODY = """
Before any heading.

# Method

First **bold** claim. Second claim with `code_name`. Third claim. Fourth claim. Fifth claim.

```python
secret = 1
```

## Data

- one item
- another item

| name | value |
|---|---|
| slope | 2.24 |

# Result

![the fit](fit.png) shows it. See [the paper](http://example.org).
"""


def test_passages_know_their_section(make: Make) -> None:
    found = [
        (p.section, p.text) for p in passages(make(abstract="One. Two.", body=BODY, keywords=("lines", "errors")))
    ]
    assert found == [
        ("Abstract", "One. Two."),
        ("", "Before any heading."),
        ("Method", "First bold claim. Second claim with code_name. Third claim."),
        ("Method", "Fourth claim. Fifth claim."),
        ("Method › Data", "one item"),
        ("Method › Data", "another item"),
        ("Method › Data", "name | value"),
        ("Method › Data", "slope | 2.24"),
        ("Result", "the fit shows it. See the paper."),
        ("Keywords", "lines, errors"),
    ]


def test_a_preprint_with_a_title_only_can_be_found(make: Make) -> None:
    assert [p.text for p in passages(make(title=" A \n title ", abstract="", body=""))] == ["A title"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("See Fig. 3 by Hogg et al. Then stop.", ["See Fig. 3 by Hogg et al. Then stop."]),
        ("It is 2.24 m. It holds.", ["It is 2.24 m. It holds."]),
        ('He said "yes." Then left.', ['He said "yes."', "Then left."]),
        ("D. W. Hogg wrote it. We read it.", ["D. W. Hogg wrote it.", "We read it."]),
        ("no end", ["no end"]),
        ("", []),
        (" \n\t ", []),
        ("e.g. this one", ["e.g. this one"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_four_sentences_stay_together_and_long_ones_are_cut(make: Make) -> None:
    four = passages(make(abstract="One. Two. Three. Four.", body=""))
    assert [p.text for p in four] == ["One. Two. Three. Four."]
    long = passages(make(abstract="word " * 1_000 + "x" * 3_000, body=""))
    assert all(len(p.text) <= LONGEST for p in long)
    assert "".join("".join(p.text.split()) for p in long) == "word" * 1_000 + "x" * 3_000
