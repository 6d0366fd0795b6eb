"""The stays of many things at once, read from the store upwards or downwards when needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from traceability.lineage.containment import Change, Key, Placed, Stay, follow, stays
from traceability.lineage.queries import EventFacts, Reader
from traceability.lineage.rules import CONTAINMENT_TYPE
from traceability.store.repositories.events import ROLES


class Events:
    """Facts of events, each read once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._facts: dict[int, EventFacts] = {}

    def load(self, events: Iterable[int]) -> None:
        """Read what is not known yet."""
        missing = set(events) - self._facts.keys()
        if missing:
            self._facts |= self._reader.events(missing)

    def counting(self, events: Iterable[int], *, type: str) -> set[int]:
        """Return those of the events that have a type and are in lineage."""
        wanted = set(events)
        self.load(wanted)
        facts = self._facts
        return {
            event for event in wanted if facts[event].type == type and not facts[event].erroneous
        }

    def key(self, event: int) -> Key:
        """Return where an event stands in time."""
        return self._facts[event].time, event

    def __getitem__(self, event: int) -> EventFacts:
        """Return the facts of an event that is loaded."""
        return self._facts[event]


class Holding:
    """Stays of one event type, by child for climbing and by parent for descending.

    `upwards` has the stays of the children that were asked for, `below` the same by parent;
    `downwards` has all that was ever in a container.
    """

    def __init__(
        self,
        reader: Reader,
        events: Events,
        *,
        type: str = CONTAINMENT_TYPE,
    ) -> None:
        self._reader = reader
        self._events = events
        self._type = type
        self._emptyings: dict[int, list[Key]] = {}
        self.upwards: dict[int, list[Stay[int]]] = {}
        self.below: dict[int, list[Stay[int]]] = {}
        self.downwards: dict[int, list[Stay[int]]] = {}

    def climb(self, children: Collection[int], *, singles: Collection[int] = ()) -> set[int]:
        """Read the stays of things and of what held them; return every container met.

        Parameters
        ----------
        singles
            Those of the children that are surely single things: they have no quantity to read.
        """
        met: set[int] = set()
        todo = set(children)
        while todo:
            self.load_upwards(todo, singles=singles)
            todo = {stay.parent for child in todo for stay in self.upwards[child]} - met
            met |= todo
        return met

    def load_upwards(self, children: Collection[int], *, singles: Collection[int] = ()) -> None:
        """Read the stays of things, where they are not known yet."""
        missing = set(children) - self.upwards.keys()
        self.upwards |= {child: [] for child in missing}
        for stay in stays(self._changes_of(missing, singles)):
            self.upwards[stay.child].append(stay)
            self.below.setdefault(stay.parent, []).append(stay)

    def _changes_of(self, children: set[int], singles: Collection[int]) -> list[Change[int]]:
        single = children.intersection(singles)
        rows: list[tuple[int, int, str | None, str | None]] = [
            (child, event, None, None)
            for child, event in self._reader.by_role(single, ROLES["child"])
        ]
        rows += self._reader.quantities_by_role(children - single, ROLES["child"])
        counting = self._events.counting({row[1] for row in rows}, type=self._type)
        parents: dict[int, list[int]] = {event: [] for event in counting}
        for event, parent in self._reader.named_in(counting, ROLES["parent"]):
            parents[event].append(parent)
        changes = [
            Change(self._events.key(event), self._events[event].action, parent, child, *amount)
            for child, event, *amount in rows
            for parent in parents.get(event, ())
        ]
        return changes + self._emptied({change.parent for change in changes})

    def _emptied(self, parents: set[int]) -> list[Change[int]]:
        missing = parents - self._emptyings.keys()
        self._emptyings |= {parent: [] for parent in missing}
        rows = self._reader.by_role(missing, ROLES["parent"])
        counting = self._events.counting({event for _, event in rows}, type=self._type)
        deleting = {event for event in counting if self._events[event].action == "DELETE"}
        listing = {event for event, _ in self._reader.named_in(deleting, ROLES["child"])}
        for parent, event in rows:
            if event in deleting and event not in listing:
                self._emptyings[parent].append(self._events.key(event))
        return [
            Change(key, "DELETE", parent, None)
            for parent in parents
            for key in self._emptyings[parent]
        ]

    def descend(self, parents: Collection[int]) -> None:
        """Read everything that was ever in containers, and in what was in them."""
        met: set[int] = set()
        todo = set(parents)
        while todo:
            self._load_downwards(todo - self.downwards.keys())
            met |= todo
            todo = {stay.child for parent in todo for stay in self.downwards[parent]} - met

    def _load_downwards(self, parents: set[int]) -> None:
        self.downwards |= {parent: [] for parent in parents}
        rows = self._reader.by_role(parents, ROLES["parent"])
        counting = self._events.counting({event for _, event in rows}, type=self._type)
        children: dict[int, list[tuple[int, str | None, str | None]]] = {}
        rows_inside = self._reader.quantities_named_in(counting, ROLES["child"])
        for event, child, quantity, uom in rows_inside:
            children.setdefault(event, []).append((child, quantity, uom))
        changes: list[Change[int]] = []
        for parent, event in rows:
            if event in counting:
                changes += self._listed(event, parent, children.get(event, []))
        for stay in stays(changes):
            self.downwards[stay.parent].append(stay)

    def _listed(
        self, event: int, parent: int, children: list[tuple[int, str | None, str | None]]
    ) -> Iterator[Change[int]]:
        key, action = self._events.key(event), self._events[event].action
        for child in children:
            yield Change(key, action, parent, *child)
        if not children and action == "DELETE":
            yield Change(key, action, parent, None)

    def contents(self, container: int, *, key: Key | None = None) -> Iterator[Placed[int]]:
        """Yield what was in a container at an event, or ever; `descend` must have read it."""
        return follow(
            container,
            step=lambda parent: (
                (stay.child, stay)
                for stay in self.downwards[parent]
                if key is None or stay.covers(key)
            ),
        )
