from __future__ import annotations

import pytest

from jupyter_agents.records import Usage
from jupyter_agents.runtime.model import DEFAULT_MODEL, Price
from jupyter_agents.runtime.model.prices import cost, price, usd


def test_the_default_model_has_a_price() -> None:
    assert price(DEFAULT_MODEL) == Price(input=4.0, output=20.0, cache_read=0.2, cache_write=5.0)


def test_a_price_that_rises_with_length_is_reserved_at_its_highest_and_charged_as_used() -> None:
    rates = price("claude-haiku-5-5")
    assert rates is not None
    short, long = Usage(input_tokens=1_000), Usage(input_tokens=200_000)
    reserved, charged = cost(short, rates), usd(short, "claude-haiku-5-5")
    assert reserved is not None
    assert charged is not None
    assert charged < reserved
    assert usd(long, "claude-haiku-5-5") == pytest.approx(cost(long, rates))


def test_cached_tokens_cost_their_own_price() -> None:
    usage = Usage(input_tokens=100_000, output_tokens=10, cache_read_tokens=100_000, cache_write_tokens=100_000)
    expected = 0.1 * 4 + 0.1 * 0.2 + 0.1 * 5 + 10 * 20 / 1e6
    assert usd(usage, DEFAULT_MODEL) == pytest.approx(expected)
    assert cost(usage, price(DEFAULT_MODEL)) == pytest.approx(expected)


def test_an_unknown_price_is_unknown() -> None:
    assert price("my-local-model") is None
    assert usd(Usage(input_tokens=1), "my-local-model") is None
    assert cost(Usage(input_tokens=1), None) is None
