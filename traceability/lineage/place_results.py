"""The answers `where` and `holders`, frozen, and their JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from traceability.hashing.encoding import format_time
from traceability.lineage.results import Edge, Finding


class Fixed(NamedTuple):
    """A place or a holder, how it is known, since when, and the last event that says so.

    Parameters
    ----------
    code
        Of a place or of a party.
    basis
        Of a place biz_location (the goods are there) or read_point (they were last seen there).
        Of a holder participant (who recorded the event), or side and type of the party that the
        event names, such as destination_possessing_party.
    since, last_seen
        The first and the last event in the unbroken row of those that say the same.
    inherited_from
        The container or lot that the event is about; none for an own event.
    gln, name
        Of a holder, as far as they are registered.
    """

    code: str
    basis: str
    since: datetime
    last_seen: datetime
    inherited_from: str | None
    event_id: str
    proof_url: str
    gln: str | None = None
    name: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as outsiders see it."""
        times = {"since": format_time(self.since), "last_seen": format_time(self.last_seen)}
        return {**self._asdict(), **times}


class Inside(NamedTuple):
    """A container that something is in now: the nearest is of level 1."""

    code: str
    level: int
    since: datetime
    event_id: str
    proof_url: str

    def to_json(self) -> dict[str, Any]:
        """Return it as outsiders see it."""
        return {**self._asdict(), "since": format_time(self.since)}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a thing is, who holds it and what it is in; none where no event says so.

    `state` is present, in_transit, consumed, decommissioned or unknown.
    """

    code: str
    state: str
    location: Fixed | None
    holder: Fixed | None
    inside: tuple[Inside, ...]
    findings: tuple[Finding, ...]
    truncated: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the answer in the members of a trace, and its own."""
        return {
            "code": self.code,
            "items": [self.code, *dict.fromkeys(one.code for one in self.inside)],
            "edges": [edge.to_json() for edge in self._edges()],
            "findings": [finding.to_json() for finding in self.findings],
            "state": self.state,
            "location": None if self.location is None else self.location.to_json(),
            "holder": None if self.holder is None else self.holder.to_json(),
            "inside": [one.to_json() for one in self.inside],
            "truncated": self.truncated,
        }

    def _edges(self) -> list[Edge]:
        found = [("location", self.location), ("holder", self.holder)]
        edges = [
            Edge(self.code, one.code, relation, one.event_id, one.proof_url)
            for relation, one in found
            if one is not None
        ]
        for box in self.inside:
            edges.append(Edge(self.code, box.code, "containment", box.event_id, box.proof_url))
        return edges


class Share(NamedTuple):
    """Items of a lot that are with one holder in one place, and the last event that says so.

    `only_its_lot` marks those of which only an event on their lot tells.
    """

    holder: str | None
    location: str | None
    state: str
    items: int
    only_its_lot: bool
    last_seen: datetime | None
    event_id: str | None
    proof_url: str | None
    gln: str | None = None
    name: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as outsiders see it."""
        seen = None if self.last_seen is None else format_time(self.last_seen)
        return {**self._asdict(), "last_seen": seen}


class Amount(NamedTuple):
    """What was last said of an amount of a lot in one place or container.

    In a container it is what is left of what was put in; elsewhere what the last event there
    names. No quantity means that nobody said how much.
    """

    holder: str | None
    location: str | None
    state: str
    container: str | None
    quantity: str | None
    uom: str | None
    last_seen: datetime
    event_id: str
    proof_url: str
    gln: str | None = None
    name: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as outsiders see it."""
        return {**self._asdict(), "last_seen": format_time(self.last_seen)}


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds how many items, and what amounts, of a lot."""

    code: str
    items: int
    holders: tuple[Share, ...]
    quantities: tuple[Amount, ...]
    findings: tuple[Finding, ...]
    truncated: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the answer in the members of a trace, and its own; items are only counted."""
        return {
            "code": self.code,
            "items": [self.code],
            "item_count": self.items,
            "edges": [edge.to_json() for edge in self._edges()],
            "findings": [finding.to_json() for finding in self.findings],
            "holders": [one.to_json() for one in self.holders],
            "quantities": [one.to_json() for one in self.quantities],
            "truncated": self.truncated,
        }

    def _edges(self) -> list[Edge]:
        edges: dict[Edge, None] = {}
        told: list[Share | Amount] = [*self.holders, *self.quantities]
        for one in told:
            if one.holder is not None and one.event_id is not None and one.proof_url is not None:
                edge = Edge(self.code, one.holder, "holder", one.event_id, one.proof_url)
                edges[edge] = None
        return list(edges)
