"""The walk up or down the store's events, one step for all codes at a time.

It computes what `rules.reach` means, and reads only what the answer is made of.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass, field

from traceability.lineage.choice import EVERYTHING, Choice
from traceability.lineage.codes import Codes, named, unknown
from traceability.lineage.holding import Events, Holding
from traceability.lineage.membership import Lots, Membership
from traceability.lineage.place_queries import PlaceReader
from traceability.lineage.queries import Reader
from traceability.lineage.results import Limits
from traceability.lineage.rules import is_reused
from traceability.store.repositories.events import ROLES

# A guard: an answer with so many edges is cut short.
EDGES_PER_ITEM = 20


class Sources:
    """What one question reads from, shared by its walks."""

    def __init__(self, reader: Reader, choice: Choice = EVERYTHING) -> None:
        self.reader = reader
        self._choice = choice
        self.codes = Codes(reader)
        self.lots = Lots(reader)
        self.events = Events(reader)
        self.holding = Holding(reader, self.events, codes=self.codes)

    def named(self, nodes: Set[int], role: str, *, any_of: bool = False) -> list[tuple[int, int]]:
        """Return (node, event) where transformations in lineage name nodes in a role.

        With `any_of` also those that the question does not pick.
        """
        rows = self.reader.by_role(named(nodes), ROLES[role])
        counting = self.events.counting({event for _, event in rows}, type="TransformationEvent")
        if not any_of:
            counting = self.picked(counting)
        return [row for row in rows if row[1] in counting]

    def picked(self, events: Collection[int]) -> set[int]:
        """Return those of the events that the question picks."""
        if not self._choice.is_picking or not isinstance(self.reader, PlaceReader):
            return set(events)
        self.events.load(events)
        return {
            event
            for event, told in self.reader.told(events).items()
            if self._choice.picks(
                self.events[event].time,
                told.biz_step,
                read_point=told.read_point,
                biz_location=told.biz_location,
            )
        }

    def groups(self, events: Collection[int]) -> dict[int, list[int]]:
        """Return each event with all events of its transformation, itself among them."""
        ids = {self.events[event].transformation_id for event in events} - {None}
        siblings = self.reader.same_transformation([one for one in ids if one])
        together: dict[str | None, list[int]] = {}
        counting = self.events.counting(siblings, type="TransformationEvent")
        for event in sorted(self.picked(counting)):
            together.setdefault(self.events[event].transformation_id, []).append(event)
        return {
            event: together.get(self.events[event].transformation_id, [event]) for event in events
        }

    def numbered(self, memberships: list[Membership]) -> list[tuple[int, int, Membership]]:
        """Return (serial, lot, membership), the codes as numbers."""
        serials = self.codes.intern([one.serial for one in memberships])
        lots = self.codes.intern([one.lot for one in memberships])
        return list(zip(serials, lots, memberships, strict=True))


@dataclass
class Walk(ABC):
    """What has been reached so far.

    `depths` has every node; a lot that is only in `partial` was reached through its serials.
    Edges go from a near node, by an event, to far nodes: one step on in the walk. Containments
    and memberships are kept by source and target. `events`, at the end, has all behind the edges.
    """

    sources: Sources
    limits: Limits
    depths: dict[int, int] = field(default_factory=dict)
    full: set[int] = field(default_factory=set)
    partial: set[int] = field(default_factory=set)
    edges: dict[tuple[int, int], Set[int]] = field(default_factory=dict)
    containments: set[tuple[int, int, int]] = field(default_factory=set)
    full_memberships: dict[tuple[int, int], Membership] = field(default_factory=dict)
    partial_memberships: dict[tuple[int, int], Membership] = field(default_factory=dict)
    events: set[int] = field(default_factory=set)
    truncated: bool = False

    def __post_init__(self) -> None:
        self._edges_left = EDGES_PER_ITEM * self.limits.max_items

    def run(self, start: int) -> None:
        """Walk from a code until nothing new is reached or a limit is."""
        contents = self.contents_of(start)
        full, partial = self._take({start}, set(), depth=0)
        more, _ = self._take(contents, set(), depth=1)
        full |= more
        depth = 0
        while (full or partial) and not self._is_full():
            depth += 1
            full, partial = self._take(*self.step(full, partial), depth=depth)
        self._finish()

    @abstractmethod
    def step(self, full: set[int], partial: set[int]) -> tuple[set[int], set[int]]:
        """Return what is one step on: nodes in full, and lots in part."""

    def _is_full(self) -> bool:
        return len(self.depths) >= self.limits.max_items and self.truncated

    def _take(self, full: set[int], partial: set[int], *, depth: int) -> tuple[set[int], set[int]]:
        """Note what is new, as far as the limits allow, and return it."""
        full, partial = full - self.full, partial - self.partial - self.full - full
        new = unknown(full | partial, self.depths)
        too_deep = self.limits.max_depth is not None and depth > self.limits.max_depth
        room = 0 if too_deep else self.limits.max_items - len(self.depths)
        self.sources.codes.load(named(new))
        if len(new) > room:
            self.truncated = True
            dropped = set(sorted(new, key=self.sources.codes.__getitem__)[max(room, 0) :])
            full, partial, new = full - dropped, partial - dropped, new - dropped
        self.depths |= dict.fromkeys(new, depth)
        self.full |= full
        self.partial |= partial
        return full, partial

    def link(
        self,
        named: Iterable[tuple[int, int]],
        groups: dict[int, list[int]],
        *,
        far: dict[int, set[int]],
    ) -> None:
        """Note the edges of nodes that events name, to what their transformations name opposite.

        Of two events of one transformation, both say so.
        """
        for node, event in named:
            group = groups[event]
            for one in group:
                self._add_edges(node, one, far.get(one, set()))
            if len(group) > 1:
                self._add_edges(node, event, set().union(*(far.get(one, ()) for one in group)))

    def _add_edges(self, near: int, event: int, far: Set[int]) -> None:
        if self._edges_left < len(far):
            self.truncated = True
        elif far:
            self._edges_left -= len(far)
            known = self.edges.get((near, event))
            self.edges[near, event] = far if known is None else known | far

    def contents_of(self, start: int) -> set[int]:
        """Return what a container that is asked for stands for."""
        holding, found = self.sources.holding, set()
        holding.descend([start])
        self.sources.codes.load({start})
        reused = is_reused(self.sources.codes[start])
        for placed in holding.contents(start):
            if not (reused and placed.window[1] is not None):
                found.add(placed.node)
                ends = self.contained(placed.node, placed.stay.parent)
                self.containments.add((*ends, placed.stay.start[1]))
        return found

    @abstractmethod
    def contained(self, child: int, parent: int) -> tuple[int, int]:
        """Return the ends of a containment edge, in the walk's direction."""

    def _finish(self) -> None:
        """Drop what leads out of the answer, and the weaker of two opposite memberships."""
        if self.truncated:
            self._drop_loose_ends()
        for source, target in self.full_memberships:
            self.partial_memberships.pop((target, source), None)
        self.events = {event for _, event in self.edges}
        self.events |= {event for _, _, event in self.containments}

    def _drop_loose_ends(self) -> None:
        nodes = set(self.depths)
        inside = {key: far & nodes for key, far in self.edges.items() if key[0] in nodes}
        self.edges = {key: far for key, far in inside.items() if far}
        self.containments = {ends for ends in self.containments if nodes >= set(ends[:2])}
        for found in (self.full_memberships, self.partial_memberships):
            for ends in [ends for ends in found if not nodes >= set(ends)]:
                del found[ends]

    def lots_among(self, nodes: Iterable[int]) -> list[int]:
        """Return the nodes that are lots."""
        return self.sources.codes.of_kind("lot", nodes)
