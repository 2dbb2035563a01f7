"""A record with some fields changed; records themselves never change."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

R = TypeVar("R")


def changed(record: R, **fields: object) -> R:
    """A copy of the record with these fields, typed as it was: to type checkers a `Record` is no Struct."""
    return cast(R, msgspec.structs.replace(cast(Any, record), **fields))
