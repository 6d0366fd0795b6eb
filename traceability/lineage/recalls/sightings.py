"""The last event that tells of each of many things, itself or through what it was in.

Things that the same events name and that were packed together are looked at once, so that the
work grows with the events and only lightly with the things.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from traceability.lineage.codes import named
from traceability.lineage.containment import Key, Stay, Window, follow
from traceability.lineage.rules import ASSOCIATION_TYPE, CONTAINMENT_TYPE
from traceability.lineage.walking import Sources
from traceability.store.repositories.events import ROLES

INPUT, OUTPUT, PARENT, CHILD = (ROLES[name] for name in ("input", "output", "parent", "child"))
# Rows of so many things are in memory at a time.
CHUNK = 20_000


class Sighting(NamedTuple):
    """An event that tells of a thing: the last, or the one that brought it into being."""

    key: Key
    is_input: bool

    @property
    def event(self) -> int:
        """The event's number."""
        return self.key[1]


class Seen(NamedTuple):
    """What is known of one thing: last and first event, and what it was put into last and is in."""

    last: Sighting | None
    made: int | None
    container: int | None


NOTHING = Seen(None, None, None)


class Sightings:
    """Finds the sightings of the things of one recall.

    Parameters
    ----------
    sources
        Those of the recall's own walk: what it has read is not read again.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._containers: dict[int, list[tuple[Sighting, int]]] = {}
        self._inherited: dict[int, tuple[Sighting | None, int | None]] = {}
        self._listing: set[int] = set()

    def of(self, nodes: Collection[int]) -> Iterator[tuple[int, Seen]]:
        """Yield each thing with what is known of it; `load` must have read it."""
        known = sorted(named(set(nodes)))
        for start in range(0, len(known), CHUNK):
            yield from self._seen(known[start : start + CHUNK])
        yield from ((node, NOTHING) for node in nodes if node <= 0)

    def _seen(self, nodes: Sequence[int]) -> Iterator[tuple[int, Seen]]:
        last: dict[int, Sighting] = {}
        made: dict[int, Key] = {}
        for event, node, role in self._counting(self._sources.reader.roles_of(nodes)):
            one = Sighting(self._sources.events.key(event), role == INPUT)
            if node not in last or last[node] < one:
                last[node] = one
            if self._makes(event, role) and (node not in made or one.key < made[node]):
                made[node] = one.key
        for node in nodes:
            inherited, container = self._around(node)
            found = max((one for one in (last.get(node), inherited) if one), default=None)
            first = made.get(node)
            yield node, Seen(found, None if first is None else first[1], container)

    def _counting(self, rows: Collection[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
        events = self._sources.events
        events.load({event for event, _, _ in rows})
        return (row for row in rows if not events[row[0]].erroneous)

    def _makes(self, event: int, role: int) -> bool:
        facts = self._sources.events[event]
        return role == OUTPUT or (facts.type == "ObjectEvent" and facts.action == "ADD")

    def load(self, nodes: Collection[int]) -> None:
        """Read what things were ever in, and the events of that."""
        containers = self._sources.holding.climb(named(set(nodes)))
        rows = list(self._counting(self._sources.reader.roles_of(containers)))
        packing = (CONTAINMENT_TYPE, ASSOCIATION_TYPE)
        facts = self._sources.events
        asked = {
            event for event, _, role in rows if role == PARENT and facts[event].type in packing
        }
        self._listing = {event for event, _ in self._sources.reader.named_in(asked, CHILD)}
        for event, node, role in rows:
            one = Sighting(self._sources.events.key(event), role == INPUT)
            self._containers.setdefault(node, []).append((one, role))

    def _around(self, node: int) -> tuple[Sighting | None, int | None]:
        """Return the last event of what a thing was in, and what it is in now."""
        stays = self._sources.holding.upwards.get(node, ())
        # Things packed together share their list.
        key = id(stays)
        if key not in self._inherited:
            inside = [one for _, one in self.events_around(node)]
            now = [stay for stay in stays if stay.end is None]
            newest = max(now, key=lambda stay: stay.start, default=None)
            container = None if newest is None else newest.parent
            self._inherited[key] = (max(inside, default=None), container)
        return self._inherited[key]

    def events_around(
        self, node: int, *, window: Window | None = None
    ) -> Iterator[tuple[int, Sighting]]:
        """Yield (container, event) for what containers tell of a thing while it was in them."""
        for placed in follow(node, step=self._step):
            start, end = placed.window
            if window is not None:
                start = max(start, window[0])
                end = min((one for one in (end, window[1]) if one is not None), default=None)
            for one in self._told(placed.node):
                if start < one.key and (end is None or one.key <= end):
                    yield placed.node, one

    def _step(self, node: int) -> Iterable[tuple[int, Stay[int]]]:
        return ((stay.parent, stay) for stay in self._sources.holding.upwards.get(node, ()))

    def _told(self, container: int) -> Iterator[Sighting]:
        """Yield the events that speak of all contents of a container."""
        for one, role in self._containers.get(container, ()):
            if role != PARENT or one.event not in self._listing:
                yield one
