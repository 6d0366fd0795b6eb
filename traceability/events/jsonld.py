"""EPCIS 2.0 JSON-LD to the model: documents, query documents, bare events and lists of them.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 10; how contexts are merged is ItemProof's rule.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from traceability.events.context import GS1_CONTEXT, Context, extend
from traceability.events.faults import MAX_FAULTS, Fault, FaultCode, pointer_to, shown
from traceability.events.model import EVENT_TYPES, Document, SubmittedEvent
from traceability.events.reading import EventReader
from traceability.events.rules import check_rules
from traceability.events.schema import check_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traceability.strict_json import JSONValue

# Where each kind of document keeps its events.
_EVENT_PATHS = {
    "EPCISDocument": ("epcisBody", "eventList"),
    "EPCISQueryDocument": ("epcisBody", "queryResults", "resultsBody", "eventList"),
}
MAX_PARTS = 65_536  # As many fields as one record can commit to.
_DOCUMENT_TYPES = "EPCISDocument, EPCISQueryDocument, an event or a list of events"


def parse_document(value: JSONValue) -> Document:
    """Return the events of a document and all faults of all of them.

    Parameters
    ----------
    value
        What `strict_json.parse_json` returned. It is shared with the events' payloads.

    References
    ----------
    EPCIS 2.0, sections 7.4 and 10; CBV 2.0, sections 7 and 8.
    """
    if isinstance(value, list):
        return _gather("list", value, context=None, path="", faults=[])
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or kind not in (*_EVENT_PATHS, *EVENT_TYPES):
        return Document("unknown", (), (_unknown_document(value, kind),))
    if kind in _EVENT_PATHS:
        return _parse_envelope(value, str(kind))
    event, faults = _parse_event(value, None, pointer="")
    return Document("event", () if event is None else (event,), _bounded(faults))


def _unknown_document(value: JSONValue, kind: JSONValue) -> Fault:
    """Return the fault of a value that is no kind of document."""
    if not isinstance(value, dict):
        got, pointer = shown(value), ""
    else:
        got, pointer = (shown(kind) if "type" in value else "no type"), "/type"
    message = f"document is of an unknown type: expected {_DOCUMENT_TYPES}, got {got}"
    return Fault(pointer, FaultCode.DOCUMENT_TYPE, message, _DOCUMENT_TYPES, got)


def _parse_envelope(document: dict[str, Any], kind: str) -> Document:
    """Check what surrounds the events, then the events under the document's context."""
    path = _EVENT_PATHS[kind]
    faults = check_shape(_without_events(document, path), kind, pointer="")
    context, more = extend(GS1_CONTEXT, document.get("@context", []), pointer="/@context")
    faults += more
    events: Any = document
    for step in path:
        events = events.get(step) if isinstance(events, dict) else None
    listed = events if isinstance(events, list) else []
    return _gather(kind, listed, context=context, path=pointer_to("", path), faults=faults)


def _without_events(document: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """Return a copy whose list of events is empty, so that none is checked twice."""
    step, rest = path[0], path[1:]
    inner = document.get(step)
    if not rest:
        return {**document, step: []} if isinstance(inner, list) else document
    return {**document, step: _without_events(inner, rest)} if isinstance(inner, dict) else document


def _gather(
    kind: str, events: list[Any], *, context: Context | None, path: str, faults: list[Fault]
) -> Document:
    """Parse each event; a faulty envelope leaves no event good."""
    envelope_is_faulty = bool(faults)
    good: list[SubmittedEvent] = []
    for index, event in enumerate(events):
        found, more = _parse_event(event, context, pointer=f"{path}/{index}")
        faults += more
        if found is not None:
            good.append(found)
        if len(faults) > MAX_FAULTS:
            break
    return Document(kind, () if envelope_is_faulty else tuple(good), _bounded(faults))


def _bounded(faults: list[Fault]) -> tuple[Fault, ...]:
    """Return the faults, cut with a last one that says so where there are too many."""
    if len(faults) <= MAX_FAULTS:
        return tuple(faults)
    expected = f"at most {MAX_FAULTS}"
    message = f"document has too many faults: expected {expected}, got more, not looked for"
    last = Fault("", FaultCode.TOO_MANY_FAULTS, message, expected, "more")
    return (*faults[:MAX_FAULTS], last)


def _parse_event(
    event: Any, outer: Context | None, *, pointer: str
) -> tuple[SubmittedEvent | None, list[Fault]]:
    """Parse one event under a document's context, or under its own alone."""
    kind = event.get("type") if isinstance(event, dict) else None
    if kind not in EVENT_TYPES:
        return None, [_unknown_event(event, kind, pointer)]
    if _parts(event) > MAX_PARTS:
        return None, [_too_large(pointer)]
    faults = check_shape(event, kind, pointer=pointer)
    context = outer or GS1_CONTEXT
    if "@context" in event:
        context, more = _own_context(event["@context"], outer, pointer=f"{pointer}/@context")
        faults = _joined(faults, more)
    elif outer is None:
        message = "@context is missing: expected it in an event without document, got none"
        expected = "@context"
        where = f"{pointer}/@context"
        faults.append(Fault(where, FaultCode.MEMBER_MISSING, message, expected, "none"))
    reader = EventReader(event, context, pointer=pointer)
    submitted = reader.read()
    check_rules(reader)
    faults = _joined(faults, reader.faults)
    return (None if faults else submitted), faults


def _own_context(
    own: JSONValue, outer: Context | None, *, pointer: str
) -> tuple[Context, list[Fault]]:
    """Return the context that follows an event's own; that of a committed event is kept."""
    if outer is None:
        try:
            return _kept_context(orjson.dumps(own)), []
        except (orjson.JSONEncodeError, _Faulty):
            pass  # Only at its own place can it be said what is wrong.
    return extend(outer or GS1_CONTEXT, own, pointer=pointer)


class _Faulty(Exception):
    """A context that is not kept, since it has faults."""


@lru_cache(maxsize=64)
def _kept_context(text: bytes) -> Context:
    """Return the context of events without a document, which mostly share one."""
    context, faults = extend(GS1_CONTEXT, orjson.loads(text), pointer="")
    if faults:
        raise _Faulty
    return context


def _parts(event: dict[str, Any]) -> int:
    """Count the members of an event, those of its objects and the elements of its lists."""
    parts = len(event)
    for part in event.values():
        if not isinstance(part, str) and isinstance(part, dict | list):
            parts += len(part)
    return parts


def _too_large(pointer: str) -> Fault:
    """Return the fault of an event that no record can hold."""
    expected = f"at most {MAX_PARTS} members and elements"
    message = f"event is too large: expected {expected}, got more"
    return Fault(pointer, FaultCode.TOO_LARGE, message, expected, "more")


def _unknown_event(event: Any, kind: Any, pointer: str) -> Fault:
    """Return the fault of a value that is none of the standard's events."""
    expected = ", ".join(EVENT_TYPES)
    if not isinstance(event, dict):
        message = f"event has the wrong JSON type: expected an object, got {shown(event)}"
        return Fault(pointer, FaultCode.JSON_TYPE, message, "an object", shown(event))
    got = shown(kind) if "type" in event else "none"
    message = f"event type is unknown: expected one of {expected}, got {got}"
    return Fault(f"{pointer}/type", FaultCode.EVENT_TYPE, message, expected, got)


def _joined(faults: list[Fault], more: Sequence[Fault]) -> list[Fault]:
    """Add faults, but one a place: what lies in a faulty value is not faulted again."""
    if not faults or not more:
        return [*faults, *more]
    places = {fault.pointer for fault in faults}
    return faults + [fault for fault in more if not _lies_within(fault.pointer, places)]


def _lies_within(pointer: str, places: set[str]) -> bool:
    """Tell whether a pointer or one above it is among the places."""
    while pointer:
        if pointer in places:
            return True
        pointer = pointer.rpartition("/")[0]
    return False
