"""What lineage may still know of an event of which fields were erased.

The erasure writes it into the rows that lineage reads, and the audit compares these with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from traceability.events.context import GS1_CONTEXT, extend
from traceability.events.model import SubmittedEvent
from traceability.events.reading import EventReader
from traceability.hashing.partial import PartialRecord
from traceability.ledger.prepared import event_attributes, event_facts, event_objects
from traceability.store.repositories.events import AttributeRow, EventFacts, ObjectRow
from traceability.strict_json import JSONValue

Members: TypeAlias = dict[str, JSONValue]


@dataclass(frozen=True, slots=True)
class Remains:
    """What lineage may still know of a partly erased event."""

    facts: EventFacts
    objects: tuple[ObjectRow, ...]
    attributes: tuple[AttributeRow, ...]


def remains_of(record: PartialRecord) -> Remains | None:
    """Return what lineage reads of the fields that are left of an event."""
    read = _readable(event_of(record))
    if read is None:
        return None
    facts = event_facts(read, content_mac=bytes(32))
    header = record.fields[0].value
    declares = isinstance(header, dict) and header.get("declared_error") is True
    facts = facts._replace(declares_error=declares)
    return Remains(facts, event_objects(read), event_attributes(read))


def _readable(event: Members) -> SubmittedEvent | None:
    """Read an event but for what cannot be read alone: abbreviations, once their context is gone.

    It was whole when it was captured, so whatever is faulty now is so by what was erased.
    """
    context, _ = extend(GS1_CONTEXT, event.get("@context", []), pointer="")
    while True:
        reader = EventReader(event, context, pointer="")
        read = reader.read()
        rest = _without(event, [fault.pointer for fault in reader.faults])
        if read is not None or rest == event:
            return read
        event = rest


def _without(event: Members, pointers: Sequence[str]) -> Members:
    """Leave out the members, or elements of lists, in which something stands."""
    gone: set[tuple[str, ...]] = {tuple(pointer.split("/")[1:3]) for pointer in pointers}
    rest: Members = {}
    for name, value in event.items():
        if isinstance(value, list):
            kept = [one for at, one in enumerate(value) if (name, str(at)) not in gone]
            if (name,) not in gone and kept:
                rest[name] = kept
        elif not any(place[:1] == (name,) for place in gone):
            rest[name] = value
    return rest


def event_of(record: PartialRecord) -> Members:
    """Put the fields that are left together again, arrays in the order they were submitted."""
    header = record.fields[0].value
    event: Members = dict(header) if isinstance(header, dict) else {}
    event.pop("kind", None)
    event.pop("declared_error", None)
    elements: dict[str, list[tuple[int, JSONValue]]] = {}
    for field in record.fields.values():
        match field.path:
            case (str(name),):
                event[name] = field.value
            case (str(name), int(at)):
                elements.setdefault(name, []).append((at, field.value))
            case (str(name), str(member)):
                holder = event.setdefault(name, {})
                if isinstance(holder, dict):
                    holder[member] = field.value
    for name, found in elements.items():
        event[name] = [value for _, value in sorted(found, key=lambda one: one[0])]
    return event
