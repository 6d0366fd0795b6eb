"""The accounts of lots that go by quantity, drawn up from the store's events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from traceability.lineage.containment import Key
from traceability.lineage.queries import EventDetails
from traceability.lineage.recalls.amounts import RECEIVING, SENDING, Account, Kind, Movement
from traceability.lineage.recalls.sightings import Sightings
from traceability.lineage.recalls.states import REMOVED, UNACCOUNTED, state_of
from traceability.lineage.walking import Sources
from traceability.store.repositories.events import ROLES

# EPCIS has amounts without a unit for what is counted: pieces, by UN/ECE Recommendation 20.
PIECE: Final = "H87"
_ROLES: Final = ("epc", "input", "output")


class Amount(NamedTuple):
    """One event and how much of a lot it names; `role` is none for what a container did."""

    node: int
    event: int
    role: str | None
    quantity: Decimal
    unit: str


class Drawn(NamedTuple):
    """The accounts of lots by unit, who made each, and lots with an amount that nobody told."""

    accounts: dict[tuple[int, str], Account]
    makers: dict[tuple[int, str], bytes]
    untold: set[int]


Details = Callable[[Collection[int]], dict[int, EventDetails]]
Signer = Callable[[int], bytes]


def draw_up(
    sources: Sources,
    nodes: Collection[int],
    *,
    sightings: Sightings,
    details: Details,
    signer: Signer,
) -> Drawn:
    """Return the accounts of those of the lots that events name by quantity.

    Parameters
    ----------
    signer
        Gives the participant that signed a batch.
    """
    untold: set[int] = set()
    amounts = list(_amounts(sources, nodes, sightings=sightings, untold=untold))
    known = details({one.event for one in amounts})
    events = sources.events
    drawn = Drawn({}, {}, untold)
    for one in sorted(amounts, key=lambda one: events.key(one.event)):
        told = known[one.event]
        kind = _kind(one, told)
        if kind is not None:
            place, party = (one.node, one.unit), signer(told.batch)
            drawn.accounts.setdefault(place, Account()).take(
                [Movement(kind, party, one.quantity, one.event)]
            )
            if kind == "made":
                drawn.makers.setdefault(place, party)
    return drawn


def _amounts(
    sources: Sources, nodes: Collection[int], *, sightings: Sightings, untold: set[int]
) -> Iterator[Amount]:
    for role in _ROLES:
        rows = sources.reader.quantities_by_role(nodes, ROLES[role])
        sources.events.load({event for _, event, *_ in rows})
        for node, event, quantity, unit in rows:
            if sources.events[event].erroneous:
                continue
            amount = _decimal(quantity)
            if amount is None:
                untold.add(node)
            else:
                yield Amount(node, event, role, amount, unit or PIECE)
    yield from _carried(sources, nodes, sightings=sightings)


def _carried(sources: Sources, nodes: Collection[int], *, sightings: Sightings) -> Iterator[Amount]:
    """Yield what happened to amounts in containers: they go where those go."""
    packed = {
        (node, event): (amount, unit or PIECE)
        for node, event, quantity, unit in sources.reader.quantities_by_role(nodes, ROLES["child"])
        if (amount := _decimal(quantity)) is not None
    }
    for node in nodes:
        for stay in sources.holding.upwards.get(node, ()):
            begun = packed.get((node, stay.start[1]))
            if begun is None:
                continue
            met: set[int] = set()
            window: tuple[Key, Key | None] = (stay.start, stay.end)
            for _, one in sightings.events_around(node, window=window):
                if one.event not in met:
                    met.add(one.event)
                    yield Amount(node, one.event, "input" if one.is_input else None, *begun)


def _kind(one: Amount, told: EventDetails) -> Kind | None:
    """Return what an event does with an amount; nothing where it only sees it."""
    if one.role == "output":
        return "made"
    found: dict[str, Kind] = {SENDING: "sent", RECEIVING: "received"}
    is_object = told.type == "ObjectEvent"
    state = state_of(
        is_input=one.role == "input",
        is_deletion=is_object and told.action == "DELETE",
        biz_step=None,
        disposition=told.disposition,
        is_with_maker=True,
    )
    if one.role == "input":
        return "used"
    if state in (REMOVED, UNACCOUNTED):
        return "removed" if state == REMOVED else "lost"
    if is_object and told.action == "ADD":
        return "made" if one.role == "epc" else None
    return found.get(told.biz_step or "")


def _decimal(quantity: str | None) -> Decimal | None:
    try:
        found = None if quantity is None else Decimal(quantity)
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and found > 0 else None
