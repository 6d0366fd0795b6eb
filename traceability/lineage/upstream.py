"""The walk upstream: from what was something made."""

from __future__ import annotations

from traceability.lineage.walking import Walk
from traceability.store.repositories.events import ROLES


class Upstream(Walk):
    """Walks from outputs to inputs."""

    def step(self, full: set[int], partial: set[int]) -> tuple[set[int], set[int]]:
        """Return inputs, with what was in them; and the lots of serials, in part."""
        found = self._inputs(full | partial)
        for lot in self.lots_among(full):
            found |= self._produced_members(lot)
        memberships = self.sources.lots.of([self.sources.codes[node] for node in full])
        ends = self.sources.numbered(memberships)
        self.partial_memberships |= {(lot, serial): one for serial, lot, one in ends}
        return found, {lot for _, lot, _ in ends}

    def _inputs(self, nodes: set[int]) -> set[int]:
        made = self.sources.named(nodes, "output")
        groups = self.sources.groups({event for _, event in made})
        inputs = self.consumed({event for group in groups.values() for event in group})
        self.link(made, groups, far=inputs)
        return set().union(*inputs.values())

    def consumed(self, events: set[int]) -> dict[int, set[int]]:
        """Return the inputs of events, and what was in these at the event."""
        holding = self.sources.holding
        found: dict[int, set[int]] = {}
        rows = self.sources.reader.named_in(events, ROLES["input"])
        holding.descend({node for _, node in rows})
        for event, node in rows:
            inputs = found.setdefault(event, set())
            inputs.add(node)
            if holding.downwards[node]:
                key = self.sources.events.key(event)
                inputs |= {placed.node for placed in holding.contents(node, key=key)}
        return found

    def _produced_members(self, lot: int) -> set[int]:
        codes = self.sources.codes
        members = {
            one.serial: one
            for one in self.sources.lots.members(codes[lot], limit=self.limits.max_items)
        }
        known = codes.known(members)
        produced = {node for node, _ in self.sources.named(set(known.values()), "output")}
        self.full_memberships |= {(node, lot): members[codes[node]] for node in produced}
        return produced

    def contained(self, child: int, parent: int) -> tuple[int, int]:
        """Return what was in a container, then the container: it comes from that."""
        return child, parent
