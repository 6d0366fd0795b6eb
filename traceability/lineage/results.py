"""The answers of lineage, frozen, and their JSON form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from traceability.hashing.encoding import format_time
from traceability.hashing.unsalted import unsalted
from traceability.lineage.choice import EVERYTHING, Choice
from traceability.verify.identity import record_urn


class RecordReference(NamedTuple):
    """Where an event or an item is recorded: its batch, its index there, and the batch's entry."""

    batch: int
    record_index: int
    entry_hash: bytes

    @property
    def name(self) -> str:
        """The record's own name, which a proof can be asked for by."""
        return record_urn(self.entry_hash, self.record_index)

    def known_as(self, event_id: str | None) -> str:
        """Return an event's id, or the record's name where that has none, or none to tell.

        An `ni:` id is a hash of the event, by which whoever guesses it could confirm the guess.
        """
        return self.name if event_id is None or unsalted(event_id) else event_id


ProofURL = Callable[[RecordReference], str]


def proof_path(record: RecordReference) -> str:
    """Return the path of the proof bundle of a record, without a host."""
    return f"/api/proofs?code={record.name}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where an answer stops and says that it is cut short.

    Parameters
    ----------
    max_items
        Codes in an answer; twenty times as many edges.
    max_depth
        Steps from the code that was asked for; none for no limit.
    max_steps
        Events in a journey.
    choice
        Which events count.
    """

    max_items: int = 1_000_000
    max_depth: int | None = None
    max_steps: int = 10_000
    choice: Choice = EVERYTHING


class Item(NamedTuple):
    """A code that the answer reaches, and in how many steps; `kind` as in `rules.kind_of`."""

    code: str
    kind: str
    depth: int


class Edge(NamedTuple):
    """What went into what, in the direction of the goods, and the record that says so.

    `relation` is transformation, membership (a serial and its lot) or containment.
    """

    source: str
    target: str
    relation: str
    event_id: str
    proof_url: str

    def to_json(self) -> dict[str, Any]:
        """Return the edge as outsiders see it."""
        return {
            "from": self.source,
            "to": self.target,
            "event_id": self.event_id,
            "proof_url": self.proof_url,
            "relation": self.relation,
        }


class Finding(NamedTuple):
    """Something that the reader of an answer must know; `code` is stable, `subject` a code."""

    code: str
    subject: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the finding as outsiders see it."""
        return self._asdict()


class Holder(NamedTuple):
    """A container that holds reached items now, itself or through containers inside it."""

    code: str
    items: int

    def to_json(self) -> dict[str, Any]:
        """Return the holder as outsiders see it."""
        return self._asdict()


@dataclass(frozen=True, slots=True)
class Trace:
    """What a trace or a recall reaches; the code that was asked for is the first item."""

    code: str
    direction: str
    items: tuple[Item, ...]
    edges: tuple[Edge, ...]
    findings: tuple[Finding, ...]
    holders: tuple[Holder, ...] = ()
    truncated: bool = False

    @property
    def codes(self) -> frozenset[str]:
        """The codes reached, the one that was asked for among them."""
        return frozenset(item.code for item in self.items)

    @property
    def serials(self) -> frozenset[str]:
        """The single things reached, without lots, classes and containers."""
        return frozenset(item.code for item in self.items if item.kind == "item")

    def to_json(self) -> dict[str, Any]:
        """Return the answer as outsiders see it."""
        return {
            "code": self.code,
            "direction": self.direction,
            "items": [item.code for item in self.items],
            "edges": [edge.to_json() for edge in self.edges],
            "findings": [finding.to_json() for finding in self.findings],
            "holders": [holder.to_json() for holder in self.holders],
            "truncated": self.truncated,
        }


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One event of a thing's history: its own, or that of what it was in or belongs to.

    Parameters
    ----------
    roles
        How the event names the thing, or what it was inherited from.
    inherited_from
        The container or lot that the event is about; none for an own event.
    relation
        own, containment, association or membership.
    declared_erroneous
        The event is an error declaration or is declared erroneous by one: it is no lineage.
    """

    type: str
    action: str | None
    event_time: datetime
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    roles: tuple[str, ...]
    inherited_from: str | None
    relation: str
    declared_erroneous: bool
    event_id: str
    record: RecordReference
    proof_url: str

    def to_json(self) -> dict[str, Any]:
        """Return the step as outsiders see it."""
        names = ("type", "action", "biz_step", "disposition", "read_point", "biz_location")
        return {name: getattr(self, name) for name in names} | {
            "event_time": format_time(self.event_time),
            "roles": list(self.roles),
            "inherited_from": self.inherited_from,
            "relation": self.relation,
            "declared_erroneous": self.declared_erroneous,
            "event_id": self.event_id,
            "record": self.record.name,
            "proof_url": self.proof_url,
        }


@dataclass(frozen=True, slots=True)
class Journey:
    """The history of one thing, earliest event time first."""

    code: str
    steps: tuple[JourneyStep, ...]
    findings: tuple[Finding, ...] = field(default=())
    truncated: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the journey in the same members as a trace, and its steps in order."""
        return {
            "code": self.code,
            "items": [self.code, *dict.fromkeys(self._inherited())],
            "edges": [],
            "steps": [step.to_json() for step in self.steps],
            "findings": [finding.to_json() for finding in self.findings],
            "truncated": self.truncated,
        }

    def _inherited(self) -> list[str]:
        return [step.inherited_from for step in self.steps if step.inherited_from]
