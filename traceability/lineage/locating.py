"""The sightings of many things at once, from the store: what `whereabouts.py` means.

Things with the same events and the same stays are in the same place: they are settled once,
whether they are ten or a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from itertools import islice
from typing import NamedTuple

from traceability.lineage.codes import named, unknown
from traceability.lineage.containment import Placed, Stay, follow
from traceability.lineage.holding import Holding
from traceability.lineage.parties import Party, parties_of
from traceability.lineage.place_queries import PlaceReader
from traceability.lineage.rules import ASSOCIATION_TYPE
from traceability.lineage.sightings import Clues, Sighting, Told
from traceability.lineage.surroundings import Surroundings
from traceability.lineage.walking import Sources
from traceability.lineage.whereabouts import SINGLE_KINDS, Settled, of_its_lot, settle
from traceability.store.repositories.events import ROLES

_ROLE_NAMES = {number: name for name, number in ROLES.items()}
# So many things are looked at together, so that memory does not grow with their number.
TOGETHER = 20_000
# So many events' bytes are in memory together.
_WRITTEN_TOGETHER = 500

Rows = tuple[tuple[int, int], ...]


class Alike(NamedTuple):
    """Things of which all events say the same; `itself` tells apart what was a container."""

    itself: int
    own: Rows
    contained: tuple[Stay[int], ...]
    tied: tuple[Stay[int], ...]
    is_single: bool
    lots: tuple[int, ...]


class Locator:
    """Settles where things are; what it has read of events and containers it keeps."""

    def __init__(self, sources: Sources, reader: PlaceReader) -> None:
        self._sources = sources
        self._reader = reader
        self.containment = sources.holding
        self.association = Holding(
            sources.reader, sources.events, codes=sources.codes, type=ASSOCIATION_TYPE
        )
        self._rows: dict[int, list[tuple[int, int]]] = {}
        self._told: dict[int, Told] = {}
        self._parties: dict[int, tuple[Party, ...]] = {}
        self._participants: dict[bytes, str] = {}
        self.clues = Clues(
            told=self._told.__getitem__,
            parties=self._parties.__getitem__,
            participant_code=self._participant_code,
        )

        self._surroundings = Surroundings(
            named=lambda node: list(self.named_by(node)), around=self._above, clues=self.clues
        )

    def settled(self, nodes: Iterable[int]) -> Iterator[tuple[list[int], Settled]]:
        """Yield groups of things that are in one place, with what is known of them."""
        rest = iter(nodes)
        while chunk := list(islice(rest, TOGETHER)):
            groups: dict[Alike, list[int]] = {}
            for node, alike in self._alike(chunk):
                groups.setdefault(alike, []).append(node)
            sighted = {alike: self._sightings(alike) for alike in groups}
            self._load_parties({one.event for found in sighted.values() for one in found})
            for alike, together in groups.items():
                yield together, self._settle(alike, sighted[alike])

    def _settle(self, alike: Alike, sightings: Sequence[Sighting]) -> Settled:
        if alike.lots and all(one.through in self._lot_codes(alike) for one in sightings):
            return of_its_lot(settle(sightings, self.clues, is_single=False))
        return settle(sightings, self.clues, is_single=alike.is_single)

    def _alike(self, nodes: Sequence[int]) -> Iterator[tuple[int, Alike]]:
        """Read what is known of things, and yield by what they are told apart."""
        containers = self._climb(set(nodes))
        own = self._counting_rows(nodes)
        self._rows |= self._counting_rows(unknown(containers, self._rows))
        lots = self._lots_of([node for node in nodes if not own[node]])
        self._load_lots({lot for found in lots.values() for lot in found})
        kinds = self._sources.codes.kinds
        for node in nodes:
            contained = tuple(self.containment.upwards[node])
            tied = tuple(self.association.upwards[node])
            itself = node if node in containers else 0
            own_rows = tuple(sorted(own[node]))
            is_single = kinds[node] in SINGLE_KINDS
            yield node, Alike(itself, own_rows, contained, tied, is_single, lots.get(node, ()))

    def _climb(self, nodes: Set[int]) -> set[int]:
        """Read the stays of things, and of all that they were ever in or tied to."""
        met: set[int] = set()
        todo = set(nodes)
        while todo:
            for holding in (self.containment, self.association):
                holding.load_upwards(todo)
            found = self.containment.parents(todo) | self.association.parents(todo)
            todo = found - met
            met |= found
        return met

    def _counting_rows(self, nodes: Collection[int]) -> dict[int, list[tuple[int, int]]]:
        """Return (event, role) of the events in lineage that name things."""
        found: dict[int, list[tuple[int, int]]] = {node: [] for node in nodes}
        rows = self._sources.reader.roles_of(named(set(nodes)))
        in_lineage = self._sources.events.in_lineage({event for event, _, _ in rows})
        counting = self._sources.picked(in_lineage)
        for event, node, role in rows:
            if event in counting:
                found[node].append((event, role))
        self._told |= self._reader.told(unknown(counting, self._told))
        return found

    def _lots_of(self, nodes: Sequence[int]) -> dict[int, tuple[int, ...]]:
        """Return the lots, of which an event has told, of things of which none has."""
        codes = self._sources.codes
        memberships = self._sources.lots.of([codes[node] for node in nodes])
        numbers = codes.known({one.lot for one in memberships})
        serials = dict(zip((codes[node] for node in nodes), nodes, strict=True))
        found: dict[int, set[int]] = {}
        for one in memberships:
            if one.lot in numbers:
                found.setdefault(serials[one.serial], set()).add(numbers[one.lot])
        return {node: tuple(sorted(lots)) for node, lots in found.items()}

    def _load_lots(self, lots: Set[int]) -> None:
        self._rows |= self._counting_rows(unknown(lots, self._rows))

    def _sightings(self, alike: Alike) -> list[Sighting]:
        found = list(
            self._surroundings.sightings(
                self._sighted(alike.own, None),
                follow(alike.itself, step=lambda node: self._around(node, alike)),
                boxes=follow(alike.itself, step=lambda node: self._boxes(node, alike)),
                name=self._sources.codes[alike.itself] if alike.itself else None,
            )
        )
        return found or [one for lot in alike.lots for one in self.named_by(lot)]

    def _lot_codes(self, alike: Alike) -> set[str]:
        return {self._sources.codes[lot] for lot in alike.lots}

    def _above(self, container: int) -> Iterator[Placed[int]]:
        """Yield everything that a container was ever in or tied to; its stays have been read."""
        holdings = (self.containment, self.association)
        return follow(
            container,
            step=lambda node: (
                (stay.parent, stay) for one in holdings for stay in one.upwards[node]
            ),
        )

    def _around(self, node: int, alike: Alike) -> Iterator[tuple[int, Stay[int]]]:
        """Yield what something was in or tied to."""
        yield from self._boxes(node, alike)
        for stay in alike.tied if node == alike.itself else self.association.upwards[node]:
            yield stay.parent, stay

    def _boxes(self, node: int, alike: Alike) -> Iterator[tuple[int, Stay[int]]]:
        """Yield what something was in; the thing itself, of which only its stays are known."""
        is_itself = node == alike.itself
        for stay in alike.contained if is_itself else self.containment.upwards[node]:
            yield stay.parent, stay

    def own(self, node: int) -> list[Sighting]:
        """Return what events tell that name a thing itself, with their parties."""
        next(self.settled([node]))
        found = list(self._sighted(self._counting_rows([node])[node], None))
        ends = {stay.end[1] for stay in self.containment.upwards[node] if stay.end is not None}
        self._told |= self._reader.told(unknown(ends, self._told))
        self._load_parties({one.event for one in found} | ends)
        return found

    def rows_of(self, lot: int) -> dict[int, list[tuple[str, str | None, str | None]]]:
        """Return role, quantity and unit of each time that events name a lot."""
        found: dict[int, list[tuple[str, str | None, str | None]]] = {}
        for number, role in _ROLE_NAMES.items():
            rows = self._sources.reader.quantities_by_role([lot], number)
            for _, event, quantity, uom in rows:
                found.setdefault(event, []).append((role, quantity, uom))
        return found

    def named_by(self, node: int) -> Iterator[Sighting]:
        """Yield the events that name a container or lot, as tellings of what belongs to it."""
        return self._sighted(self._rows[node], self._sources.codes[node])

    def _sighted(self, rows: Iterable[tuple[int, int]], through: str | None) -> Iterator[Sighting]:
        roles: dict[int, set[str]] = {}
        for event, role in rows:
            roles.setdefault(event, set()).add(_ROLE_NAMES[role])
        for event, found in roles.items():
            key = self._sources.events.key(event)
            yield Sighting(key, key, event, through, frozenset(found))

    def _load_parties(self, events: Set[int]) -> None:
        rest = iter(sorted(unknown(events, self._parties)))
        while chunk := list(islice(rest, _WRITTEN_TOGETHER)):
            for event, payload, leaves in self._reader.written(chunk):
                self._parties[event] = parties_of(payload, leaves)

    def _participant_code(self, participant: bytes) -> str:
        if participant not in self._participants:
            self._participants[participant] = self._reader.participant_code(participant)
        return self._participants[participant]
