"""Where a thing is, who holds it and since when, as pure functions; docs/lineage.md explains.

`whereabouts` is the meaning, over all events at once; `locating.py` gathers the same sightings
from the store and settles them with the same function. A property test holds the two together.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), sections 7.3.5.3 and 7.3.5.4 (read point, business
location), 7.3.5.5 (sources and destinations).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from traceability.lineage.containment import Key, Node, Stay
from traceability.lineage.parties import DESTINATION, SOURCE
from traceability.lineage.rules import CONTAINMENT_TYPE, Fact, Graph, around, kind_of
from traceability.lineage.sightings import Clues, Sighting, Told, order_of
from traceability.lineage.surroundings import Surroundings

# Where goods have not arrived yet, and where they have.
_DEPARTING = ("shipping", "departing")
_ARRIVING = ("receiving", "arriving", "accepting", "unloading")
_UNDERWAY = "in_transit"
_HOLDING = ("possessing_party", "owning_party")
# What stands for one thing: only of that can an event be the end.
SINGLE_KINDS = ("item", "container", "asset")

PRESENT, IN_TRANSIT, CONSUMED, DECOMMISSIONED, UNKNOWN = (
    "present",
    "in_transit",
    "consumed",
    "decommissioned",
    "unknown",
)
BIZ_LOCATION, READ_POINT, PARTICIPANT = "biz_location", "read_point", "participant"


class Fixed(NamedTuple):
    """A place or a holder: which, how that is known, since when, and the last event that says so.

    `since` and `until` are when the first and the last event of the unbroken row counts from.
    """

    code: str
    basis: str
    since: Key
    until: Key
    event: int
    through: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a thing is and who holds it; none where no event says so."""

    place: Fixed | None = None
    holder: Fixed | None = None
    state: str = UNKNOWN
    seen_after_its_end: bool = False
    only_its_lot: bool = False


UNSEEN = Settled()


def settle(sightings: Iterable[Sighting], clues: Clues, *, is_single: bool) -> Settled:
    """Return what the sightings of a thing say, in the order in which they count."""
    ordered = sorted(sightings, key=order_of)
    seen = [one for one in ordered if not one.is_before]
    if not ordered:
        return UNSEEN
    return Settled(
        place=_last(ordered, lambda one: _place(clues.told(one.event))),
        holder=_last(seen, lambda one: _holder(one, clues)),
        state=_state(seen, clues, is_single=is_single),
        seen_after_its_end=is_single and _is_seen_after_its_end(seen, clues),
    )


def _last(
    ordered: Sequence[Sighting], read: Callable[[Sighting], tuple[str, str] | None]
) -> Fixed | None:
    """Return the last that is told, with the beginning of the row that tells the same."""
    last: tuple[Sighting, str, str] | None = None
    since: Key | None = None
    for one in reversed(ordered):
        found = read(one)
        if found is None:
            continue
        if last is None:
            last = (one, *found)
        elif found[0] != last[1]:
            break
        since = one.counts_from
    if last is None or since is None:
        return None
    sighting, code, basis = last
    return Fixed(code, basis, since, sighting.counts_from, sighting.event, sighting.through)


def _place(told: Told) -> tuple[str, str] | None:
    if told.biz_location is not None:
        return told.biz_location, BIZ_LOCATION
    return None if told.read_point is None else (told.read_point, READ_POINT)


def _holder(one: Sighting, clues: Clues) -> tuple[str, str]:
    """Return whom an event hands goods to; else who had them; else who recorded it."""
    parties = {(party.side, party.type): party.code for party in reversed(clues.parties(one.event))}
    told = clues.told(one.event)
    sides = (DESTINATION,) if told.biz_step in _ARRIVING else (DESTINATION, SOURCE)
    for side in sides:
        for type in _HOLDING:
            if (side, type) in parties:
                return parties[side, type], f"{side}_{type}"
    return clues.participant_code(told.participant), PARTICIPANT


def _state(seen: Sequence[Sighting], clues: Clues, *, is_single: bool) -> str:
    if not seen:
        return UNKNOWN
    last = _deciding(seen, clues)[-1]
    told = clues.told(last.event)
    ended = _end(last, told) if is_single else None
    if ended is not None:
        return ended
    is_underway = told.biz_step in _DEPARTING or told.disposition == _UNDERWAY
    return IN_TRANSIT if is_underway else PRESENT


def _deciding(seen: Sequence[Sighting], clues: Clues) -> list[Sighting]:
    """Return of each event what it says of a thing itself, else how it ends it, else the last."""
    found = []
    for _, group in groupby(seen, key=lambda one: one.key):
        naming = list(group)
        ends = [one for one in naming if _end(one, clues.told(one.event)) is not None]
        found.append(naming[-1] if naming[-1].through is None or not ends else ends[-1])
    return found


def _end(one: Sighting, told: Told) -> str | None:
    """Tell whether an event ends a thing: used up, itself or in what it was in; or destroyed."""
    if told.type == "TransformationEvent":
        is_used = "input" in one.roles and "output" not in one.roles and not one.is_tied
        return CONSUMED if is_used else None
    is_destroyed = told.type == "ObjectEvent" and told.action == "DELETE" and one.through is None
    return DECOMMISSIONED if is_destroyed else None


def _is_seen_after_its_end(seen: Sequence[Sighting], clues: Clues) -> bool:
    has_ended = False
    for one in _deciding(seen, clues):
        told = clues.told(one.event)
        if _begins(one, told):
            has_ended = False
        elif has_ended and _end(one, told) is None:
            return True
        has_ended = has_ended or _end(one, told) is not None
    return False


def _begins(one: Sighting, told: Told) -> bool:
    """Tell whether an event brings a thing into being, perhaps again."""
    if one.through is not None:
        return False
    return "output" in one.roles or (told.type == "ObjectEvent" and told.action == "ADD")


def whereabouts(graph: Graph, code: str) -> Settled:
    """Return where a thing is and who holds it, from all events.

    Of a serial that no event names, alone or in something, its lot tells what it can.
    """
    clues = _clues(graph)
    surroundings = Surroundings(
        named=lambda node: list(_named(graph, node, through=node)),
        around=lambda node: around(graph, node),
        clues=clues,
    )
    named = _named(graph, code, through=None)
    boxes = around(graph, code, ties=False)
    own = list(surroundings.sightings(named, around(graph, code), boxes=boxes, name=code))
    if own:
        return settle(own, clues, is_single=kind_of(code) in SINGLE_KINDS)
    lots = [one for lot in graph.lots_of.get(code, ()) for one in _named(graph, lot, through=lot)]
    return of_its_lot(settle(lots, clues, is_single=False))


def of_its_lot(found: Settled) -> Settled:
    """Mark what is known of a thing through its lot only."""
    return replace(found, only_its_lot=found.state != UNKNOWN)


class Share(NamedTuple):
    """With whom and where some items of a lot are, and how that is known."""

    holder: str | None
    place: str | None
    state: str
    only_its_lot: bool


def share_of(found: Settled) -> Share:
    """Return what things must have in common to be counted together."""
    holder, place = found.holder, found.place
    return Share(holder and holder.code, place and place.code, found.state, found.only_its_lot)


def shares(graph: Graph, lot: str) -> Counter[Share]:
    """Return how many items of a lot are with whom, and where."""
    return Counter(share_of(whereabouts(graph, serial)) for serial in graph.members(lot))


class Part(NamedTuple):
    """An amount of a lot: where it is, in what container if any, and the event that says so."""

    holder: str | None
    place: str | None
    state: str
    container: str | None
    quantity: Decimal | None
    uom: str | None
    event: int


def parts(graph: Graph, lot: str) -> set[Part]:
    """Return what was last said of amounts of a lot: by place and holder, and by container."""
    clues = _clues(graph)
    facts = {fact.number: fact for fact in graph.in_lineage}
    rows: dict[int, list[Row]] = {
        number: [(one.role, one.quantity, one.uom) for one in fact.objects if one.code == lot]
        for number, fact in facts.items()
    }
    stays = graph.containers.get(lot, ())
    own = [*_named(graph, lot, through=None), *emptied(stays, rows, name=str)]
    found = set(loose(own, rows, clues))
    for stay in stays:
        if stay.end is None:
            around = whereabouts(graph, stay.parent)
            found.add(packed(around, stay, container=stay.parent))
    return found


# Role, quantity and unit of each time that an event names a lot.
Row = tuple[str, str | None, str | None]


def emptied(
    stays: Iterable[Stay[Node]],
    rows: MutableMapping[int, list[Row]],
    *,
    name: Callable[[Node], str],
) -> Iterator[Sighting]:
    """Yield the events that emptied containers of a lot without naming it; `rows` gets how much."""
    for stay in stays:
        if stay.end is not None and not rows.get(stay.end[1]):
            amount = None if stay.amount is None else str(stay.amount)
            rows[stay.end[1]] = [("child", amount, stay.uom)]
            through = name(stay.parent)
            yield Sighting(stay.end, stay.end, stay.end[1], through, frozenset({"child"}))


def loose(
    own: Sequence[Sighting], rows: Mapping[int, Sequence[Row]], clues: Clues
) -> Iterator[Part]:
    """Yield what the last event in each place, for each holder, says of amounts of a lot.

    What is put into a container, or is seen in one, is counted there.
    """
    last: dict[tuple[str | None, str | None], Sighting] = {}
    for one in sorted(own, key=order_of):
        if not _is_packing(one, clues.told(one.event)):
            place = _place(clues.told(one.event))
            last[_holder(one, clues)[0], place and place[0]] = one
    for (holder, where), one in last.items():
        state = CONSUMED if one.roles == {"input"} else _state([one], clues, is_single=False)
        for uom, quantity in _amounts(rows[one.event]).items():
            yield Part(holder, where, state, None, quantity, uom, one.event)


def _is_packing(one: Sighting, told: Told) -> bool:
    return told.type == CONTAINMENT_TYPE and told.action != "DELETE" and "child" in one.roles


def _amounts(rows: Sequence[Row]) -> dict[str | None, Decimal | None]:
    """Return how much an event names, by unit; what goes in is told only where none comes out."""
    coming_out = [row for row in rows if row[0] != "input"]
    found: dict[str | None, Decimal | None] = {}
    for _, quantity, uom in coming_out or rows:
        if quantity is None:
            found[None] = None
        elif (known := found.get(uom, Decimal(0))) is not None:
            found[uom] = known + Decimal(quantity)
    return found


def packed(around: Settled, stay: Stay[Node], *, container: str) -> Part:
    """Return the amount of a lot that is in a container now."""
    place, holder = around.place, around.holder
    return Part(
        holder and holder.code,
        place and place.code,
        around.state,
        container,
        stay.amount,
        None if stay.amount is None else stay.uom,
        stay.start[1],
    )


def _clues(graph: Graph) -> Clues:
    facts = {fact.number: fact for fact in graph.in_lineage}
    return Clues(
        told=lambda event: _told(facts[event]),
        parties=lambda event: facts[event].parties,
        participant_code=lambda one: graph.party_codes.get(one) or one.hex(),
    )


def _told(fact: Fact) -> Told:
    return Told(
        fact.type,
        fact.action,
        fact.biz_step,
        fact.disposition,
        fact.read_point,
        fact.biz_location,
        fact.participant,
    )


def _named(graph: Graph, code: str, *, through: str | None) -> Iterator[Sighting]:
    counting = {fact.number for fact in graph.in_lineage}
    for fact in graph.picked:
        roles = frozenset(item.role for item in fact.objects if item.code == code)
        if roles and fact.number in counting:
            yield Sighting(fact.key, fact.key, fact.number, through, roles)
