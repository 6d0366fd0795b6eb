"""The walk downstream: what was made from something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from traceability.lineage.codes import named, unknown
from traceability.lineage.containment import follow
from traceability.lineage.results import Limits
from traceability.lineage.walking import Sources, Walk
from traceability.store.repositories.events import ROLES


class Downstream(Walk):
    """Walks from inputs to outputs."""

    def __init__(self, sources: Sources, limits: Limits) -> None:
        super().__init__(sources, limits)
        self._container_uses: dict[int, list[int]] = {}
        self._lots_in_use: dict[int, bool] = {}

    def step(self, full: set[int], partial: set[int]) -> tuple[set[int], set[int]]:
        """Return outputs, and the serials of lots; and lots used by quantity, in part."""
        found = self._outputs(self._uses(full | partial))
        for lot in self.lots_among(full):
            found |= self._members(lot)
        return found, self._used_by_quantity(full)

    def _uses(self, nodes: set[int]) -> set[tuple[int, int]]:
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

    def _outputs(self, uses: set[tuple[int, int]]) -> set[int]:
        groups = self.sources.groups({event for _, event in uses})
        outputs: dict[int, set[int]] = {}
        making = {event for group in groups.values() for event in group}
        for event, node in self.sources.reader.named_in(making, ROLES["output"]):
            outputs.setdefault(event, set()).add(node)
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
        lots_met = self.sources.lots.lots_for(self.sources.codes.starts)
        known = self.sources.codes.known(lots_met)
        lots = set(known.values()) - self.full
        self._load_use(unknown(lots, self._lots_in_use))
        used = {self.sources.codes[lot] for lot in lots if self._lots_in_use[lot]}
        if not used:
            return set()
        codes = [self.sources.codes[node] for node in nodes]
        ends = self.sources.numbered(self.sources.lots.of(codes, lots=used))
        self.partial_memberships |= {(serial, lot): one for serial, lot, one in ends}
        return {lot for _, lot, _ in ends}

    def _load_use(self, lots: set[int]) -> None:
        # A use without an output leads nowhere and does not count.
        uses = self._uses(lots)
        groups = self.sources.groups({event for _, event in uses})
        making = {event for group in groups.values() for event in group}
        fruitful = {event for event, _ in self.sources.reader.named_in(making, ROLES["output"])}
        self._lots_in_use |= dict.fromkeys(lots, False)
        for lot, event in uses:
            if not fruitful.isdisjoint(groups[event]):
                self._lots_in_use[lot] = True

    def contained(self, child: int, parent: int) -> tuple[int, int]:
        """Return a container, then what was in it: a fault of it reaches that."""
        return parent, child
