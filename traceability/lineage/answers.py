"""From walks over numbers to an answer in codes, in an order that every database gives alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from traceability.lineage.cycles import cycles
from traceability.lineage.findings import CONTAINMENT_CYCLE, IN_TWO_CONTAINERS, finding, findings_of
from traceability.lineage.holding import Holding
from traceability.lineage.membership import Membership
from traceability.lineage.results import (
    Edge,
    Holder,
    Item,
    ProofURL,
    RecordReference,
    Trace,
)
from traceability.lineage.rules import DOWNSTREAM, is_single, kind_of
from traceability.lineage.walking import Sources, Walk

Around = dict[tuple[int, ...], frozenset[int]]


class Answer:
    """The union of one or two walks from the same code."""

    def __init__(self, sources: Sources, start: int, *, proof_url: ProofURL) -> None:
        self._sources = sources
        self._start = start
        self._proof_url = proof_url
        self._walks: list[Walk] = []

    def add(self, walk: Walk) -> None:
        """Take in a walk that has ended."""
        self._walks.append(walk)

    def trace(self, direction: str) -> Trace:
        """Return the answer; holders are added by those who ask for them."""
        return Trace(
            code=self._sources.codes[self._start],
            direction=direction,
            items=tuple(self._items()),
            edges=tuple(sorted(set(self._edges()))),
            findings=findings_of(self._sources, self._walks),
            truncated=any(walk.truncated for walk in self._walks),
        )

    def _depths(self) -> dict[int, int]:
        depths: dict[int, int] = {}
        for walk in reversed(self._walks):
            depths |= walk.depths
        return depths

    def _items(self) -> list[Item]:
        codes = self._sources.codes
        found = sorted((depth, codes[node]) for node, depth in self._depths().items())
        return [Item(code, kind_of(code), depth) for depth, code in found]

    def _edges(self) -> Iterator[Edge]:
        codes = self._sources.codes
        events = {
            event
            for walk in self._walks
            for edges in (walk.edges, walk.containments)
            for _, _, event in edges
        }
        proofs = {
            event: (event_id or record.name, self._proof_url(record))
            for event, (event_id, record) in self._sources.reader.references(events).items()
        }
        for walk in self._walks:
            for source, target, event in walk.edges:
                yield Edge(codes[source], codes[target], "transformation", *proofs[event])
            for source, target, event in walk.containments:
                yield Edge(codes[source], codes[target], "containment", *proofs[event])
        yield from self._memberships()

    def _memberships(self) -> Iterator[Edge]:
        codes = self._sources.codes
        every: dict[tuple[int, int], Membership] = {}
        for walk in self._walks:
            every |= walk.full_memberships
            every |= walk.partial_memberships
        hashes = self._sources.reader.entry_hashes({one.batch for one in every.values()})
        for (source, target), one in every.items():
            record = RecordReference(one.batch, one.record_index, hashes[one.batch])
            yield Edge(
                codes[source], codes[target], "membership", record.name, self._proof_url(record)
            )

    def recall(self) -> Trace:
        """Return the answer with the containers that hold items of it now, and how many."""
        holding, codes = self._sources.holding, self._sources.codes
        nodes = [node for node in self._depths() if node > 0]
        codes.load(holding.climb(nodes))
        counts: Counter[int] = Counter()
        around: Around = {}
        twice = set()
        for node in nodes:
            parents = _parents_now(holding, node)
            counts.update(_around(parents, holding, around))
            if len(parents) > 1 and is_single(codes[node]) and _apart(parents, holding, around):
                twice.add(finding(IN_TWO_CONTAINERS, codes[node]))
        loops = cycles({(one, parent) for one in counts for parent in _parents_now(holding, one)})
        looped = {finding(CONTAINMENT_CYCLE, min(codes[node] for node in one)) for one in loops}
        found = self.trace(DOWNSTREAM)
        return replace(
            found,
            holders=tuple(sorted(Holder(codes[node], count) for node, count in counts.items())),
            findings=tuple(sorted({*found.findings, *twice, *looped})),
        )


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
