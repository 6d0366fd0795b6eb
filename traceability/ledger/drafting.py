"""The bytes of an EPCIS document to drafts of its records: parsed, checked, hashed, committed.

No store and no lock is needed, so a server does it in other processes: what goes in is bytes,
what comes out is plain and small.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Literal, NamedTuple

from traceability.errors import ItemProofError
from traceability.events.faults import Fault
from traceability.events.jsonld import parse_document
from traceability.events.model import SubmittedEvent
from traceability.events.xml.lines import Lines
from traceability.events.xml.reading import read_xml
from traceability.hashing.commitment import RecordKind
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.event_hash import event_hash
from traceability.hashing.salts import SECRET_BYTES
from traceability.ledger.master_data import master_data_record
from traceability.ledger.prepared import PreparedRecord, prepare_event, prepare_record
from traceability.strict_json import MAX_BYTES, JSONValue, parse_json

XML_TYPE = "application/xml"
DocumentForm = Literal["json", "xml"]
# Where events stand in a document or a list of them.
_EVENT = re.compile(r"(?:/epcisBody(?:/queryResults/resultsBody)?/eventList)?/[0-9]+(?=/|$)")


class Draft(NamedTuple):
    """One event of a document, committed to or found faulty.

    `line` is where it begins in a document that came as XML.
    """

    pointer: str
    faults: tuple[Fault, ...]
    record: PreparedRecord | None = None
    hash_uri: str = ""
    line: int | None = None


class DocumentBody(NamedTuple):
    """A document as it arrived, and how many bytes it may have."""

    data: bytes
    form: DocumentForm = "json"
    limit: int = MAX_BYTES


# Byte order marks, and white space in one byte and in two.
_BEFORE_MARKUP = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"


def form_of(data: bytes) -> DocumentForm:
    """Return the form of a document by how it begins; what is neither is for JSON to refuse."""
    return "xml" if data[:1024].lstrip(_BEFORE_MARKUP).startswith(b"<") else "json"


class Drafted(NamedTuple):
    """A document's events in its order, and the records beside them, if any.

    `source` is what they were mapped from, `master_data` the document's vocabularies.
    """

    drafts: list[Draft]
    source: PreparedRecord | None = None
    master_data: PreparedRecord | None = None


# Does `draft_body`, here or in another process.
Drafter = Callable[[DocumentBody, bytes], Drafted]


def draft_body(body: DocumentBody, duplicate_key: bytes) -> Drafted:
    """Return the drafts of a document that is not parsed yet.

    Parameters
    ----------
    duplicate_key
        The node's secret under which content hashes are stored.

    Raises
    ------
    InvalidInput
        The document cannot be read at all; faults of events are in their drafts.
    """
    if body.form == "xml":
        return _draft_xml(body, duplicate_key)
    return draft_document(parse_json(body.data, max_bytes=body.limit), duplicate_key)


def draft_document(value: JSONValue, duplicate_key: bytes) -> Drafted:
    """Return the drafts of a parsed document and its master data; a faulty envelope has none."""
    drafts = draft_value(value, duplicate_key)
    is_sound = all(not draft.faults or _EVENT.fullmatch(draft.pointer) for draft in drafts)
    return Drafted(drafts, master_data=master_data_record(value) if is_sound else None)


def _draft_xml(body: DocumentBody, duplicate_key: bytes) -> Drafted:
    document = read_xml(body.data, max_bytes=body.limit)
    drafted = draft_document(document.value, duplicate_key)
    drafts = [at_lines(draft, document.lines) for draft in drafted.drafts]
    secret = secrets.token_bytes(SECRET_BYTES)
    value = source_value(body.data, mapping=document.revision)
    record = prepare_record(RecordKind.DOCUMENT, value, secret=secret, media_type=XML_TYPE)
    return drafted._replace(drafts=drafts, source=record)


def at_lines(draft: Draft, lines: Lines) -> Draft:
    """Return a draft that says where it and its faults stand in the XML."""
    faults = tuple([replace(fault, line=lines.of(fault.pointer)) for fault in draft.faults])
    return draft._replace(faults=faults, line=lines.of(draft.pointer))


def source_value(data: bytes, *, mapping: str) -> dict[str, JSONValue]:
    """Return the document record that keeps an XML document beside the events mapped from it.

    Parameters
    ----------
    mapping
        The revision of the mapping, by which anyone can do it again.
    """
    return {
        "bytes": len(data),
        "content": b64u_encode(zlib.compress(data)),
        "encoding": "zlib",
        "mapping": mapping,
    }


def draft_value(value: JSONValue, duplicate_key: bytes) -> list[Draft]:
    """Return the drafts of a parsed document's events, in its order."""
    document = parse_document(value)
    if not document.faults:
        return _draft_all(document.events, duplicate_key)
    faults: dict[str, list[Fault]] = {}
    for fault in document.faults:
        faults.setdefault(_owner(fault.pointer, document.type), []).append(fault)
    sound = [event for event in document.events if event.pointer not in faults]
    drafts = _draft_all(sound, duplicate_key)
    drafts += [Draft(pointer, tuple(found)) for pointer, found in faults.items()]
    return sorted(drafts, key=lambda draft: _order(draft.pointer))


def _draft_all(events: Sequence[SubmittedEvent], duplicate_key: bytes) -> list[Draft]:
    """Draw up events, with secrets that are drawn at once: a draw for each takes longer."""
    drawn = secrets.token_bytes(SECRET_BYTES * len(events))
    starts = range(0, len(drawn), SECRET_BYTES)
    return [
        _draft(event, duplicate_key, secret=drawn[start : start + SECRET_BYTES])
        for event, start in zip(events, starts, strict=True)
    ]


def _draft(event: SubmittedEvent, duplicate_key: bytes, *, secret: bytes) -> Draft:
    try:
        digest = event_hash(event.payload)
    except ItemProofError as error:
        return Draft(event.pointer, (fault_of(error, event.pointer),))
    mac = content_mac(digest.uri, duplicate_key)
    record = prepare_event(event, secret=secret, content_mac=mac)
    return Draft(event.pointer, (), record, digest.uri)


def content_mac(hash_uri: str, duplicate_key: bytes) -> bytes:
    """Return the keyed form of an event hash, by which a repeated event is known."""
    mac = _keyed(duplicate_key).copy()
    mac.update(hash_uri.encode())
    return mac.digest()


@lru_cache(maxsize=1)
def _keyed(duplicate_key: bytes) -> hmac.HMAC:
    """Return a MAC that has taken in the key, which is most of its work."""
    return hmac.new(duplicate_key, digestmod=hashlib.sha256)


def fault_of(error: ItemProofError, pointer: str, *, line: int | None = None) -> Fault:
    """Return an error as the fault of what lies at a pointer."""
    at = error.pointer or pointer
    return Fault(at, error.code, error.fault, error.expected, error.got, line)


def _owner(pointer: str, kind: str) -> str:
    """Return the pointer of the event that a fault lies in; document faults own themselves."""
    if kind == "event":
        return ""
    event = _EVENT.match(pointer)
    return pointer if event is None else event[0]


def _order(pointer: str) -> tuple[tuple[int, int, str], ...]:
    """Sort pointers as the document has them: array indexes as numbers."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in pointer.split("/")
    )
