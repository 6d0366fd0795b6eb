"""`GET /api/trace|recall|journey|where|holders?code=`: for those with an API key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from ledger_api.services import CallerOf, ServicesOf
from ledger_api.standings import with_standings
from traceability.lineage.journeys import journey
from traceability.lineage.tracing import recall, trace
from traceability.lineage.where import holders, where

router = APIRouter(prefix="/api", tags=["lineage"])
Code = Annotated[str, Query(description="Any GS1 code in any written form.")]


@router.get("/trace", summary="What a code was made of, or what was made of it")
def get_trace(
    services: ServicesOf,
    _caller: CallerOf,
    code: Code,
    direction: Annotated[Literal["upstream", "downstream", "both"], Query()] = "upstream",
) -> dict[str, Any]:
    """Return the codes that lineage reaches, each edge with its event and proof."""
    node = services.node
    with node.store.reading() as repositories:
        found = trace(repositories, code, direction=direction)
        return with_standings(repositories, node.identity, found)


@router.get("/recall", summary="Everything that a lot or item went into")
def get_recall(services: ServicesOf, _caller: CallerOf, code: Code) -> dict[str, Any]:
    """Return the recall set of a code."""
    node = services.node
    with node.store.reading() as repositories:
        found = recall(repositories, code)
        return with_standings(repositories, node.identity, found)


@router.get("/journey", summary="What happened to an item, alone and inside what carried it")
def get_journey(services: ServicesOf, _caller: CallerOf, code: Code) -> dict[str, Any]:
    """Return an item's events in order of their time."""
    node = services.node
    with node.store.reading() as repositories:
        found = journey(repositories, code)
        return with_standings(repositories, node.identity, found)


@router.get("/where", summary="Where a thing is, who holds it, since when, and what it is in")
def get_where(services: ServicesOf, _caller: CallerOf, code: Code) -> dict[str, Any]:
    """Return the last location and holder of a code; null where no event tells."""
    node = services.node
    with node.store.reading() as repositories:
        found = where(repositories, code)
        return with_standings(repositories, node.identity, found)


@router.get("/holders", summary="Who holds how many items, and what amounts, of a lot")
def get_holders(services: ServicesOf, _caller: CallerOf, code: Code) -> dict[str, Any]:
    """Return the holders of a lot, each with what it has and where."""
    node = services.node
    with node.store.reading() as repositories:
        found = holders(repositories, code)
        return with_standings(repositories, node.identity, found)
