"""A document as it arrives: its form, unpacked within limits, and well-formed.

What is checked here is checked before a capture job exists: a document that is not well-formed
is refused at once, one with faulty events is reported on by its job.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

from starlette.requests import Request

from ledger_api.admission import Place
from ledger_api.epcis.faults import (
    CaptureLimitExceeded,
    ContentEncodingUnknown,
    PackedBodyInvalid,
    VersionConflict,
)
from ledger_api.epcis.headers import Release, name_of, release
from ledger_api.problems import MediaTypeUnknown
from ledger_api.services import Services, read_body
from traceability.events.json_pieces import JsonPieces
from traceability.events.json_scanner import Progress, Seekable
from traceability.events.jsonld import parse_document
from traceability.events.xml.reading import stream_xml
from traceability.ledger.drafting import DocumentBody, DocumentForm
from traceability.strict_json import JSONTooLargeError, JSONValue, parse_json

FORMS: dict[str, DocumentForm] = {
    "application/json": "json",
    "application/ld+json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE)
_CHARSETS = {"json": ("utf-8", "utf8", "us-ascii"), "xml": ("utf-8", "utf8", "us-ascii", "utf-16")}
_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}")
# What follows gzip's header, as zlib counts it.
_GZIP = 16 + zlib.MAX_WBITS
_PACKED_AT_ONCE = 2**16
_UNPACKED_AT_ONCE = 2**20
# From so many bytes on, what is packed more tightly than any document is refused.
_TIGHT_FROM = 64 * 2**20
_TIGHTEST = 200
# Those who pack in blocks, as bgzip does, have one for each 64 KiB.
MAX_MEMBERS = 4096
_BLOCK = 2**14
XML_EVENTS_AT_ONCE = 100


class Envelope(NamedTuple):
    """What is known of a well-formed document before its events are judged."""

    events: int
    version: str | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one capture takes."""

    size: int
    events: int

    def check_events(self, events: int) -> None:
        """Refuse more events than are taken.

        Raises
        ------
        CaptureLimitExceeded
        """
        if events > self.events:
            raise CaptureLimitExceeded(
                f"document holds too many events: expected at most {self.events}, got {events}",
                expected=f"at most {self.events}",
                got=str(events),
            )


async def take_body(request: Request, services: Services, place: Place) -> DocumentBody:
    """Read and unpack a request's document, within the limits that are announced.

    Raises
    ------
    MediaTypeUnknown, ContentEncodingUnknown, JSONTooLargeError, PackedBodyInvalid
    """
    form = form_of(request.headers.get("content-type", ""))
    packings = packings_of(request.headers.get("content-encoding", ""))
    limit = services.settings.max_body_bytes
    data = await read_body(request, limit, place)
    for _ in packings:
        data = await place.run(unpack, data, limit)
        place.hold(len(data))
    return DocumentBody(data, form, limit)


def form_of(content_type: str) -> DocumentForm:
    """Return the form that a Content-Type names."""
    media_type = content_type.split(";", maxsplit=1)[0].strip().lower()
    form = FORMS.get(media_type)
    if form is None:
        raise MediaTypeUnknown(
            f"media type is unknown: expected {', '.join(FORMS)}, got {media_type[:80]!r}"
        )
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in _CHARSETS[form]:
        raise MediaTypeUnknown(
            f"charset is not read here: expected {_CHARSETS[form][0]}, got {charset[1]!r}"
        )
    return form


def packings_of(content_encoding: str) -> list[str]:
    """Return the packings to undo: none, or gzip once."""
    names = [part.strip().lower() for part in content_encoding.split(",") if part.strip()]
    packings = [name for name in names if name != "identity"]
    if len(packings) > 1 or not set(packings) <= {"gzip", "x-gzip"}:
        raise ContentEncodingUnknown(
            "content encoding is unknown: expected gzip once or none, "
            f"got {content_encoding[:80]!r}"
        )
    return packings


def unpack(data: bytes, limit: int) -> bytes:
    """Return what gzip packed, never more than the limit in memory.

    Raises
    ------
    JSONTooLargeError, PackedBodyInvalid
    """
    parts: list[bytes] = []
    size = 0
    for part in _unpacked(data):
        size += len(part)
        if size > limit:
            raise JSONTooLargeError(
                f"unpacked body is too long: expected at most {limit} bytes, got more"
            )
        parts.append(part)
    return b"".join(parts)


class Unpacker:
    """Undoes gzip bit by bit; several members in a row are one body."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(_GZIP)
        self._members = 1
        self._packed = self._unpacked = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what some more bytes hold, in pieces.

        Raises
        ------
        PackedBodyInvalid
        """
        for at in range(0, len(data), _PACKED_AT_ONCE):
            chunk = data[at : at + _PACKED_AT_ONCE]
            self._packed += len(chunk)
            yield from self._feed(chunk)

    def _feed(self, rest: bytes) -> Iterator[bytes]:
        is_full = False
        while rest or is_full:
            if self._unpacker.eof:
                self._unpacker, self._members = zlib.decompressobj(_GZIP), self._members + 1
            if self._members > MAX_MEMBERS + self._unpacked // _BLOCK:
                raise PackedBodyInvalid(
                    f"packed body has too many members: expected at most {MAX_MEMBERS}"
                )
            try:
                part = self._unpacker.decompress(rest, _UNPACKED_AT_ONCE)
            except zlib.error as error:
                raise PackedBodyInvalid("body is not gzip, though its header says so") from error
            # A full piece may leave more in the unpacker than it leaves of its input.
            is_full = len(part) == _UNPACKED_AT_ONCE and not self._unpacker.eof
            is_done = self._unpacker.eof
            rest = self._unpacker.unused_data if is_done else self._unpacker.unconsumed_tail
            self._count(len(part))
            yield part

    def _count(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > max(_TIGHT_FROM, _TIGHTEST * self._packed):
            raise PackedBodyInvalid(
                f"body is packed too tightly: expected at most {_TIGHTEST} to 1"
            )

    def close(self) -> None:
        """Say that there are no more bytes.

        Raises
        ------
        PackedBodyInvalid
        """
        if not self._unpacker.eof:
            raise PackedBodyInvalid("packed body is cut off: expected more bytes")


def _unpacked(data: bytes) -> Iterator[bytes]:
    unpacker = Unpacker()
    yield from unpacker.feed(data)
    unpacker.close()


def open_document(body: DocumentBody) -> Envelope:
    """Return what surrounds a document's events.

    Raises
    ------
    InvalidInput
        It is not well-formed, or no EPCIS document.
    """
    if body.form == "xml":
        return _open_xml(body.data)
    return _open_json(parse_json(body.data, max_bytes=body.limit))


def open_long(
    source: Seekable, form: DocumentForm, progress: Progress = lambda _events: None
) -> Envelope:
    """Return what surrounds a long document's events, as far as it is known without reading all.

    Of XML that is the beginning; its events are counted when it is captured. Those of JSON are
    told while they are counted.

    Raises
    ------
    InvalidInput
        It does not begin as a document, or what surrounds its events is faulty.
    """
    source.seek(0)
    if form == "json":
        document = JsonPieces(source, events_at_once=XML_EVENTS_AT_ONCE, progress=progress)
        return _open_json(document.envelope)._replace(events=document.events)
    for piece in stream_xml(source, events_at_once=XML_EVENTS_AT_ONCE):
        parse_document(_emptied(piece.value)[0]).require_faultless()
        return Envelope(0, piece.version)
    raise AssertionError("a document has a piece")


def _open_xml(data: bytes) -> Envelope:
    """Read a document through, keeping a few of its events at a time."""
    events, version = 0, None
    for piece in stream_xml(BytesIO(data), events_at_once=XML_EVENTS_AT_ONCE):
        emptied, count = _emptied(piece.value)
        if version is None:
            parse_document(emptied).require_faultless()
        events += count or 0
        version = piece.version
    return Envelope(events, version)


def _open_json(value: JSONValue) -> Envelope:
    if isinstance(value, list):
        return Envelope(len(value), None)
    emptied, events = _emptied(value)
    if events is None:
        # A bare event is judged with the rest of it; what is no document at all is not kept.
        if not (isinstance(value, dict) and str(value.get("type", "")).endswith("Event")):
            parse_document(value).require_faultless()
        return Envelope(1, None)
    parse_document(emptied).require_faultless()
    version = value.get("schemaVersion") if isinstance(value, dict) else None
    return Envelope(events, version if isinstance(version, str) else None)


def _emptied(value: JSONValue) -> tuple[JSONValue, int | None]:
    """Return a document without its events, and how many there were; None for no list."""
    if isinstance(value, list):
        return [], len(value)
    if not isinstance(value, dict):
        return value, None
    for name in ("epcisBody", "queryResults", "resultsBody", "eventList"):
        if name in value:
            inner, count = _emptied(value[name])
            return {**value, name: inner}, count
    return value, None


def check_envelope(envelope: Envelope, limits: Limits, said: Release | None) -> None:
    """Refuse a document of more events than are taken, or of another version than was said.

    Raises
    ------
    CaptureLimitExceeded, VersionConflict
    """
    limits.check_events(envelope.events)
    version = envelope.version
    if said is None or version is None or not _VERSION.fullmatch(version):
        return
    if release(version) != said:
        raise VersionConflict(
            f"document is of another version than the header says: expected {name_of(said)}, "
            f"got {version}",
            expected=name_of(said),
            got=version,
        )
