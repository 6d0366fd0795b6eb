"""The bytes of an EPCIS document to drafts of its records: parsed, checked, hashed, committed.

No store and no lock is needed, so a server does it in other processes: what goes in is bytes,
what comes out is plain and small.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Literal, NamedTuple

from traceability.errors import ItemProofError
from traceability.events.faults import Fault
from traceability.events.jsonld import parse_document
from traceability.events.model import SubmittedEvent
from traceability.hashing.event_hash import EventHash, event_hash
from traceability.hashing.salts import SECRET_BYTES
from traceability.ledger.prepared import PreparedRecord, prepare_event
from traceability.strict_json import MAX_BYTES, JSONValue, parse_json

DocumentForm = Literal["json"]


class Draft(NamedTuple):
    """One event of a document, committed to or found faulty."""

    pointer: str
    faults: tuple[Fault, ...]
    record: PreparedRecord | None = None
    hash_uri: str = ""


class DocumentBody(NamedTuple):
    """A document as it arrived, and how many bytes it may have."""

    data: bytes
    form: DocumentForm = "json"
    limit: int = MAX_BYTES


# Does `draft_body`, here or in another process.
Drafter = Callable[[DocumentBody, bytes], list[Draft]]


def draft_body(body: DocumentBody, duplicate_key: bytes) -> list[Draft]:
    """Return the drafts of a document's events, in its order.

    Parameters
    ----------
    duplicate_key
        The node's secret under which content hashes are stored.

    Raises
    ------
    InvalidInput
        The document cannot be read at all; faults of events are in their drafts.
    """
    return draft_value(parse_json(body.data, max_bytes=body.limit), duplicate_key)


def draft_value(value: JSONValue, duplicate_key: bytes) -> list[Draft]:
    """Return the drafts of a parsed document's events, in its order."""
    document = parse_document(value)
    if not document.faults:
        return [_draft(event, duplicate_key) for event in document.events]
    faults: dict[str, list[Fault]] = {}
    pointers = {event.pointer for event in document.events}
    for fault in document.faults:
        faults.setdefault(_owner(fault.pointer, pointers), []).append(fault)
    drafts = [
        _draft(event, duplicate_key) for event in document.events if event.pointer not in faults
    ]
    drafts += [Draft(pointer, tuple(found)) for pointer, found in faults.items()]
    return sorted(drafts, key=lambda draft: _order(draft.pointer))


def _draft(event: SubmittedEvent, duplicate_key: bytes) -> Draft:
    try:
        digest = event_hash(event.payload)
    except ItemProofError as error:
        return Draft(event.pointer, (fault_of(error, event.pointer),))
    mac = content_mac(digest, duplicate_key)
    record = prepare_event(event, secret=secrets.token_bytes(SECRET_BYTES), content_mac=mac)
    return Draft(event.pointer, (), record, digest.uri)


def content_mac(digest: EventHash, duplicate_key: bytes) -> bytes:
    """Return the keyed content hash by which a repeated event is known."""
    return hmac.digest(duplicate_key, digest.prehash.encode(), hashlib.sha256)


def fault_of(error: ItemProofError, pointer: str) -> Fault:
    """Return an error as the fault of what lies at a pointer."""
    return Fault(error.pointer or pointer, error.code, error.fault, error.expected, error.got)


def _owner(pointer: str, events: set[str]) -> str:
    """Return the pointer of the event that a fault lies in; document faults own themselves."""
    parts = pointer.split("/")
    for end in range(len(parts), 0, -1):
        candidate = "/".join(parts[:end])
        if candidate in events:
            return candidate
    return pointer


def _order(pointer: str) -> tuple[tuple[int, int, str], ...]:
    """Sort pointers as the document has them: array indexes as numbers."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in pointer.split("/")
    )
