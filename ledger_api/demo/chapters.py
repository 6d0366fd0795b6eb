"""The plan as EPCIS documents, each of a few days, for the party that would submit it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ledger_api.demo.cast import CARRIER, DEPOT, PLANT, POLYMERS, PVC, ROD_MAKERS, RODS, Party
from ledger_api.demo.checks import (
    CableChecks,
    Check,
    cable_checks,
    final_check,
    pvc_checks,
    rod_checks,
    wire_checks,
)
from ledger_api.demo.delivery import Delivery
from ledger_api.demo.events import (
    Event,
    document,
    handed_over,
    inspected,
    observed,
    quantity,
)
from ledger_api.demo.plan import (
    DAYS,
    DAYS_A_PVC_LOT,
    ROD_KILOGRAMS,
    Plan,
    RodLot,
    created,
    pvc_lot,
)
from ledger_api.demo.works import Works
from traceability.strict_json import JSONValue

PVC_KILOGRAMS = 2300
DAYS_A_CHAPTER = 3
Serials = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one party submits of a few days."""

    party: Party
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """Every inspection of the story, by lot."""

    rods: Mapping[str, tuple[Check, ...]]
    pvc: Mapping[str, Check]
    wires: Mapping[str, tuple[Check, Check]]
    cables: Mapping[str, CableChecks]


def findings(plan: Plan) -> Findings:
    """Draw every inspection of a plan."""
    rods = {lot: checks for maker in ROD_MAKERS for lot, checks in rod_checks(plan, maker).items()}
    return Findings(rods, pvc_checks(plan), wire_checks(plan), cable_checks(plan))


def chapters(plan: Plan, serials: Serials) -> Iterator[Chapter]:
    """Yield what is submitted, in the order of the story.

    Parameters
    ----------
    serials
        The serials of each lot of `plan.lots`, as minted.
    """
    found = findings(plan)
    works = Works(plan, serials, found.wires, found.cables)
    for first in range(0, DAYS, DAYS_A_CHAPTER):
        days = range(first, first + DAYS_A_CHAPTER)
        for maker in ROD_MAKERS:
            rods = [rod for rod in plan.rods if rod.maker is maker and rod.day in days]
            yield Chapter(maker, tuple(event for rod in rods for event in _rod_events(plan, rod)))
        mixed = [day for day in days if day % DAYS_A_PVC_LOT == 0]
        yield Chapter(POLYMERS, tuple(event for day in mixed for event in _pvc_events(plan, day)))
        yield from _moving(plan, days, works=works, found=found)


def _moving(plan: Plan, days: range, *, works: Works, found: Findings) -> Iterator[Chapter]:
    """Yield what the plant, the carrier and the depot submit of some days."""
    told: dict[Party, list[Event]] = {PLANT: [], CARRIER: [], DEPOT: []}
    for day in days:
        delivery = Delivery(plan, day, codes=works.packed_codes(day))
        told[PLANT] += [*_arrivals(plan, day, found), *works.events(day), *delivery.sent()]
        told[CARRIER] += delivery.carried()
        told[DEPOT] += delivery.received()
    yield from (Chapter(party, tuple(events)) for party, events in told.items())


def chapter_document(plan: Plan, chapter: Chapter) -> Event:
    """Return the EPCIS document of a chapter."""
    return document(chapter.events, created=created(plan))


def _rod_events(plan: Plan, rod: RodLot) -> Iterator[Event]:
    maker, goods, start = rod.maker, RODS[rod.maker], plan.midnight(rod.day)
    amount = [quantity(goods, rod.number, ROD_KILOGRAMS)]
    yield observed(
        start + timedelta(hours=2), "commissioning", where=maker.spot_uri("casting"),
        disposition="active", action="ADD", quantities=amount,
        more=_ilmd(rod.number, {"itemproof:furnaceRun": f"{rod.number}-1"}),
    )  # fmt: skip
    yield inspected(
        start + timedelta(hours=3), final_check(rod), where=maker.spot_uri("laboratory"),
        quantities=amount,
    )  # fmt: skip
    yield _shipped(plan, maker, rod.number, day=rod.day, amount=amount)


def _shipped(plan: Plan, maker: Party, lot: str, *, day: int, amount: Sequence[JSONValue]) -> Event:
    return observed(
        plan.midnight(day) + timedelta(hours=4), "shipping", where=maker.site_uri,
        disposition="in_transit", quantities=amount, more=_with_papers(maker, lot),
    )  # fmt: skip


def _with_papers(maker: Party, lot: str) -> Event:
    order = PLANT.transaction_uri("PO", maker.prefix)
    note = maker.transaction_uri("DA", lot)
    return handed_over(maker, PLANT, ("po", order), ("desadv", note))


def _ilmd(lot: str, more: Event | None = None) -> Event:
    return {"ilmd": {"cbvmda:lotNumber": lot, "cbvmda:countryOfOrigin": "CN", **(more or {})}}


def _pvc_events(plan: Plan, day: int) -> Iterator[Event]:
    lot = pvc_lot(plan.base, day)
    amount = [quantity(PVC, lot, PVC_KILOGRAMS)]
    yield observed(
        plan.midnight(day) + timedelta(hours=1), "commissioning",
        where=POLYMERS.spot_uri("mixing"), disposition="active", action="ADD",
        quantities=amount, more=_ilmd(lot),
    )  # fmt: skip
    yield _shipped(plan, POLYMERS, lot, day=day, amount=amount)


def _arrivals(plan: Plan, day: int, found: Findings) -> Iterator[Event]:
    """Yield receipt and incoming inspection of what arrives on a day."""
    for rod in (rod for rod in plan.rods if rod.day == day):
        amount = quantity(RODS[rod.maker], rod.number, ROD_KILOGRAMS)
        yield from _received(plan, rod.maker, rod.number, day=day, amount=amount,
                             checks=found.rods[rod.number])  # fmt: skip
    if day % DAYS_A_PVC_LOT == 0:
        lot = pvc_lot(plan.base, day)
        amount = quantity(PVC, lot, PVC_KILOGRAMS)
        yield from _received(plan, POLYMERS, lot, day=day, amount=amount, checks=[found.pvc[lot]])


def _received(
    plan: Plan, maker: Party, lot: str, *, day: int, amount: JSONValue, checks: Sequence[Check]
) -> Iterator[Event]:
    when = plan.midnight(day) + timedelta(hours=6)
    yield observed(
        when, "receiving", where=PLANT.spot_uri("goods-in"), disposition="in_progress",
        quantities=[amount], more=_with_papers(maker, lot),
    )  # fmt: skip
    for number, check in enumerate(checks, 1):
        yield inspected(
            when + timedelta(minutes=10 * number), check, where=PLANT.spot_uri("goods-in"),
            quantities=[amount],
        )  # fmt: skip
