"""The question `journey`: what happened to a thing, and to what it was in, in event-time order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from traceability.lineage.containment import (
    Key,
    Placed,
    Stay,
    follow,
    is_inside_itself,
    overlap,
)
from traceability.lineage.findings import (
    CONTAINMENT_CYCLE,
    ERROR_DECLARED_BY_ANOTHER,
    IN_TWO_CONTAINERS,
    finding,
)
from traceability.lineage.holding import Holding
from traceability.lineage.limited_reading import reader_for
from traceability.lineage.queries import EventDetails
from traceability.lineage.results import (
    Finding,
    Journey,
    JourneyStep,
    Limits,
    ProofURL,
    RecordReference,
    proof_path,
)
from traceability.lineage.rules import ASSOCIATION_TYPE, CONTAINMENT_TYPE, kind_of
from traceability.lineage.tracing import find_node
from traceability.lineage.walking import Sources
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import ROLES
from traceability.store.times import from_milliseconds

_ROLE_NAMES = {number: name for name, number in ROLES.items()}
_EARLIEST, _LATEST = -(2**62), 2**62


class Seen(NamedTuple):
    """Why an event belongs to a history: through which code, in which relation and roles."""

    node: int | None
    relation: str
    roles: tuple[int, ...]


def journey(
    repositories: Repositories,
    code: str,
    *,
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
) -> Journey:
    """Return the history of a code, its own events and those of its lot and its containers.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    limits = limits or Limits()
    sources = Sources(reader_for(repositories, limits.choice), limits.choice)
    history = _History(sources, find_node(sources, code, repositories=repositories), limits)
    history.read()
    steps = tuple(history.steps(proof_url))
    return Journey(
        code=sources.codes[history.start],
        steps=steps,
        findings=tuple(sorted({*history.findings(), *_disputes(sources, steps, history.seen)})),
        truncated=history.truncated,
    )


class _History:
    """The events of one code; the nearest reason for each of them is kept."""

    def __init__(self, sources: Sources, start: int, limits: Limits) -> None:
        self.start = start
        self.seen: dict[int, Seen] = {}
        self.truncated = False
        self._sources = sources
        self._limits = limits
        self._containment = sources.holding
        self._association = Holding(
            sources.reader, sources.events, codes=sources.codes, type=ASSOCIATION_TYPE
        )

    def read(self) -> None:
        """Gather the events: own ones first, then by nearness."""
        self._note(None, "own", self._sources.reader.roles_of([self.start]))
        self._read_lots()
        self._climb()
        self._read_containers(follow(self.start, step=self._in_containers), "containment")
        self._read_containers(follow(self.start, step=self._in_anything), "association")
        if len(self.seen) > self._limits.max_steps:
            self.truncated = True

    def _note(self, node: int | None, relation: str, rows: Iterable[tuple[int, int, int]]) -> None:
        roles: dict[int, set[int]] = {}
        for event, _, role in rows:
            roles.setdefault(event, set()).add(role)
        for event in self._sources.picked(roles):
            found = roles[event]
            self.seen.setdefault(event, Seen(node, relation, tuple(sorted(found))))

    def _read_lots(self) -> None:
        memberships = self._sources.lots.of([self._sources.codes[self.start]])
        lots = self._sources.codes.known(sorted({one.lot for one in memberships}))
        for lot in lots.values():
            self._note(lot, "membership", self._sources.reader.roles_of([lot]))

    def _climb(self) -> None:
        met: set[int] = set()
        todo = {self.start}
        while todo:
            met |= todo
            for holding in (self._containment, self._association):
                holding.load_upwards(todo)
            todo = {parent for node in todo for parent, _ in self._in_anything(node)} - met

    def _in_containers(self, node: int) -> Iterator[tuple[int, Stay[int]]]:
        return ((stay.parent, stay) for stay in self._containment.upwards[node])

    def _in_anything(self, node: int) -> Iterator[tuple[int, Stay[int]]]:
        yield from self._in_containers(node)
        yield from ((stay.parent, stay) for stay in self._association.upwards[node])

    def _read_containers(self, around: Iterator[Placed[int]], relation: str) -> None:
        for placed in around:
            if len(self.seen) > self._limits.max_steps:
                return
            self._note(placed.node, relation, self._inherited(placed))

    def _inherited(self, placed: Placed[int]) -> list[tuple[int, int, int]]:
        """Return what events said of a container while the thing was in it."""
        start, end = placed.window
        rows = self._sources.reader.roles_between(
            placed.node,
            first=max(start[0], _EARLIEST),
            last=_LATEST if end is None else end[0],
        )
        self._sources.events.load({event for event, _ in rows})
        inside = [(event, role) for event, role in rows if self._is_inside(event, start, end)]
        listing = self._listing({event for event, role in inside if role == ROLES["parent"]})
        return [
            (event, placed.node, role)
            for event, role in inside
            if role != ROLES["parent"] or event not in listing
        ]

    def _is_inside(self, event: int, start: Key, end: Key | None) -> bool:
        key = self._sources.events.key(event)
        return start < key and (end is None or key <= end)

    def _listing(self, events: set[int]) -> set[int]:
        """Return the events that speak of the children they list, not of all contents."""
        facts = self._sources.events
        kinds = (CONTAINMENT_TYPE, ASSOCIATION_TYPE)
        asked = {event for event in events if facts[event].type in kinds}
        return {event for event, _ in self._sources.reader.named_in(asked, ROLES["child"])}

    def steps(self, proof_url: ProofURL) -> Iterator[JourneyStep]:
        """Yield the steps in the order of event times, up to the limit."""
        self._sources.events.load(self.seen)
        first = sorted(self.seen, key=self._sources.events.key)[: self._limits.max_steps]
        details = {one.event: one for one in self._sources.reader.details(first)}
        hashes = self._sources.reader.entry_hashes({one.batch for one in details.values()})
        self._sources.codes.load({seen.node for seen in self.seen.values() if seen.node})
        for event in first:
            one = details[event]
            record = RecordReference(one.batch, one.record_index, hashes[one.batch])
            yield self._step(one, record, proof_url(record))

    def _step(self, one: EventDetails, record: RecordReference, url: str) -> JourneyStep:
        seen = self.seen[one.event]
        return JourneyStep(
            type=one.type,
            action=one.action,
            event_time=from_milliseconds(one.event_time),
            biz_step=one.biz_step,
            disposition=one.disposition,
            read_point=one.read_point,
            biz_location=one.biz_location,
            roles=tuple(_ROLE_NAMES[role] for role in seen.roles),
            inherited_from=None if seen.node is None else self._sources.codes[seen.node],
            relation=seen.relation,
            declared_erroneous=self._sources.events[one.event].erroneous,
            event_id=record.known_as(one.event_id),
            record=record,
            proof_url=url,
        )

    def findings(self) -> Iterator[Finding]:
        """Yield what cannot be: a container in itself, a thing in two places."""
        code, own = self._sources.codes[self.start], self._containment.upwards[self.start]
        both = {ROLES["parent"], ROLES["child"]}
        in_itself = any(both <= set(seen.roles) for seen in self.seen.values() if not seen.node)
        if in_itself or is_inside_itself(self.start, step=self._in_containers):
            yield finding(CONTAINMENT_CYCLE, code)
        if kind_of(code) == "item" and any(self._clash(*pair) for pair in combinations(own, 2)):
            yield finding(IN_TWO_CONTAINERS, code)

    def _clash(self, one: Stay[int], other: Stay[int]) -> bool:
        """Tell whether two stays overlap, and neither container is ever in the other."""
        shared = overlap((one.start, one.end), (other.start, other.end))
        return (
            one.parent != other.parent
            and shared is not None
            and not self._is_in(one.parent, other.parent)
            and not self._is_in(other.parent, one.parent)
        )

    def _is_in(self, inner: int, outer: int) -> bool:
        return any(placed.node == outer for placed in follow(inner, step=self._in_containers))


def _disputes(
    sources: Sources, steps: tuple[JourneyStep, ...], seen: Iterable[int]
) -> Iterator[Finding]:
    disputed = sources.reader.references(sources.reader.disputed(set(seen)))
    shown = {step.record for step in steps}
    for event_id, record in disputed.values():
        if record in shown:
            yield finding(ERROR_DECLARED_BY_ANOTHER, record.known_as(event_id))
