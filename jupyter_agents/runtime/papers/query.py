"""A person's words as a query that arXiv understands."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Literal

from ...errors import ArxivQueryError

Sort = Literal["relevance", "submitted", "updated"]

_OWN_SYNTAX: Final = re.compile(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all|submittedDate|lastUpdatedDate):")
_CATEGORY: Final = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.(?:[A-Za-z]+(?:-[a-z]+)?|\*))?")
_DAY: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def compose(
    query: str,
    *,
    category: str | None = None,
    since: int | str | date | None = None,
    until: int | str | date | None = None,
) -> str:
    """ArXiv's search expression. Raises ArxivQueryError for what arXiv would refuse or misread."""
    parts = [p for p in (_words(query), _category(category), _dates(since, until)) if p]
    if not parts:
        raise ArxivQueryError("an empty query finds nothing; give words, a category or dates", query=query)
    return " AND ".join(parts)


def _words(query: str) -> str:
    """Plain words joined by AND: arXiv takes `all:a b` as a or b, so most answers would be beside the point."""
    if _OWN_SYNTAX.search(query):
        if query.count("(") != query.count(")") or query.count('"') % 2:
            raise ArxivQueryError(f"brackets or quotes of the query do not match: {query}", query=query)
        return f"({query.strip()})"
    phrases = re.findall(r'"([^"]+)"', query)
    rest = re.sub(r'"[^"]*"', " ", query)
    words = [*(f'"{_clean(p)}"' for p in phrases if _clean(p)), *_clean(rest).split()]
    return " AND ".join(f"all:{w}" for w in words if w not in {"AND", "OR", "NOT", "ANDNOT"})


def _clean(text: str) -> str:
    """Only what arXiv's parser takes inside a term; a hyphen stays between letters."""
    return " ".join(re.sub(r"(?<!\w)-|-(?!\w)|[^\w\s.-]", " ", text).replace("_", " ").split())


def _category(category: str | None) -> str:
    if not category:
        return ""
    if not _CATEGORY.fullmatch(category):
        raise ArxivQueryError(f"{category!r} is no arXiv category; write it like cs.LG or astro-ph.*")
    return f"cat:{category}"


def _dates(since: int | str | date | None, until: int | str | date | None) -> str:
    if since is None and until is None:
        return ""
    start = _day(since, last=False) if since is not None else "19910101"
    end = _day(until, last=True) if until is not None else "29991231"
    if start > end:
        raise ArxivQueryError(f"since {since} lies after until {until}; exchange them", since=since, until=until)
    return f"submittedDate:[{start}0000 TO {end}2359]"


def _day(value: int | str | date, *, last: bool) -> str:
    match = _DAY.fullmatch(str(value))
    if match is None:
        raise ArxivQueryError(f"{value!r} is no date; write a year, 2024-05 or 2024-05-31", date=value)
    year, month, day = int(match[1]), int(match[2] or (12 if last else 1)), match[3]
    if day is None:
        day = _last_day(year, month) if last else "1"
    try:
        return date(year, month, int(day)).strftime("%Y%m%d")
    except ValueError as exc:
        raise ArxivQueryError(f"{value!r} is no day of the calendar", date=value) from exc


def _last_day(year: int, month: int) -> str:
    import calendar

    return str(calendar.monthrange(year, month)[1]) if 1 <= month <= 12 else "1"
