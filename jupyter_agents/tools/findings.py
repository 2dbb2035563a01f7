"""Findings of other runs: search and read the preprint store."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ..errors import StoreEmpty
from ..records import Observation, Record, dump
from . import Desk, tool


class SearchStore(Record):
    """Arguments of `search_store`."""

    query: str
    limit: Annotated[int, Meta(ge=1, le=20)] = 5


@tool("store")
async def search_store(desk: Desk, arguments: SearchStore) -> Observation:
    """Search what other runs found. These are agents' reports, not papers: cite them as that, and check them."""
    try:
        hits = desk.store.search(arguments.query, limit=arguments.limit)
    except StoreEmpty:
        hits = []
    lines = [f"{hit.preprint} v{hit.version} ({hit.trust}) {hit.title}\n{hit.passage}" for hit in hits]
    data = [dump(hit) for hit in hits]
    return Observation(text="\n\n".join(lines) or "nothing found", data=data, untrusted=True, source="preprint store")


class ShowPreprint(Record):
    """Arguments of `show_preprint`."""

    id: str


@tool("store")
async def show_preprint(desk: Desk, arguments: ShowPreprint) -> Observation:
    """Read one agent's report from the store, with its verdicts and trust status."""
    preprint = desk.store.show(arguments.id)
    head = f"{preprint.title}\nby agent {preprint.agent}, model {preprint.model or 'none'}, {preprint.trust}"
    return Observation(text=f"{head}\n\n{preprint.body}", data=dump(preprint), untrusted=True, source=preprint.id)
