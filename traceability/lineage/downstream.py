"""The walk downstream: what was made from something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from traceability.lineage.codes import named, unknown
from traceability.lineage.containment import follow
from traceability.lineage.membership import Membership
from traceability.lineage.results import Limits
from traceability.lineage.walking import Sources, Walk
from traceability.store.repositories.events import ROLES


class UsedLots:
    """The lots that were used by quantity, with their numbers, by what their serials begin with."""

    def __init__(self) -> None:
        self.by_start: dict[str, dict[str, int]] = {}


class Downstream(Walk):
    """Walks from inputs to outputs."""

    def __init__(self, sources: Sources, limits: Limits, used: UsedLots | None = None) -> None:
        super().__init__(sources, limits)
        self._container_uses: dict[int, list[int]] = {}
        self._used = used or UsedLots()

    def step(self, full: set[int], partial: set[int]) -> tuple[set[int], set[int]]:
        """Return outputs, and the serials of lots; and lots used by quantity, in part."""
        uses = self.uses(full | partial)
        found = self.outputs(uses, self.sources.groups({event for _, event in uses}))
        for lot in self.lots_among(full):
            found |= self._members(lot)
        return found, self._used_by_quantity(full)

    def uses(self, nodes: set[int]) -> set[tuple[int, int]]:
        """Return (node, event) where nodes, or containers that they were in, were inputs."""
        uses = set(self.sources.named(nodes, "input"))
        containers = self.sources.holding.climb(named(nodes))
        self._load_uses(containers)
        for container in containers:
            for event in self._container_uses[container]:
                uses.update((node, event) for node in self._inside(container, event, nodes))
        return uses

    def _load_uses(self, containers: Iterable[int]) -> None:
        missing = unknown(containers, self._container_uses)
        self._container_uses |= {container: [] for container in missing}
        for container, event in self.sources.named(missing, "input"):
            self._container_uses[container].append(event)

    def _inside(self, container: int, event: int, nodes: set[int]) -> Iterator[int]:
        """Yield those of the nodes that were in a container at an event."""
        key, below = self.sources.events.key(event), self.sources.holding.below
        placed = follow(
            container,
            step=lambda parent: (one for one in below.get(parent, ()) if one[1].covers(key)),
        )
        return (found.node for found in placed if found.node in nodes)

    def outputs(self, uses: Collection[tuple[int, int]], groups: dict[int, list[int]]) -> set[int]:
        """Return what the transformations of uses have made, and note the edges."""
        outputs: dict[int, set[int]] = {}
        making = {event for group in groups.values() for event in group}
        made = self.sources.reader.named_in(making, ROLES["output"])
        for event, rows in groupby(made, key=itemgetter(0)):
            outputs.setdefault(event, set()).update(map(itemgetter(1), rows))
        self.link(uses, groups, far=outputs)
        return set().union(*outputs.values())

    def _members(self, lot: int) -> set[int]:
        members = list(
            self.sources.lots.members(self.sources.codes[lot], limit=self.limits.max_items)
        )
        serials = self.sources.codes.intern([one.serial for one in members])
        self.full_memberships |= {
            (lot, serial): one for serial, one in zip(serials, members, strict=True)
        }
        return set(serials)

    def _used_by_quantity(self, nodes: set[int]) -> set[int]:
        """Return lots that were used by quantity, so that a serial may have been used with it."""
        ends = self.in_lots_used(nodes)
        self.partial_memberships |= {(serial, lot): one for serial, lot, one in ends}
        return {lot for _, lot, _ in ends}

    def in_lots_used(self, nodes: set[int]) -> list[tuple[int, int, Membership]]:
        """Return (serial, lot, membership) where lots not reached in full were used by quantity."""
        used = self.used_lots(set(self.sources.codes.starts))
        asked = {lot for lot, number in used.items() if number not in self.full}
        if not asked:
            return []
        codes = [self.sources.codes[node] for node in nodes]
        return self.sources.numbered(self.sources.lots.of(codes, lots=asked))

    def used_lots(self, starts: Collection[str]) -> dict[str, int]:
        """Return the lots that were used by quantity and have serials that begin so."""
        known = self._used.by_start
        missing = unknown(starts, known)
        lots = {start: self.sources.lots.lots_for([start]) for start in missing}
        numbers = self.sources.codes.known(set().union(*lots.values()))
        fruitful = self._fruitful(set(numbers.values()))
        for start in missing:
            found = {lot: numbers[lot] for lot in lots[start] if lot in numbers}
            known[start] = {lot: number for lot, number in found.items() if number in fruitful}
        return {lot: number for start in starts for lot, number in known[start].items()}

    def _fruitful(self, lots: set[int]) -> set[int]:
        # A use without an output leads nowhere and does not count.
        uses = self.uses(lots)
        groups = self.sources.groups({event for _, event in uses})
        making = {event for group in groups.values() for event in group}
        fruitful = {event for event, _ in self.sources.reader.named_in(making, ROLES["output"])}
        return {lot for lot, event in uses if not fruitful.isdisjoint(groups[event])}

    def contained(self, child: int, parent: int) -> tuple[int, int]:
        """Return a container, then what was in it: a fault of it reaches that."""
        return parent, child
