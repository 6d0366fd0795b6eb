"""What the rest of ItemProof knows of a submitted event: frozen, checked, in one form.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), sections 7.3 and 7.4; CBV 2.0, section 8 (identifiers).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from traceability.events.faults import DocumentFaulty, Fault

if TYPE_CHECKING:
    from traceability.events.context import Context
    from traceability.strict_json import JSONValue

Role = Literal["epc", "child", "parent", "input", "output"]

EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)


class EventObject(NamedTuple):
    """One thing, or a quantity of one class, that an event is about.

    Parameters
    ----------
    role
        epc, child, parent, input or output.
    uri
        Canonical: all written forms of one GS1 key have the same.
    is_class
        Whether `uri` names a class or lot (from a quantity list) and not one thing.
    quantity
        Positive; none where the submitter left it open, and for single things.
    uom
        UN/CEFACT code of the unit; none for a count of instances.
    """

    role: Role
    uri: str
    is_class: bool = False
    quantity: Decimal | None = None
    uom: str | None = None


class TypedReference(NamedTuple):
    """A business transaction, source or destination: its CBV name or URI, and what it names."""

    type: str | None
    id: str


class SubmittedEvent(NamedTuple):
    """One event without faults.

    Parameters
    ----------
    pointer
        Where it stood in the document; empty if it was the document.
    payload
        The event as submitted, but for `@context`: always an array, the document's entries and
        then the event's. It is what will be committed; do not change it.
    type, action
        As in the standard; a TransformationEvent has no action.
    event_time
        Aware, UTC, cut to microseconds.
    event_time_zone_offset
        As submitted, such as `+02:00`.
    biz_step, disposition
        Bare CBV name, or the URI of a user vocabulary.
    read_point, biz_location
        Canonical URI.
    event_id
        As submitted: a claim.
    declares_error
        Whether the event is an error declaration.
    objects
        In the order parent, single things, quantities; inputs before outputs.
    transformation_id
        Canonical URI.
    """

    pointer: str
    payload: dict[str, JSONValue]
    type: str
    action: str | None
    event_time: datetime
    event_time_zone_offset: str
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    event_id: str | None
    declares_error: bool
    objects: tuple[EventObject, ...]
    transformation_id: str | None
    biz_transactions: tuple[TypedReference, ...]
    sources: tuple[TypedReference, ...]
    destinations: tuple[TypedReference, ...]
    context: Context

    def extension(self, name: str) -> JSONValue:
        """Return an extension member's value, or none.

        Parameters
        ----------
        name
            A URI, or `itemproof:` and a name of ItemProof's own vocabulary; the submitter may
            have used any prefix for it.
        """
        return self.context.find(self.payload, name)


@dataclass(frozen=True, slots=True)
class Document:
    """What a document holds.

    Parameters
    ----------
    type
        EPCISDocument, EPCISQueryDocument, event (a bare one) or list.
    events
        Those without faults, in the document's order; none if the envelope is faulty.
    faults
        Of the envelope, then of each event in order; see `MAX_FAULTS`.
    """

    type: str
    events: tuple[SubmittedEvent, ...]
    faults: tuple[Fault, ...]

    def require_faultless(self) -> tuple[SubmittedEvent, ...]:
        """Return the events.

        Raises
        ------
        DocumentFaulty
            There are faults.
        """
        if self.faults:
            raise DocumentFaulty(self.faults)
        return self.events
