"""From walks over numbers to an answer in codes, in an order that every database gives alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, count, repeat
from typing import Any, cast

from traceability.lineage.codes import named
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
from traceability.lineage.upstream import Upstream
from traceability.lineage.walking import Sources, Walk

Ranks = dict[int, int]
Proofs = dict[int, tuple[str, str]]

# Named tuples made without a Python call each: an answer may have a million.
ITEM = cast("Callable[[tuple[Any, ...]], Item]", partial(tuple.__new__, Item))
EDGE = cast("Callable[[tuple[Any, ...]], Edge]", partial(tuple.__new__, Edge))


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
        codes, kinds = self._sources.codes.by_number, self._sources.codes.kinds
        nodes = sorted(self._depths, key=codes.__getitem__)
        nodes.sort(key=self._depths.__getitem__)
        items = zip(
            map(codes.__getitem__, nodes),
            map(kinds.__getitem__, nodes),
            map(self._depths.__getitem__, nodes),
            strict=True,
        )
        ranks = dict(zip(nodes, count()))
        return Trace(
            code=codes[self._start],
            direction=direction,
            items=tuple(map(ITEM, items)),
            edges=tuple(self._edges(ranks, proof_url)),
            findings=findings_of(self._sources, self._walks),
            truncated=any(walk.truncated for walk in self._walks),
        )

    def _edges(self, ranks: Ranks, proof_url: ProofURL) -> Iterable[Edge]:
        references = self._sources.reader.references(
            set().union(*(walk.events for walk in self._walks))
        )
        proofs = {
            event: (record.known_as(event_id), proof_url(record))
            for event, (event_id, record) in references.items()
        }
        found: list[Edge] = []
        for walk in self._walks:
            found += self._transformations(walk, ranks, proofs)
            found += self._containments(walk, ranks, proofs)
        found += self._memberships(ranks, proof_url)
        # On a cycle the walks up and down meet.
        return found if len(self._walks) == 1 else dict.fromkeys(found)

    def _transformations(self, walk: Walk, ranks: Ranks, proofs: Proofs) -> list[Edge]:
        codes = self._sources.codes.by_number
        order = dict(zip(sorted(proofs, key=proofs.__getitem__), count()))
        found: list[Edge] = []
        for near, event in sorted(walk.edges, key=lambda key: (ranks[key[0]], order[key[1]])):
            one = repeat(codes[near])
            far = sorted(walk.edges[near, event], key=ranks.__getitem__)
            others = map(codes.__getitem__, far)
            sources, targets = (others, one) if isinstance(walk, Upstream) else (one, others)
            proof = map(repeat, proofs[event])
            found += map(EDGE, zip(sources, targets, repeat("transformation"), *proof))
        return found

    def _containments(self, walk: Walk, ranks: Ranks, proofs: Proofs) -> Iterator[Edge]:
        codes = self._sources.codes.by_number
        found = [
            (ranks[one], ranks[other], *proofs[event], one, other)
            for one, other, event in walk.containments
        ]
        for _, _, event_id, url, one, other in sorted(found):
            yield Edge(codes[one], codes[other], "containment", event_id, url)

    def _memberships(self, ranks: Ranks, proof_url: ProofURL) -> Iterator[Edge]:
        codes = self._sources.codes.by_number
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
        nodes = named(set(self._depths))
        self._sources.holding.climb(nodes)
        held = Held()
        held.add(self._sources, nodes)
        codes = self._sources.codes.by_number
        found = self.trace(DOWNSTREAM, proof_url=proof_url)
        return replace(
            found,
            holders=held.holders(codes),
            findings=tuple(sorted(held.findings(codes).union(found.findings))),
        )


class Held:
    """Which containers hold reached things now, and how many: gathered part by part."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self._inside: set[tuple[int, int]] = set()
        self._doubts: set[Finding] = set()

    def add(self, sources: Sources, nodes: Collection[int]) -> None:
        """Take in things that were not taken in yet; what is around them has been read."""
        holding, codes = sources.holding, sources.codes
        now = Now(holding)
        met: set[int] = set()
        for node, size in _packed_together(holding, nodes):
            around, packed_by = now.around(node), holding.upwards[node]
            met |= around
            for container in around:
                # Nothing is inside itself, whatever its events say: that is a finding of its own.
                is_itself = container in nodes and holding.upwards[container] is packed_by
                self.counts[container] += size - is_itself
            if now.is_apart(node):
                packed = (one for one in nodes if holding.upwards[one] is packed_by)
                items = (one for one in packed if codes.kinds[one] == "item")
                self._doubts |= {finding(IN_TWO_CONTAINERS, codes[one]) for one in items}
        self._inside |= {(one, parent) for one in met for parent in now.parents(one)}

    def holders(self, codes: Mapping[int, str]) -> tuple[Holder, ...]:
        """Return the containers by their codes."""
        counts = ((codes[node], count) for node, count in self.counts.items() if count)
        return tuple(sorted(Holder(code, count) for code, count in counts))

    def findings(self, codes: Mapping[int, str]) -> set[Finding]:
        """Return what cannot be: a thing in two places, a container in itself."""
        loops = cycles(self._inside)
        names = (min(codes[node] for node in one) for one in loops)
        return self._doubts | {finding(CONTAINMENT_CYCLE, name) for name in names}


def _packed_together(holding: Holding, nodes: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield one of the nodes that share their stays, and how many they are."""
    shared = list(map(id, map(holding.upwards.__getitem__, nodes)))
    examples = dict(zip(shared, nodes, strict=True))
    return ((examples[one], size) for one, size in Counter(shared).items())


class Now:
    """Which containers are around something now, each worked out once."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._parents: dict[int, tuple[int, ...]] = {}

    def parents(self, node: int) -> tuple[int, ...]:
        """Return the containers that something lies in."""
        if node not in self._parents:
            held = self._holding.upwards[node]
            self._parents[node] = tuple(stay.parent for stay in held if stay.end is None)
        return self._parents[node]

    def around(self, node: int) -> set[int]:
        """Return the containers that something lies in, and those that these lie in."""
        found: set[int] = set()
        todo = list(self.parents(node))
        while todo:
            container = todo.pop()
            if container not in found:
                found.add(container)
                todo += self.parents(container)
        return found

    def is_apart(self, node: int) -> bool:
        """Tell whether something lies in two containers of which neither is in the other."""
        return len(self.parents(node)) > 1 and any(
            one not in self.around(other) and other not in self.around(one)
            for one, other in combinations(self.parents(node), 2)
        )
