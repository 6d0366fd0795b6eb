"""`GET /api/balance|across?code=`: for those with an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query

from ledger_api.exports.serving import asker_of
from ledger_api.lineage.limiting import UNLIMITED
from ledger_api.services import CallerOf, Services, ServicesOf
from ledger_api.standings import with_standings
from traceability.lineage.across.asking import across
from traceability.lineage.across.causes import read_asked
from traceability.lineage.balance.asking import balance
from traceability.lineage.balance.tolerance import read_tolerance

if TYPE_CHECKING:
    from traceability.ledger.partners import Asker

router = APIRouter()
Code = Annotated[str, Query(description="Any GS1 code in any written form.")]
Tolerance = Annotated[
    str | None,
    Query(description="What may be missing: `0.5%`, `200 g`, or both joined by +.", max_length=64),
]
Keys = Annotated[
    list[str] | None,
    Query(description="machine, tool, operator, furnace_run, device, prodorder, place, raw_lot, …"),
]
Ranges = Annotated[
    list[str] | None, Query(alias="range", description="NAME:LOW..HIGH or NAME[UNIT]:LOW..HIGH.")
]
Window = Annotated[str | None, Query(description="FROM..TO, or a length such as 4h.")]


@router.get("/balance", summary="Whether the material of a code's chain adds up")
def get_balance(
    services: ServicesOf,
    caller: CallerOf,
    code: Code,
    *,
    tolerance: Tolerance = None,
    direction: Annotated[Literal["upstream", "downstream", "both"], Query()] = "both",
) -> dict[str, Any]:
    """Return the balance of each transformation, of each lot, and of all together."""
    asker = asker_of(caller)
    return balance_json(services, code, asker=asker, tolerance=tolerance, direction=direction)


def balance_json(
    services: Services,
    code: str,
    *,
    asker: Asker,
    tolerance: str | None = None,
    direction: str = "both",
) -> dict[str, Any]:
    """Return a balance as JSON; without a tolerance that of the settings counts.

    Raises
    ------
    As `balance` and `read_tolerance` do.
    """
    node = services.node
    written = services.settings.balance_tolerance if tolerance is None else tolerance
    allowed = read_tolerance(written)
    with node.store.reading() as repositories:
        limits = UNLIMITED.limits(repositories, asker)
        found = balance(repositories, code, tolerance=allowed, direction=direction, limits=limits)
        return with_standings(repositories, node.identity, found)


@router.get("/across", summary="What else has a cause of a fault")
def get_across(
    services: ServicesOf,
    caller: CallerOf,
    code: Code,
    *,
    key: Keys = None,
    window: Window = None,
    range_: Ranges = None,
) -> dict[str, Any]:
    """Return the causes of a code and of what it was made from, and everything with the same."""
    keys, ranges = tuple(key or ()), tuple(range_ or ())
    asker = asker_of(caller)
    return across_json(services, code, asker=asker, keys=keys, ranges=ranges, window=window)


def across_json(
    services: Services,
    code: str,
    *,
    asker: Asker,
    keys: tuple[str, ...] = (),
    ranges: tuple[str, ...] = (),
    window: str | None = None,
) -> dict[str, Any]:
    """Return what shares a cause as JSON.

    Raises
    ------
    As `across` and `read_asked` do.
    """
    node = services.node
    asked = read_asked(keys, ranges, window)
    with node.store.reading() as repositories:
        limits = UNLIMITED.limits(repositories, asker)
        found = across(repositories, code, asked, limits=limits)
        return with_standings(repositories, node.identity, found)
