"""A recall told as it is found: the first rows at once, and memory that hardly grows with it.

It tells what `tracing.recall` answers, by the same steps (`downstream.py`), but reads a portion
at a time and forgets it. Of what was told a bit remains (`frontier.py`); of what leads on its
number and, to find cycles, its edges to what leads on too; the containers around what was told;
and the serials of lots that were used by quantity, which are told last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby, repeat
from typing import NamedTuple

from traceability.lineage.answers import EDGE, ITEM, Held
from traceability.lineage.codes import Codes, named
from traceability.lineage.cycles import cycles
from traceability.lineage.downstream import Downstream, UsedLots
from traceability.lineage.findings import (
    CLASS_WITHOUT_LOT,
    CYCLE,
    LOT_USED_BY_QUANTITY,
    disputes,
    finding,
)
from traceability.lineage.frontier import Frontier, Met
from traceability.lineage.limited_reading import reader_for
from traceability.lineage.membership import Membership
from traceability.lineage.results import (
    Edge,
    Finding,
    Holder,
    Item,
    Limits,
    ProofURL,
    RecordReference,
    proof_path,
)
from traceability.lineage.tracing import collection_paused, find_node
from traceability.lineage.walking import EDGES_PER_ITEM, Sources
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import ROLES

# About so many codes are in hand at a time; at first fewer, so that the first rows come soon.
PORTION = 10_000
FIRST_PORTION = 500


class End(NamedTuple):
    """The last row: how many came before it, and whether a limit cut the answer short."""

    items: int
    edges: int
    truncated: bool


Row = Item | Edge | Finding | Holder | End
# A node and an event that uses it.
_Use = tuple[int, int]


def stream_recall(
    repositories: Repositories,
    code: str,
    *,
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
    portion: int = PORTION,
) -> Iterator[Row]:
    """Return a recall row by row: items, each before its edges, then findings, holders, the end.

    The code is looked for at once, so that an unknown one is refused before any row. With limits
    the answer may stop at other items of the last step than `recall` stops at.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    limits = limits or Limits()
    sources = Sources(reader_for(repositories, limits.choice), limits.choice)
    start = sources.codes[find_node(sources, code, repositories=repositories)]
    stream = _Stream(sources, limits, proof_url=proof_url, portion=portion)
    return stream.rows(start)


class _Stream:
    """One recall, between its rows."""

    def __init__(
        self, sources: Sources, limits: Limits, *, proof_url: ProofURL, portion: int
    ) -> None:
        self._sources = sources
        self._reader = sources.reader
        self._limits = limits
        self._proof_url = proof_url
        self._portion = portion
        self._size = min(portion, FIRST_PORTION)
        self._met = Met()
        self._leading: set[int] = set()
        self._sources_of_edges: set[int] = set()
        self._onward: set[tuple[int, int]] = set()
        self._full_lots: set[int] = set()
        self._next = Frontier()
        self._used = UsedLots()
        self._partial: dict[tuple[str, str], Membership] = {}
        self._held = Held()
        self._findings: set[Finding] = set()
        self._items = self._edges = 0
        self._truncated = False

    def rows(self, start: str) -> Iterator[Row]:
        """Yield everything."""
        portions = self._portions_of_answer(start)
        while True:
            with collection_paused():
                rows = next(portions, None)
            if rows is None:
                return
            yield from rows

    def _portions_of_answer(self, start: str) -> Iterator[Collection[Row]]:
        yield self._begin(start)
        depth = 0
        while self._next and not (self._truncated and self._room() <= 0):
            level, self._next = self._next, Frontier()
            depth += 1
            for part in level.parts(self._portion):
                yield from self._expand(part, depth)
        yield self._doubts()
        yield sorted(self._all_findings())
        yield self._held.holders(self._reader.codes(self._held.counts))
        yield [End(self._items, self._edges, self._truncated)]

    def _fresh(self) -> Sources:
        """Return what a portion reads through; only what lots there are is kept for the next."""
        fresh = Sources(self._reader, self._limits.choice)
        fresh.lots = self._sources.lots
        return fresh

    def _walk(self, sources: Sources) -> Downstream:
        walk = Downstream(sources, self._limits, self._used)
        walk.full = self._full_lots
        return walk

    def _begin(self, start: str) -> list[Row]:
        sources = self._fresh()
        (node,) = sources.codes.intern([start])
        walk = self._walk(sources)
        inside = walk.contents_of(node)
        rows = self._take(sources, {node}, depth=0)
        rows += self._take(sources, inside, depth=1)
        proofs = self._proofs({event for _, _, event in walk.containments})
        codes = sources.codes.by_number
        told = set(self._told(sources, {one for ends in walk.containments for one in ends[:2]}))
        found = sorted(
            Edge(codes[one], codes[other], "containment", *proofs[event])
            for one, other, event in walk.containments
            if one in told and other in told
        )
        rows += self._counted(found)
        self._note_disputes(event for _, _, event in walk.containments)
        return rows

    def _proofs(self, events: Collection[int]) -> dict[int, tuple[str, str]]:
        references = self._reader.references(events)
        return {
            event: (record.known_as(event_id), self._proof_url(record))
            for event, (event_id, record) in references.items()
        }

    def _counted(self, edges: Collection[Edge]) -> Collection[Edge]:
        """Return edges as far as their limit allows."""
        if self._edges + len(edges) > EDGES_PER_ITEM * self._limits.max_items:
            self._truncated = True
            return ()
        self._edges += len(edges)
        return edges

    def _room(self) -> int:
        return self._limits.max_items - self._items

    def _told(self, sources: Sources, nodes: Iterable[int]) -> list[int]:
        """Return those of the nodes that were told."""
        codes, every = sources.codes, list(nodes)
        unnamed = [one for one in every if one < 0 and self._met.has_code(codes[one])]
        return self._met.numbers(one for one in every if one > 0) + unnamed

    def _take(
        self, sources: Sources, found: set[int], *, depth: int, full: bool = True
    ) -> list[Row]:
        """Return what is new, as far as the limits allow, and note what of it leads on."""
        codes = sources.codes
        stored = named(found)
        codes.load(stored)
        new = self._met.others(stored)
        new += [one for one in found - stored if not self._met.has_code(codes[one])]
        new.sort(key=codes.by_number.__getitem__)
        too_deep = self._limits.max_depth is not None and depth > self._limits.max_depth
        room = 0 if too_deep else max(0, self._room())
        if len(new) > room:
            self._truncated = True
            del new[room:]
        self._note_met(codes, set(new))
        self._items += len(new)
        self._look_ahead(sources, set(new))
        if full:
            lots = set(self._told(sources, self._walk(sources).lots_among(found)))
            added = lots - self._full_lots
            # Without a number is a lot that nobody names, which can only be the first one.
            self._full_lots |= named(added)
            self._leading |= named(added)
            self._next.lots += sorted(map(codes.__getitem__, added))
        of_new = map(codes.by_number.__getitem__, new), map(codes.kinds.__getitem__, new)
        return list(map(ITEM, zip(*of_new, repeat(depth))))

    def _note_met(self, codes: Codes, new: set[int]) -> None:
        stored = named(new)
        self._met.add(stored)
        self._met.add_codes(codes[one] for one in new - stored)

    def _look_ahead(self, sources: Sources, new: set[int]) -> None:
        """Note which of the new things lead on, and what is around them now."""
        codes, walk = sources.codes, self._walk(sources)
        leading = {node for node, _ in walk.uses(new)}
        starts = {start for start in tuple(codes.starts) if walk.used_lots([start])}
        if starts:
            leading |= {one for one in new if codes[one].rpartition("/")[0] in starts}
        self._leading |= named(leading)
        ordered = sorted(leading, key=codes.by_number.__getitem__)
        self._next.nodes.extend(one for one in ordered if one > 0)
        self._next.unnamed += [codes[one] for one in ordered if one < 0]
        self._held.add(sources, named(new))
        classes = codes.of_kind("class", new)
        self._findings |= {finding(CLASS_WITHOUT_LOT, codes[one]) for one in classes}

    def _expand(self, part: Frontier, depth: int) -> Iterator[list[Row]]:
        """Yield what is one step from a part of the last level, a portion at a time."""
        near = self._fresh()
        nodes = set(part.nodes)
        near.codes.load(nodes)
        walk = self._walk(near)
        uses = walk.uses(nodes)
        groups = near.groups({event for _, event in uses})
        proofs = self._proofs({event for group in groups.values() for event in group})
        for some in self._portions(near, uses, groups, proofs):
            yield self._made(near, some, groups, proofs, depth=depth)
        for lot in part.lots:
            yield from self._members(lot, depth)
        unnamed = near.codes.intern(part.unnamed)
        in_lots = walk.in_lots_used(nodes.union(unnamed))
        self._partial |= {(one.serial, one.lot): one for _, _, one in in_lots}
        yield self._take(near, {lot for _, lot, _ in in_lots}, depth=depth, full=False)

    def _portions(
        self,
        near: Sources,
        uses: set[_Use],
        groups: dict[int, list[int]],
        proofs: dict[int, tuple[str, str]],
    ) -> Iterator[list[_Use]]:
        """Yield uses in portions, those of one node by one transformation together."""
        codes = near.codes.by_number
        firsts = {event: min(map(proofs.__getitem__, groups[event])) for event in groups}
        counts = self._reader.counted_in(proofs, ROLES["output"])

        def together(use: _Use) -> tuple[str, tuple[str, str]]:
            return codes[use[0]], firsts[use[1]]

        some: list[_Use] = []
        size = 0
        for _, same in groupby(sorted(uses, key=together), key=together):
            added = list(same)
            made = sum(counts.get(event, 0) for event in groups[added[0][1]])
            if some and size + made > self._size:
                yield some
                some, size = [], 0
                self._size = min(self._portion, 2 * self._size)
            some += added
            size += made
        if some:
            yield some

    def _made(
        self,
        near: Sources,
        uses: list[_Use],
        groups: dict[int, list[int]],
        proofs: dict[int, tuple[str, str]],
        *,
        depth: int,
    ) -> list[Row]:
        """Return what transformations made, and how."""
        far = self._fresh()
        walk = self._walk(far)
        found = walk.outputs(uses, {event: groups[event] for _, event in uses})
        rows = self._take(far, found, depth=depth)
        told = found if not self._truncated else set(self._told(far, found))
        far_code, near_codes = far.codes.by_number.__getitem__, near.codes.by_number
        events: set[int] = set()
        for use in sorted(walk.edges, key=lambda use: (near_codes[use[0]], proofs[use[1]])):
            node, event = use
            made = walk.edges[use]
            targets = made & told if self._truncated else made
            if targets:
                events.add(event)
                self._note_onward(node, targets)
                ends = repeat(near_codes[node]), sorted(map(far_code, targets))
                proof = map(repeat, proofs[event])
                edges = zip(*ends, repeat("transformation"), *proof)
                rows += self._counted(list(map(EDGE, edges)))
        self._note_disputes(events)
        return rows

    def _members(self, lot: str, depth: int) -> Iterator[list[Row]]:
        """Yield the serials of a lot, a portion at a time."""
        for members in self._sources.lots.members_in_parts(lot, size=self._portion):
            far = self._fresh()
            serials = far.codes.intern([one.serial for one in members])
            rows = self._take(far, set(serials), depth=depth)
            told = set(self._told(far, serials))
            self._note_onward(far.codes.intern([lot])[0], told)
            found = [one for at, one in zip(serials, members, strict=True) if at in told]
            yield rows + list(self._counted(self._memberships(found, lot_first=True)))

    def _memberships(self, found: list[Membership], *, lot_first: bool) -> list[Edge]:
        hashes = self._reader.entry_hashes({one.batch for one in found})
        edges: list[Edge] = []
        for one in found:
            record = RecordReference(one.batch, one.record_index, hashes[one.batch])
            ends = (one.lot, one.serial) if lot_first else (one.serial, one.lot)
            edges.append(Edge(*ends, "membership", record.name, self._proof_url(record)))
        return edges

    def _note_onward(self, node: int, targets: Collection[int]) -> None:
        if targets:
            self._sources_of_edges.add(node)
            self._onward |= {(node, one) for one in self._leading.intersection(targets)}

    def _note_disputes(self, events: Iterable[int]) -> None:
        self._findings |= disputes(self._reader, set(events))

    def _doubts(self) -> Collection[Edge]:
        """Return the lots that serials may have been used with, where these are not recalled."""
        sources = self._fresh()
        lots = sources.codes.known({lot for _, lot in self._partial})
        told = {lot for lot, node in lots.items() if self._met.numbers([node])}
        doubted = told - {lot for lot in told if lots[lot] in self._full_lots}
        self._findings |= {finding(LOT_USED_BY_QUANTITY, lot) for lot in doubted}
        found = [self._partial[ends] for ends in sorted(self._partial) if ends[1] in doubted]
        return self._counted(self._memberships(found, lot_first=False))

    def _all_findings(self) -> set[Finding]:
        onward = {ends for ends in self._onward if ends[1] in self._sources_of_edges}
        loops = cycles(onward)
        codes = self._reader.codes({node for one in loops for node in one})
        names = (min(map(codes.__getitem__, one)) for one in loops)
        found = {finding(CYCLE, name) for name in names}
        return self._findings | found | self._held.findings(self._reader.codes(self._held.counts))
