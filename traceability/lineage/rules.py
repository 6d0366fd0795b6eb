"""What counts as lineage, as pure functions over all events at once; docs/lineage.md explains.

The functions are the meaning; `tracing.py` and `journeys.py` compute the same from the store,
without reading all of it, and a property test holds the two together.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 7.4; CBV 2.0, section 8 (a class and its instances).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from traceability.lineage.choice import EVERYTHING, Choice
from traceability.lineage.containment import (
    Change,
    Downwards,
    Key,
    Placed,
    Upwards,
    by_parent,
    follow,
    stays,
)
from traceability.lineage.kinds import is_reused, kind_before, kind_of
from traceability.lineage.parties import Party

__all__ = [
    "ASSOCIATION_TYPE", "BOTH", "CONTAINMENT_TYPE", "DIRECTIONS", "DOWNSTREAM", "UPSTREAM",
    "Dependence", "Fact", "Graph", "NamedObject", "Occurrence", "Reached", "around", "changes",
    "erroneous", "history", "is_reused", "kind_before", "kind_of", "reach", "without_origin",
]  # fmt: skip

UPSTREAM, DOWNSTREAM, BOTH = "upstream", "downstream", "both"
DIRECTIONS = (UPSTREAM, DOWNSTREAM, BOTH)
CONTAINMENT_TYPE, ASSOCIATION_TYPE = "AggregationEvent", "AssociationEvent"


class NamedObject(NamedTuple):
    """One object of an event; roles as in the store: epc, parent, child, input, output."""

    role: str
    code: str
    quantity: str | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One event, as far as lineage reads it; `time` in milliseconds."""

    number: int
    type: str
    action: str | None
    time: int
    objects: tuple[NamedObject, ...]
    transformation_id: str | None = None
    event_id: str | None = None
    declares_error: bool = False
    participant: bytes = b""
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    parties: tuple[Party, ...] = ()

    @property
    def key(self) -> Key:
        """Where the event stands in time."""
        return self.time, self.number

    def codes(self, role: str) -> list[str]:
        """Return the codes that the event names in a role."""
        return [item.code for item in self.objects if item.role == role]


def _is_picked(fact: Fact, choice: Choice) -> bool:
    place = {"read_point": fact.read_point, "biz_location": fact.biz_location}
    return choice.picks(fact.time, fact.biz_step, **place)


class Dependence(NamedTuple):
    """`target` was made from `source`, as this event says."""

    source: str
    target: str
    event: int


def erroneous(facts: Collection[Fact]) -> frozenset[int]:
    """Return the events out of lineage: error declarations and what they declare erroneous.

    A declaration reaches the events of its own participant that have its event id; nobody can
    take another's events out of lineage.
    """
    declared = {
        (fact.event_id, fact.participant)
        for fact in facts
        if fact.declares_error and fact.event_id is not None
    }
    return frozenset(
        fact.number
        for fact in facts
        if fact.declares_error or (fact.event_id, fact.participant) in declared
    )


def changes(facts: Iterable[Fact], *, type: str) -> Iterator[Change[str]]:
    """Yield what the events of one type say about parents and children."""
    for fact in facts:
        if fact.type != type:
            continue
        children = [item for item in fact.objects if item.role == "child"]
        for parent in fact.codes("parent"):
            for item in children:
                yield Change(fact.key, fact.action, parent, item.code, item.quantity, item.uom)
            if not children and fact.action == "DELETE":
                yield Change(fact.key, fact.action, parent, None)


@dataclass(frozen=True)
class Graph:
    """Everything that is known, and the relations that follow from it.

    Parameters
    ----------
    facts
        Every event.
    lots_of
        The lots in which a serial was minted, for every serial.
    choice
        Which events are known, and which of them are followed or told.
    withdrawn
        Events declared erroneous by declarations that are not among the facts.
    party_codes
        The codes of participants that have one.
    """

    facts: Sequence[Fact]
    lots_of: Mapping[str, Collection[str]] = field(default_factory=dict)
    choice: Choice = EVERYTHING
    withdrawn: frozenset[int] = frozenset()
    party_codes: Mapping[bytes, str] = field(default_factory=dict)

    @cached_property
    def in_lineage(self) -> list[Fact]:
        """The events that count."""
        out = erroneous(self.facts) | self.withdrawn
        return [fact for fact in self.known if fact.number not in out]

    @cached_property
    def known(self) -> list[Fact]:
        """The events that have happened yet, for this question."""
        return [fact for fact in self.facts if self.choice.knows(fact.time)]

    @cached_property
    def picked(self) -> list[Fact]:
        """The known events that are followed or told."""
        return [fact for fact in self.known if _is_picked(fact, self.choice)]

    @cached_property
    def containers(self) -> Upwards[str]:
        """In which containers each thing was, and when."""
        return stays(changes(self.in_lineage, type=CONTAINMENT_TYPE))

    @cached_property
    def associations(self) -> Upwards[str]:
        """To which parents each thing was tied, and when."""
        return stays(changes(self.in_lineage, type=ASSOCIATION_TYPE))

    @cached_property
    def held(self) -> Downwards[str]:
        """What each container held, and when."""
        return by_parent(self.containers)

    @cached_property
    def dependences(self) -> frozenset[Dependence]:
        """Every output depends on every input of its transformation, and on what was in it."""
        return frozenset(
            Dependence(source, target, event)
            for group in self._transformations()
            for source, consumed in self._sources(group)
            for made in group
            for target in made.codes("output")
            for event in (consumed, made.number)
        )

    @cached_property
    def outputs(self) -> frozenset[str]:
        """The codes that a transformation makes."""
        groups = self._transformations()
        return frozenset(
            code for group in groups for fact in group for code in fact.codes("output")
        )

    def _transformations(self) -> list[list[Fact]]:
        """Group events by their transformation id; without one, each is its own."""
        groups: dict[str | int, list[Fact]] = {}
        counting = {fact.number for fact in self.in_lineage}
        for fact in self.picked:
            if fact.type == "TransformationEvent" and fact.number in counting:
                groups.setdefault(fact.transformation_id or fact.number, []).append(fact)
        return list(groups.values())

    def _sources(self, group: Sequence[Fact]) -> Iterator[tuple[str, int]]:
        """Yield each input with the event that names it or its container."""
        for fact in group:
            for code in fact.codes("input"):
                yield code, fact.number
                for placed in self.contents(code, key=fact.key):
                    yield placed.node, fact.number

    def contents(self, container: str, *, key: Key | None = None) -> Iterator[Placed[str]]:
        """Yield what was in a container at an event, or ever; with what was in that."""
        return follow(
            container,
            step=lambda parent: (
                one for one in self.held.get(parent, ()) if key is None or one[1].covers(key)
            ),
        )

    def members(self, lot: str) -> list[str]:
        """Return the serials minted in a lot."""
        return [serial for serial, lots in self.lots_of.items() if lot in lots]


class Reached(NamedTuple):
    """What a question reaches; an edge without event is membership of a serial in its lot."""

    codes: frozenset[str]
    edges: frozenset[tuple[str, str, int | None]]
    in_full: frozenset[str]


def reach(graph: Graph, code: str, *, direction: str) -> Reached:
    """Return everything up- or downstream of a code, itself included.

    A lot is reached in full, or only in part: through one of its serials. A serial comes from
    what its lot was made from, and where its lot was used by quantity, it may have been used;
    neither says anything about the lot's other serials.
    """
    walk = _Walk(graph, upstream=direction == UPSTREAM)
    walk.start(code)
    while walk.todo:
        walk.visit(*walk.todo.pop())
    return walk.result()


class _Walk:
    """The codes reached so far; a lot in part is told apart from the lot in full."""

    def __init__(self, graph: Graph, *, upstream: bool) -> None:
        self.graph = graph
        self.upstream = upstream
        self.seen: set[tuple[str, bool]] = set()
        self.todo: list[tuple[str, bool]] = []
        self.edges: set[tuple[str, str, int | None]] = set()
        self.next: dict[str, list[Dependence]] = {}
        for edge in graph.dependences:
            self.next.setdefault(edge.target if upstream else edge.source, []).append(edge)

    def start(self, code: str) -> None:
        """Begin at a code; a container that is asked for stands for its contents."""
        self._reach(code, in_full=True)
        for placed in self.graph.contents(code):
            if is_reused(code) and placed.window[1] is not None:
                continue
            ends = (placed.node, placed.stay.parent)
            self.edges.add((*(ends if self.upstream else ends[::-1]), placed.stay.start[1]))
            self._reach(placed.node, in_full=True)

    def visit(self, code: str, in_full: bool) -> None:
        """Go one step further."""
        for edge in self.next.get(code, ()):
            self.edges.add(edge)
            self._reach(edge.source if self.upstream else edge.target, in_full=True)
        for lot in self.graph.lots_of.get(code, ()):
            if self.upstream or lot in self.next:
                self.edges.add((lot, code, None) if self.upstream else (code, lot, None))
                self._reach(lot, in_full=False)
        if in_full:
            self._members(code)

    def _members(self, lot: str) -> None:
        for serial in self.graph.members(lot):
            if not self.upstream or serial in self.graph.outputs:
                self.edges.add((serial, lot, None) if self.upstream else (lot, serial, None))
                self._reach(serial, in_full=True)

    def _reach(self, code: str, *, in_full: bool) -> None:
        if (code, in_full) not in self.seen and (code, True) not in self.seen:
            self.seen.add((code, in_full))
            self.todo.append((code, in_full))

    def result(self) -> Reached:
        """Return the codes and edges; of two opposite memberships only that of the full lot."""
        in_full = {code for code, full in self.seen if full}
        edges = {edge for edge in self.edges if not self._is_shadowed(edge, in_full)}
        codes = frozenset(code for code, _ in self.seen)
        return Reached(codes, frozenset(edges), frozenset(in_full))

    def _is_shadowed(self, edge: tuple[str, str, int | None], in_full: set[str]) -> bool:
        source, target, event = edge
        lot, serial = (source, target) if self.upstream else (target, source)
        opposite = (target, source, None) in self.edges
        return event is None and opposite and lot in in_full and self._is_member(serial, lot)

    def _is_member(self, serial: str, lot: str) -> bool:
        return lot in self.graph.lots_of.get(serial, ())


def without_origin(graph: Graph, reached: Reached) -> set[str]:
    """Return the codes reached upstream that no event produces.

    Produced means: an output, commissioned (ObjectEvent ADD), packed (parent of an ADD), or a
    lot one of whose serials is produced, where the lot is reached through that or in full.
    """
    produced = {
        item.code for fact in graph.in_lineage for item in fact.objects if _makes(fact, item)
    }
    lots = {
        lot
        for serial, lots in graph.lots_of.items()
        for lot in lots
        if serial in produced and (serial in reached.codes or lot in reached.in_full)
    }
    has_source = {target for _, target, _ in reached.edges}
    return set(reached.codes) - produced - lots - has_source


def _makes(fact: Fact, item: NamedObject) -> bool:
    if item.role == "output":
        return True
    maker = {"epc": "ObjectEvent", "parent": CONTAINMENT_TYPE}.get(item.role)
    return fact.type == maker and fact.action == "ADD"


class Occurrence(NamedTuple):
    """An event of something's history; `inherited_from` is none for its own."""

    event: int
    inherited_from: str | None


def history(graph: Graph, code: str) -> frozenset[Occurrence]:
    """Return the events of a thing: its own, its lot's, and its containers' while it is inside.

    Of an aggregation or association that lists children, the parent's other contents have no
    part; one that lists none speaks of everything inside, also where it takes that out.
    Erroneous events are among them: they move nothing, but they stay in history.
    """
    found = {Occurrence(fact.number, None) for fact in graph.picked if _names(fact, code)}
    for lot in graph.lots_of.get(code, ()):
        found |= {Occurrence(fact.number, lot) for fact in graph.picked if _names(fact, lot)}
    for placed in around(graph, code):
        start, end = placed.window
        for fact in graph.picked:
            inside = start < fact.key and (end is None or fact.key <= end)
            if inside and _concerns_contents(fact, placed.node):
                found.add(Occurrence(fact.number, placed.node))
    return frozenset(found)


def around(graph: Graph, code: str, *, ties: bool = True) -> Iterator[Placed[str]]:
    """Yield everything that a thing was ever in or tied to, with what that was in."""
    kinds = (graph.containers, graph.associations) if ties else (graph.containers,)
    return follow(
        code,
        step=lambda node: (
            (stay.parent, stay) for upwards in kinds for stay in upwards.get(node, ())
        ),
    )


def _names(fact: Fact, code: str) -> bool:
    return any(item.code == code for item in fact.objects)


def _concerns_contents(fact: Fact, container: str) -> bool:
    """Tell whether an event about a container is about what is in it."""
    if fact.type not in (CONTAINMENT_TYPE, ASSOCIATION_TYPE) or not fact.codes("child"):
        return _names(fact, container)
    return any(item.code == container for item in fact.objects if item.role != "parent")
