"""What model calls cost, from a table that other people maintain (genai-prices), offline."""

from __future__ import annotations

from typing import Any

from ...records import Usage
from . import Price

PROVIDER = "anthropic"


def price(model: str) -> Price | None:
    """US dollars per million tokens; None if the table does not know the model.

    Where a price rises with the length of the prompt, the highest: reservations must not fall short.
    """
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    try:
        rates: Any = calc_price(Tokens(input_tokens=1), model, provider_id=PROVIDER).model_price
    except LookupError:
        return None
    read, written = _highest(rates.input_mtok), _highest(rates.output_mtok)
    if read is None or written is None:
        return None
    cached, cache_write = _highest(rates.cache_read_mtok), _highest(rates.cache_write_mtok)
    return Price(
        input=read,
        output=written,
        cache_read=read if cached is None else cached,
        cache_write=read if cache_write is None else cache_write,
    )


def cost(usage: Usage, rates: Price | None) -> float | None:
    """US dollars for these tokens at flat rates; None where the rates are unknown. For reservations."""
    if rates is None:
        return None
    return (
        usage.input_tokens * rates.input
        + usage.output_tokens * rates.output
        + usage.cache_read_tokens * rates.cache_read
        + usage.cache_write_tokens * rates.cache_write
    ) / 1_000_000


def usd(usage: Usage, model: str) -> float | None:
    """US dollars for one call's tokens, tiers by the prompt's length included; None if nobody knows."""
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    tokens = Tokens(  # the table counts what was read from or written to the cache as input as well
        input_tokens=usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
    try:
        return float(calc_price(tokens, model, provider_id=PROVIDER).total_price)
    except LookupError:
        return None


def _highest(rate: Any) -> float | None:
    if rate is None:
        return None
    return float(max([rate.base, *(tier.price for tier in rate.tiers)])) if hasattr(rate, "tiers") else float(rate)
