"""From the store's events to what is balanced: transformations, amounts, weights, handlings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from traceability.events.attributes import NET_WEIGHT, SCRAP
from traceability.lineage.balance.accounts import (
    COMMISSIONED,
    COUNTED,
    DESTROYED,
    RECEIVED,
    SHIPPED,
    Handling,
    Making,
    Uses,
)
from traceability.lineage.balance.measuring import Stated, Weights, product_of
from traceability.lineage.codes import named
from traceability.lineage.queries import EventDetails
from traceability.lineage.rules import kind_of
from traceability.lineage.walking import Sources
from traceability.store.repositories.events import ROLES

_TRANSFORMATION = "TransformationEvent"
_STEPS = {
    "destroying": DESTROYED,
    "shipping": SHIPPED,
    "receiving": RECEIVED,
    "cycle_counting": COUNTED,
    "stock_taking": COUNTED,
}
_GONE = ("destroyed", "disposed")

Row = tuple[int, int, str | None, str | None]


def handled_as(action: str | None, biz_step: str | None, disposition: str | None) -> str | None:
    """Tell what an object event says of the amounts that it names; none if nothing of interest.

    What is destroyed or disposed of is scrap, also where it was only ever a by-product.
    """
    if biz_step == "destroying" or (action == "DELETE" and disposition in _GONE):
        return DESTROYED
    if action == "ADD":
        return COMMISSIONED
    return _STEPS.get(biz_step or "")


class Collector:
    """Reads what the transformations of a walk say, and what else is said of their codes."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._reader = sources.reader

    def makings(self, events: Collection[int]) -> list[Making]:
        """Return the transformations that have one of the events, in the order of time."""
        groups = self._sources.groups(self._counting(events))
        together = {tuple(group) for group in groups.values()}
        every = {event for group in together for event in group}
        inputs, outputs = (self._stated_in(every, role) for role in ("input", "output"))
        scrap: dict[int, list[Stated]] = {}
        for event, quantity, uom in self._reader.attributes(every, SCRAP):
            scrap.setdefault(event, []).append(Stated("", quantity, uom))
        found = [
            Making(
                events=group,
                time=min(self._sources.events[event].time for event in group),
                inputs=tuple(one for event in group for one in inputs.get(event, ())),
                outputs=tuple(one for event in group for one in outputs.get(event, ())),
                scrap=tuple(one for event in group for one in scrap.get(event, ())),
            )
            for group in together
        ]
        return sorted(found, key=lambda one: (one.time, one.events))

    def _counting(self, events: Collection[int]) -> set[int]:
        return self._sources.events.counting(events, type=_TRANSFORMATION)

    def _stated_in(self, events: Collection[int], role: str) -> dict[int, list[Stated]]:
        """Return the amounts that events name in a role; of a container, what was in it."""
        rows = self._reader.quantities_named_in(events, ROLES[role])
        self._sources.codes.load({node for _, node, _, _ in rows})
        if role == "input":
            self._sources.holding.descend({node for _, node, _, _ in rows})
        found: dict[int, list[Stated]] = {}
        for event, node, quantity, uom in rows:
            contents = self._contents(node, event) if role == "input" else []
            stated = contents or [Stated(self._sources.codes[node], quantity, uom)]
            found.setdefault(event, []).extend(stated)
        return found

    def _contents(self, node: int, event: int) -> list[Stated]:
        """Return what was in a container at an event: single things, and lots of open amount."""
        holding, codes = self._sources.holding, self._sources.codes
        if not holding.downwards[node]:
            return []
        placed = {one.node for one in holding.contents(node, key=self._sources.events.key(event))}
        codes.load(named(placed))
        inside = sorted(codes[one] for one in placed if codes.kinds[one] not in _CARRYING)
        return [Stated(code) for code in inside]

    def weights(self, makings: Iterable[Making]) -> Weights:
        """Return what is stated of the net weight of each code, of its lot and of its product."""
        stated = (one for making in makings for one in (*making.inputs, *making.outputs))
        codes = {one.code for one in stated if one.code}
        lots: dict[str, tuple[str, ...]] = {}
        alone: dict[str, tuple[str, ...]] = {}
        for member in self._sources.lots.of(codes):
            # The serials of one lot share what names it.
            lot = alone.setdefault(member.lot, (member.lot,))
            known = lots.get(member.serial)
            lots[member.serial] = lot if known is None else known + lot
        numbers = set(
            self._sources.codes.known(codes.union(alone, map(product_of, codes))).values()
        )
        statements: dict[str, set[tuple[str, str | None]]] = {}
        for code, weight in self._said_by_events(numbers):
            statements.setdefault(code, set()).add(weight)
        return Weights(
            {code: frozenset(said) for code, said in statements.items()},
            lambda code: (*lots.get(code, ()), product_of(code)),
        )

    def _said_by_events(self, nodes: set[int]) -> Iterator[tuple[str, tuple[str, str | None]]]:
        """Yield what the events that make or commission codes state of their net weight."""
        rows = [
            row for role in ("output", "epc") for row in self._reader.by_role(nodes, ROLES[role])
        ]
        events = self._sources.events
        events.load({event for _, event in rows})
        said: dict[int, list[tuple[str, str | None]]] = {}
        counting = {event for _, event in rows if not events[event].erroneous}
        for event, value, uom in self._reader.attributes(counting, NET_WEIGHT):
            said.setdefault(event, []).append((value, uom))
        for node, event in rows:
            for weight in said.get(event, ()):
                yield self._sources.codes[node], weight

    def uses(self, makings: Iterable[Making], *, with_items: bool = True) -> dict[str, Uses]:
        """Return where events name each code of the transformations.

        Parameters
        ----------
        with_items
            Single things too, not only what goes by quantity.
        """
        makings = list(makings)
        here = {event for making in makings for event in making.events}
        stated = (one for making in makings for one in (*making.inputs, *making.outputs))
        codes = {one.code for one in stated}
        if not with_items:
            codes = {code for code in codes if kind_of(code) != "item"}
        known = self._sources.codes.known(codes)
        numbers = set(known.values())
        made = self._by_role(numbers, "output")
        used = self._by_role(numbers, "input")
        handlings = self._handlings(numbers)
        return {
            code: Uses(
                made=tuple(self._timed(made.get(node, ()), here, inside=True)),
                made_elsewhere=tuple(self._timed(made.get(node, ()), here, inside=False)),
                used=tuple(self._timed(used.get(node, ()), here, inside=True)),
                used_elsewhere=tuple(self._timed(used.get(node, ()), here, inside=False)),
                handlings=tuple(handlings.get(node, ())),
            )
            for code, node in known.items()
        }

    def _by_role(self, nodes: set[int], role: str) -> dict[int, list[Row]]:
        rows = self._reader.quantities_by_role(nodes, ROLES[role])
        counting = self._counting({event for _, event, _, _ in rows})
        found: dict[int, list[Row]] = {}
        for row in rows:
            if row[1] in counting:
                found.setdefault(row[0], []).append(row)
        return found

    def _timed(
        self, rows: Iterable[Row], here: set[int], *, inside: bool
    ) -> list[tuple[int, Stated]]:
        codes, events = self._sources.codes, self._sources.events
        return [
            (events[event].time, Stated(codes[node], quantity, uom))
            for node, event, quantity, uom in rows
            if (event in here) == inside
        ]

    def _handlings(self, nodes: set[int]) -> dict[int, list[Handling]]:
        rows = self._reader.quantities_by_role(nodes, ROLES["epc"])
        counting = self._sources.events.counting(
            {event for _, event, _, _ in rows}, type="ObjectEvent"
        )
        details = {one.event: one for one in self._reader.details(counting)}
        found: dict[int, list[Handling]] = {}
        for node, event, quantity, uom in rows:
            what = _what(details.get(event))
            if what is not None:
                one = details[event]
                stated = Stated(self._sources.codes[node], quantity, uom)
                place = one.read_point or one.biz_location or ""
                handling = Handling(one.event_time, event, what, stated, place)
                found.setdefault(node, []).append(handling)
        return found


_CARRYING = ("container", "asset")


def _what(details: EventDetails | None) -> str | None:
    if details is None:
        return None
    return handled_as(details.action, details.biz_step, details.disposition)
