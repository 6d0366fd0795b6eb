"""From walks over numbers to an answer in codes, in an order that every database gives alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from traceability.lineage.cycles import cycles
from traceability.lineage.findings import CONTAINMENT_CYCLE, IN_TWO_CONTAINERS, finding, findings_of
from traceability.lineage.holding import Holding
from traceability.lineage.membership import Membership
from traceability.lineage.results import (
    Edge,
    Finding,
    Holder,
    Item,
    ProofURL,
    RecordReference,
    Trace,
)
from traceability.lineage.rules import DOWNSTREAM
from traceability.lineage.walking import Sources, Walk

Around = dict[tuple[int, ...], frozenset[int]]


class Answer:
    """The union of one or two walks from the same code."""

    def __init__(self, sources: Sources, start: int, *, walks: Sequence[Walk]) -> None:
        self._sources = sources
        self._start = start
        self._walks = walks
        self._depths: dict[int, int] = {}
        for walk in reversed(walks):
            self._depths |= walk.depths

    def trace(self, direction: str, *, proof_url: ProofURL) -> Trace:
        """Return the answer; nothing in it depends on the numbers that a database gave."""
        codes, kinds = self._sources.codes, self._sources.codes.kinds
        nodes = sorted(self._depths, key=codes.__getitem__)
        nodes.sort(key=self._depths.__getitem__)
        ranks = {node: rank for rank, node in enumerate(nodes)}
        return Trace(
            code=codes[self._start],
            direction=direction,
            items=tuple(Item(codes[node], kinds[node], self._depths[node]) for node in nodes),
            edges=(*self._edges(ranks, proof_url), *self._memberships(ranks, proof_url)),
            findings=findings_of(self._sources, self._walks),
            truncated=any(walk.truncated for walk in self._walks),
        )

    def _edges(self, ranks: dict[int, int], proof_url: ProofURL) -> list[Edge]:
        made = set().union(*(walk.edges for walk in self._walks))
        packed = set().union(*(walk.containments for walk in self._walks))
        references = self._sources.reader.references(
            set().union(*(walk.events for walk in self._walks))
        )
        proofs = {
            event: (event_id or record.name, proof_url(record))
            for event, (event_id, record) in references.items()
        }
        order = {event: rank for rank, event in enumerate(sorted(proofs, key=proofs.__getitem__))}
        size, events = len(ranks), len(order)

        def place(edge: tuple[int, int, int]) -> int:
            """Order by source, target and event: one number compares faster than three."""
            return (ranks[edge[0]] * size + ranks[edge[1]]) * events + order[edge[2]]

        codes = self._sources.codes
        return [
            Edge(codes[source], codes[target], relation, *proofs[event])
            for relation, edges in (("transformation", made), ("containment", packed))
            for source, target, event in sorted(edges, key=place)
        ]

    def _memberships(self, ranks: dict[int, int], proof_url: ProofURL) -> Iterator[Edge]:
        codes = self._sources.codes
        every: dict[tuple[int, int], Membership] = {}
        for walk in self._walks:
            every |= walk.full_memberships | walk.partial_memberships
        hashes = self._sources.reader.entry_hashes({one.batch for one in every.values()})
        size = len(ranks)
        for ends in sorted(every, key=lambda ends: ranks[ends[0]] * size + ranks[ends[1]]):
            one = every[ends]
            record = RecordReference(one.batch, one.record_index, hashes[one.batch])
            yield Edge(codes[ends[0]], codes[ends[1]], "membership", record.name, proof_url(record))

    def recall(self, *, proof_url: ProofURL) -> Trace:
        """Return the answer with the containers that hold items of it now, and how many."""
        holding, codes = self._sources.holding, self._sources.codes
        nodes = [node for node in self._depths if node > 0]
        holding.climb(nodes)
        holders: Counter[int] = Counter()
        around: Around = {}
        doubts: set[Finding] = set()
        for packed in _packed_together(holding, nodes):
            parents = _parents_now(holding, packed[0])
            holders.update(dict.fromkeys(_around(parents, holding, around), len(packed)))
            if len(parents) > 1 and _apart(parents, holding, around):
                items = (node for node in packed if codes.kinds[node] == "item")
                doubts |= {finding(IN_TWO_CONTAINERS, codes[node]) for node in items}
        loops = cycles({(one, parent) for one in holders for parent in _parents_now(holding, one)})
        doubts |= {finding(CONTAINMENT_CYCLE, min(codes[node] for node in one)) for one in loops}
        found = self.trace(DOWNSTREAM, proof_url=proof_url)
        return replace(
            found,
            holders=tuple(sorted(Holder(codes[node], count) for node, count in holders.items())),
            findings=tuple(sorted(doubts.union(found.findings))),
        )


def _packed_together(holding: Holding, nodes: Iterable[int]) -> Iterable[list[int]]:
    """Group what is in containers by the stays that it shares."""
    packed: dict[int, list[int]] = {}
    for node in nodes:
        if held := holding.upwards[node]:
            packed.setdefault(id(held), []).append(node)
    return packed.values()


def _parents_now(holding: Holding, node: int) -> tuple[int, ...]:
    return tuple(stay.parent for stay in holding.upwards[node] if stay.end is None)


def _around(parents: tuple[int, ...], holding: Holding, known: Around) -> frozenset[int]:
    """Return containers and all that they are in now; things packed together ask once."""
    if parents not in known:
        found: set[int] = set()
        todo = list(parents)
        while todo:
            container = todo.pop()
            if container not in found:
                found.add(container)
                todo += _parents_now(holding, container)
        known[parents] = frozenset(found)
    return known[parents]


def _apart(parents: tuple[int, ...], holding: Holding, known: Around) -> bool:
    """Tell whether there are two containers of which neither is in the other now."""
    return any(
        one not in _around(_parents_now(holding, other), holding, known)
        and other not in _around(_parents_now(holding, one), holding, known)
        for one, other in combinations(parents, 2)
    )
