"""`GET /api/trace|recall|journey|where|holders?code=`: for those with an API key.

All give rows of JSON, one a line, the first three any format of the exports and pages, too.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from ledger_api.exports.exporting import Asked
from ledger_api.exports.samples import ANSWERS
from ledger_api.exports.serving import FormatName, asker_of, only_rows, served
from ledger_api.lineage import material
from ledger_api.lineage.limiting import WithinOf
from ledger_api.lineage.paging import PageOf
from ledger_api.services import CallerOf, ServicesOf

router = APIRouter(prefix="/api", tags=["lineage"])
router.include_router(material.router)
Code = Annotated[str, Query(description="Any GS1 code in any written form.")]
Accept = Annotated[str | None, Header()]


@router.get(
    "/trace",
    summary="What a code was made of, or what was made of it",
    response_class=Response,
    responses=ANSWERS["trace"],
)
def get_trace(
    services: ServicesOf,
    caller: CallerOf,
    code: Code,
    within: WithinOf,
    page: PageOf,
    *,
    direction: Annotated[Literal["upstream", "downstream", "both"], Query()] = "upstream",
    form: FormatName = None,
    accept: Accept = None,
) -> Response:
    """Return the codes that lineage reaches, each edge with its event and proof."""
    asked = Asked("trace", code, asker_of(caller), direction, within)
    return served(services, asked, form=form, accept=accept, page=page)


@router.get(
    "/recall",
    summary="Everything that a lot or item went into",
    response_class=Response,
    responses=ANSWERS["recall"],
)
def get_recall(
    services: ServicesOf,
    caller: CallerOf,
    code: Code,
    within: WithinOf,
    page: PageOf,
    *,
    form: FormatName = None,
    accept: Accept = None,
) -> Response:
    """Return the recall set of a code."""
    asked = Asked("recall", code, asker_of(caller), within=within)
    return served(services, asked, form=form, accept=accept, page=page)


@router.get(
    "/journey",
    summary="What happened to an item, alone and inside what carried it",
    response_class=Response,
    responses=ANSWERS["journey"],
)
def get_journey(
    services: ServicesOf,
    caller: CallerOf,
    code: Code,
    within: WithinOf,
    page: PageOf,
    *,
    form: FormatName = None,
    accept: Accept = None,
) -> Response:
    """Return an item's events in order of their time."""
    asked = Asked("journey", code, asker_of(caller), within=within)
    return served(services, asked, form=form, accept=accept, page=page)


@router.get("/where", summary="Where a thing is, who holds it, since when, and what it is in")
def get_where(
    services: ServicesOf,
    caller: CallerOf,
    code: Code,
    within: WithinOf,
    page: PageOf,
    *,
    accept: Accept = None,
) -> Response:
    """Return the last location and holder of a code; null where no event tells."""
    asked = Asked("where", code, asker_of(caller), within=within)
    return served(services, asked, form=only_rows(accept), accept=accept, page=page)


@router.get("/holders", summary="Who holds how many items, and what amounts, of a lot")
def get_holders(
    services: ServicesOf,
    caller: CallerOf,
    code: Code,
    within: WithinOf,
    page: PageOf,
    *,
    accept: Accept = None,
) -> Response:
    """Return the holders of a lot, each with what it has and where."""
    asked = Asked("holders", code, asker_of(caller), within=within)
    return served(services, asked, form=only_rows(accept), accept=accept, page=page)
