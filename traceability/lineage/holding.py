"""The stays of many things at once, read from the store upwards or downwards when needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from traceability.lineage.codes import Codes, named, unknown
from traceability.lineage.containment import (
    Change,
    Downwards,
    Key,
    Placed,
    Stay,
    Upwards,
    by_parent,
    follow,
    stays,
)
from traceability.lineage.queries import EventFacts, Reader
from traceability.lineage.rules import CONTAINMENT_TYPE
from traceability.store.repositories.events import ROLES

# Kinds of codes that never stand for an amount.
SURELY_ONE = {"item", "container"}


class Events:
    """Facts of events, each read once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._facts: dict[int, EventFacts] = {}

    def load(self, events: Iterable[int]) -> None:
        """Read what is not known yet."""
        missing = unknown(events, self._facts)
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

    def in_lineage(self, events: Iterable[int]) -> set[int]:
        """Return those of the events, of whatever type, that are in lineage."""
        wanted = set(events)
        self.load(wanted)
        return {event for event in wanted if not self._facts[event].erroneous}

    def key(self, event: int) -> Key:
        """Return where an event stands in time."""
        return self._facts[event].time, event

    def __getitem__(self, event: int) -> EventFacts:
        """Return the facts of an event that is loaded."""
        return self._facts[event]


class Holding:
    """Stays of one event type: of what was asked for, upwards; in what was asked for, downwards.

    The two are apart: what was read upwards knows of a container only the children asked for.
    """

    def __init__(
        self,
        reader: Reader,
        events: Events,
        *,
        codes: Codes,
        type: str = CONTAINMENT_TYPE,
    ) -> None:
        self._reader = reader
        self._codes = codes
        self._events = events
        self._type = type
        self._emptyings: dict[int, list[Key]] = {}
        self._below: Downwards[int] = {}
        self._not_below: set[int] = set()
        self.upwards: Upwards[int] = {}
        self.downwards: Downwards[int] = {}

    @property
    def below(self) -> Downwards[int]:
        """What was read upwards, by parent."""
        for parent, held in by_parent({one: self.upwards[one] for one in self._not_below}).items():
            self._below.setdefault(parent, []).extend(held)
        self._not_below.clear()
        return self._below

    def climb(self, children: Collection[int]) -> set[int]:
        """Read the stays of things and of what held them; return every container met."""
        met: set[int] = set()
        todo = set(children)
        while todo:
            self.load_upwards(todo)
            todo = self.parents(todo) - met
            met |= todo
        return met

    def parents(self, children: Iterable[int]) -> set[int]:
        """Return the containers in which things, read before, have ever been."""
        held = list(map(self.upwards.__getitem__, children))
        # Things packed together share their stays: look at each list once.
        shared = dict(zip(map(id, held), held, strict=True))
        return {stay.parent for stays in shared.values() for stay in stays}

    def load_upwards(self, children: Collection[int]) -> None:
        """Read the stays of things, where they are not known yet."""
        missing = unknown(children, self.upwards)
        if not missing:
            return
        self.upwards |= dict.fromkeys(missing, ())
        self._not_below |= missing
        self._codes.load(named(missing))
        kinds = self._codes.kinds
        # Reading no quantities, of what is never an amount, is half of the time.
        single = missing
        if not self._codes.kinds_met <= SURELY_ONE:
            single = {child for child in missing if kinds[child] in SURELY_ONE}
        rows = self._reader.by_role(single, ROLES["child"])
        amounts = self._reader.quantities_by_role(missing - single, ROLES["child"])
        events = {event for _, event in rows}
        parents = self._parents_of(events.union(event for _, event, *_ in amounts))
        self._load_emptyings({parent for named in parents.values() for parent in named})
        odd = self._load_once(rows, parents)
        changes = [
            Change(self._events.key(event), self._events[event].action, parent, child, *amount)
            for child, event, *amount in (*odd, *amounts)
            for parent in parents.get(event, ())
        ]
        self.upwards |= stays([*changes, *self._emptied({change.parent for change in changes})])

    def _load_once(
        self, rows: Sequence[tuple[int, int]], parents: dict[int, list[int]]
    ) -> list[tuple[int, int, None, None]]:
        """Keep the stay of what was packed once, as nearly everything is; return the odd rows.

        What one event packs shares one list of stays.
        """
        lasting = {event: self._lasting(event, parents[event]) for event in parents}
        counting = [row for row in rows if row[1] in lasting]
        once = dict(counting)
        odd = {
            parent for event in parents for parent in parents[event] if once.get(parent) == event
        }
        if len(once) < len(counting):
            counts = Counter(child for child, _ in counting)
            odd |= {child for child, count in counts.items() if count > 1}
        self.upwards.update(zip(once, map(lasting.__getitem__, once.values()), strict=True))
        self.upwards |= dict.fromkeys(odd, ())
        return [(*row, None, None) for row in counting if row[0] in odd] if odd else []

    def _lasting(self, event: int, parents: list[int]) -> list[Stay[int]]:
        """Return the stays of what only this event names: until the container is emptied."""
        if self._events[event].action == "DELETE":
            return []
        key = self._events.key(event)
        return [
            Stay(
                parent,
                key,
                min((one for one in self._emptyings[parent] if one > key), default=None),
            )
            for parent in parents
        ]

    def _parents_of(self, events: set[int]) -> dict[int, list[int]]:
        """Return the parents in those of the events that count."""
        parents: dict[int, list[int]] = {}
        counting = self._events.counting(events, type=self._type)
        for event, parent in self._reader.named_in(counting, ROLES["parent"]):
            parents.setdefault(event, []).append(parent)
        return parents

    def _load_emptyings(self, parents: set[int]) -> None:
        missing = unknown(parents, self._emptyings)
        self._emptyings |= {parent: [] for parent in missing}
        rows = self._reader.emptyings(missing, type=self._type)
        counting = self._events.counting({event for _, event in rows}, type=self._type)
        for parent, event in rows:
            if event in counting:
                self._emptyings[parent].append(self._events.key(event))

    def _emptied(self, parents: set[int]) -> list[Change[int]]:
        """Return the events that take everything out of containers."""
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
            self._load_downwards(unknown(todo, self.downwards))
            met |= todo
            todo = {child for parent in todo for child, _ in self.downwards[parent]} - met

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
        self.downwards |= by_parent(stays(changes))

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
                one for one in self.downwards[parent] if key is None or one[1].covers(key)
            ),
        )
