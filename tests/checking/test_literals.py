from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_agents.checking.literals import typed_values
from jupyter_agents.records import Cell, Claim


def cells(*sources: str, parameters: str = "") -> list[Cell]:
    head = [Cell(id="p", kind="code", source=parameters, tags=("parameters",))] if parameters else []
    return head + [Cell(id=f"c{i}", kind="code", source=source) for i, source in enumerate(sources)]


def typed(value: str, *sources: str, parameters: str = "") -> bool:
    return bool(typed_values(cells(*sources, parameters=parameters), Claim(id="m", value=value)))


@pytest.mark.parametrize(
    "source",
    [
        'claim("m", 2.24)',
        'claim("m", 2.240)',
        'claim("m", -(-2.24))',
        'claim("m", 2.0 + 0.24)',
        'claim("m", 224 / 100)',
        'claim("m", float("2.24"))',
        'claim(id="m", value=2.24)',
        'claim("m", round(2.24, 2))',
        'm, b = 2.24, 34\nclaim("m", m)',
        'm = (2.24,)[0]\nclaim("m", m)',
        'results = {"m": 2.24}\nclaim("m", results["m"])',
        'import json\nclaim("m", json.loads(\'{"m": 2.24}\')["m"])',
        'def fit():\n    return 2.24\nclaim("m", fit())',
        "from decimal import Decimal\nclaim('m', Decimal('2.24'))",
        'class Fit:\n    m = 2.24\nclaim("m", Fit.m)',
        'claim("m", fit(x) * 0 + 2.24)',
        '%matplotlib inline\nclaim("m", 2.24)',
        'claim("m", np.float64(2.24))',
        'm: float = 2.24\nclaim("m", m if done else fit(x))',
        "%%time\nclaim('m', 2.24)",
        "claim('m', 2.24) if (",
        "text = b'2.24'\nclaim('m', float(text))",
        "claim('m', float('2.24 0.11'.split()[0]))",
    ],
)
def test_a_claims_value_that_is_typed_is_seen(source: str) -> None:
    assert typed("2.24", source)


@pytest.mark.parametrize(
    "source",
    [
        'claim("m", 34)',
        'm = 30 + 4\nclaim("m", m)',
        'results = {}\nresults["m"] = 34\nclaim("m", results["m"])',
        'def fit(x):\n    return 34\nclaim("m", fit(data))',
        'm = "34"\nclaim("m", int(m))',
        'm = n = 34\nclaim("m", n)',
        'for m in [34]:\n    claim("m", m)',
        'claim("m", 33)',
        'fit.m = 34\nclaim("m", fit.m)',
        'm = 30\nm += 4\nclaim("m", m)',
        'f = [34, 35]\nclaim("m", f[0])',
        'for k, v in {"m": 34}.items():\n    claim(k, v)',
        'results = {"m": 34, "b": 2}\nfor k, v in results.items():\n    claim(k, v)',
        'helpers.claim("m", 34)',
        'def line(x, m, b):\n    return m * x + b\nm = 34\nclaim("m", m)',
        'def report():\n    m = 34\n    claim("m", m)\nreport()',
        'fit = lambda x: 34\nclaim("m", fit(x))',
        'def fit(x):\n    best = 34\n    return best\nclaim("m", fit(x))',
        'm = 0\ndef fit():\n    global m\n    m = 34\nfit()\nclaim("m", m)',
    ],
)
def test_a_short_number_counts_where_it_flows_into_the_claim(source: str) -> None:
    assert typed("34", source)


@pytest.mark.parametrize(
    "source",
    [
        'm = fit(x)\nclaim("m", m)',
        'for i in range(34):\n    step()\nclaim("m", fit(x))',
        'best = 0.0\nfor x in data:\n    best = max(best, x)\nclaim("m", best)',
        'best = 0\nfor x in data:\n    best += x\nclaim("m", best)',
        'results = {}\nfor n in names:\n    results[n] = fit(n)\nclaim("m", results["m"])',
        'seen = [0]\nseen.append(fit(x))\nclaim("m", seen[1])',
        'out = [0.0]\nfill(out)\nclaim("m", out[0])',
        'def fit(x):\n    return x.mean()\nclaim("m", fit(x))',
        '"""We expect 34."""\nclaim("m", len(x) + 34 * 0)',
        'with open("f") as m:\n    claim("m", m)',
        'claim("other", 34)',
        'm = unknown\nclaim("m", m)',
        'a = b\nb = a.c\nclaim("m", b)',
        'm = 34\ndef fit(x):\n    m = x.mean()\n    return m\nclaim("m", fit(x))',
        'm = 0\ndef fit():\n    global m\n    m = x.mean()\nfit()\nclaim("m", m)',
        'claim("m", ' + "1+" * 3000 + "x)",
        'results = {"n": 5}\nresults["m"] = fit(x)\nfor k, v in results.items():\n    claim(k, v)',
    ],
)
def test_a_computed_value_is_not_suspected(source: str) -> None:
    assert not typed("34", source)


def test_parameters_may_hold_the_number_but_not_be_shown_as_the_claim() -> None:
    assert not typed("2.24", 'claim("m", fit(start))', parameters="start = 2.24")
    assert typed("2.24", 'claim("m", float(start))', parameters="start = 2.24")
    assert typed("2.24", 'answer = start\nclaim("m", answer)', parameters="start = 2.24")
    assert not typed("2.24", 'start = fit(start)\nclaim("m", start)', parameters="start = 2.24")


def test_docstrings_and_markdown_are_descriptions() -> None:
    described = 'def fit(x):\n    """Slope, 2.24 in the paper."""\n    return x.mean()\nclaim("m", fit(x))'
    assert not typed("2.24", described)
    notes = [Cell(id="t", kind="markdown", source="m = 2.24"), *cells('claim("m", fit(x))')]
    assert typed_values(notes, Claim(id="m", value="2.24")) == ()
    assert not typed("2.24", 'plt.title("m = 2.24")\nclaim("m", fit(x))')


def test_percentages_are_recognised_as_fractions_too() -> None:
    assert typed("93.1 %", "best = 0.931\nclaim('m', evaluate(best))")
    assert not typed("93.1", "best = 0.931\nclaim('m', evaluate(best))")


def test_the_place_is_named() -> None:
    (found,) = typed_values(cells("x = 1\n", "y = 2\nm = 2.24\n"), Claim(id="m", value="2.24"))
    assert (found.cell, found.line, found.code) == ("c1", 2, "2.24")
    assert found.reason == "`2.24` stands in cell c1, line 2"


@pytest.mark.parametrize("source", ["9**9**9**9", "(" * 300, "1/0", "x = 10**400", "'a' * 9", "1e999 - 1e999", "\x00"])
def test_hostile_code_is_looked_at_and_not_run(source: str) -> None:
    assert not typed("2.24", source)


def test_names_that_refer_to_each_other_are_followed_once() -> None:
    chain = "\n".join(f"a{i} = a{i + 1} + a{i + 1}" for i in range(300))
    assert typed("34", f'{chain}\na300 = 1\nclaim("m", a0)')
    assert not typed("34", f'{chain}\na300 = fit(x)\nclaim("m", a0)')
    assert not typed("34", 'a = b\nb = a\nb = fit(x)\nclaim("m", a)')


@given(st.integers(100, 99_999), st.integers(1, 9_999))
def test_any_sum_of_two_literals_is_seen(cents: int, part: int) -> None:
    source = f'x = {part} / 100\nclaim("m", ({part} + {cents - part}) / 100)'
    assert typed(f"{cents / 100:.2f}", source)


@given(st.text(max_size=60))
def test_any_cell_can_be_looked_at(source: str) -> None:
    assert isinstance(typed("2.24", source), bool)
