"""The events of many things at once: those that name them, and those of what they were in.

What a journey says of one thing, this says of all codes of an answer, lot by lot: of every event
which lots it is about, how much of each, and through which container it is about them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import NamedTuple

from traceability.lineage.containment import Stay, Window, follow
from traceability.lineage.queries import EventDetails, Reader
from traceability.lineage.results import RecordReference
from traceability.lineage.rules import CONTAINMENT_TYPE
from traceability.lineage.walking import Sources
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import ROLES

# Of a transformation every input and output is told, of other events the codes asked for.
_WHOLE = frozenset({ROLES["input"], ROLES["output"]})
_NAMES = {number: name for name, number in ROLES.items()}
_ABOUT = tuple(ROLES[name] for name in ("epc", "child", "input", "output"))


class Amount(NamedTuple):
    """How much of a lot an event is about: so many items, or the amount that it names.

    `lot` is the code itself where nothing says of which lot it is; `inside` is the container
    through which the event is about it.
    """

    lot: str
    role: str
    items: int
    quantity: str | None
    uom: str | None
    inside: str | None


class Happening(NamedTuple):
    """An event, and what it is about."""

    details: EventDetails
    record: RecordReference
    is_erroneous: bool
    amounts: tuple[Amount, ...]


def happenings(repositories: Repositories, codes: Collection[str]) -> list[Happening]:
    """Return the events of codes in the order of their times."""
    told = _Told(Sources(Reader(repositories.connection)), codes)
    return list(told.happenings())


class _Told:
    """Amounts by event, as they are found."""

    def __init__(self, sources: Sources, codes: Collection[str]) -> None:
        self._sources = sources
        self._nodes = set(sources.codes.known(list(codes)).values())
        self._items: Counter[tuple[int, str, int, int | None]] = Counter()
        self._amounts: dict[int, list[Amount]] = {}
        self._named()
        self._inherited()

    def _lots(self, nodes: Collection[int]) -> dict[int, str]:
        """Return the lot of every item that was minted in one."""
        codes = self._sources.codes
        found = self._sources.lots.of([codes[node] for node in nodes])
        lots = {one.serial: one.lot for one in found}
        return {node: lots.get(codes[node], codes[node]) for node in nodes}

    def _named(self) -> None:
        reader, codes = self._sources.reader, self._sources.codes
        events = {event for event, _, _ in reader.roles_of(self._nodes)}
        for role in _ABOUT:
            rows = reader.quantities_named_in(events, role)
            wanted = [row for row in rows if role in _WHOLE or row[1] in self._nodes]
            codes.load({node for _, node, *_ in wanted})
            lots = self._lots({node for _, node, *_ in wanted})
            for event, node, quantity, uom in wanted:
                self._add(event, lots[node], role, node, quantity=quantity, uom=uom)

    def _add(
        self, event: int, lot: str, role: int, node: int, *, quantity: str | None, uom: str | None
    ) -> None:
        if self._sources.codes.kinds[node] == "item" and quantity is None:
            self._items[event, lot, role, None] += 1
            return
        one = Amount(lot, _NAMES[role], 0, quantity, uom, None)
        self._amounts.setdefault(event, []).append(one)

    def _inherited(self) -> None:
        """Take in the events of containers while something was in them."""
        sources = self._sources
        containers = sources.holding.climb(self._nodes)
        sources.codes.load(containers)
        lots = self._lots(self._nodes)
        rows = sources.reader.roles_of(containers)
        sources.events.load({event for event, _, _ in rows})
        listing = self._listing({event for event, _, role in rows if role == ROLES["parent"]})
        by_container: dict[int, list[tuple[int, int]]] = {}
        for event, container, role in rows:
            if role != ROLES["parent"] or event not in listing:
                by_container.setdefault(container, []).append((event, role))
        for container, window, nodes in self._placed():
            inside = Counter((lots[node], sources.codes.kinds[node]) for node in nodes)
            for event, role in by_container.get(container, ()):
                if _covers(window, sources.events.key(event)):
                    self._inherit(event, role, container, inside)

    def _inherit(
        self, event: int, role: int, container: int, inside: Counter[tuple[str, str]]
    ) -> None:
        for (lot, kind), count in inside.items():
            if kind == "item":
                self._items[event, lot, role, container] += count
            else:
                name = self._sources.codes[container]
                one = Amount(lot, _NAMES[role], 0, None, None, name)
                self._amounts.setdefault(event, []).append(one)

    def _placed(self) -> Iterator[tuple[int, Window, list[int]]]:
        """Yield every container with a window and what was in it then."""
        upwards = self._sources.holding.upwards
        together: dict[int, list[int]] = {}
        for node in sorted(self._nodes):
            if upwards[node]:
                together.setdefault(id(upwards[node]), []).append(node)

        def step(node: int) -> Iterator[tuple[int, Stay[int]]]:
            return ((stay.parent, stay) for stay in upwards[node])

        for nodes in together.values():
            for placed in follow(nodes[0], step=step):
                yield placed.node, placed.window, nodes

    def _listing(self, events: set[int]) -> set[int]:
        """Return the events that speak of the children they list, not of all contents."""
        facts = self._sources.events
        asked = {event for event in events if facts[event].type == CONTAINMENT_TYPE}
        return {event for event, _ in self._sources.reader.named_in(asked, ROLES["child"])}

    def happenings(self) -> Iterator[Happening]:
        """Yield the events with what they are about."""
        sources = self._sources
        for (event, lot, role, container), count in self._items.items():
            inside = None if container is None else sources.codes[container]
            one = Amount(lot, _NAMES[role], count, None, None, inside)
            self._amounts.setdefault(event, []).append(one)
        sources.events.load(self._amounts)
        details = {one.event: one for one in sources.reader.details(set(self._amounts))}
        records = sources.reader.references(set(self._amounts))
        for event in sorted(self._amounts, key=sources.events.key):
            amounts = tuple(sorted(self._amounts[event], key=_order))
            erroneous = sources.events[event].erroneous
            yield Happening(details[event], records[event][1], erroneous, amounts)


def _covers(window: Window, key: tuple[int, int]) -> bool:
    start, end = window
    return start < key and (end is None or key <= end)


def _order(one: Amount) -> tuple[str, ...]:
    return (one.role, one.lot, one.inside or "", one.quantity or "", one.uom or "")
