"""EPCIS documents in XML, 2.0 and 1.2, to the JSON-LD that `jsonld.parse_document` takes.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 9; EPCIS 1.2, section 9. Whole documents, or pieces
of them in memory that does not grow with their length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traceability.events.xml.document import DocumentReader
from traceability.events.xml.faults import XmlTooLarge
from traceability.events.xml.lines import Lines, LinesOfPiece, LinesOfSource
from traceability.events.xml.parsing import Readable, chunks_of

if TYPE_CHECKING:
    from traceability.events.xml.names import Version

# Names how elements become members. It changes when some document would give another value, and
# stands beside whatever is kept of a document.
MAPPING_REVISION = "itemproof-xml-1"
# A piece is cut after so many bytes, however few events it has.
PIECE_BYTES = 1 << 22
# One event, or the header, of a document that is read in pieces. The longest event that a record
# can hold has a third of it.
EVENT_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A document, or a piece of one, as JSON-LD.

    Parameters
    ----------
    value
        An EPCISDocument or EPCISQueryDocument; namespaces of extensions are prefixes of its
        `@context`. One of version 1.2 is given as 2.0.
    version
        That of the XML.
    lines
        Where things stand in the XML.
    first_event
        How many events of the document come before those of this piece.
    revision
        `MAPPING_REVISION`.
    offset
        The byte of the document at which the piece begins: 0, or where its first event does.
    """

    value: dict[str, Any]
    version: Version
    lines: Lines
    first_event: int = 0
    revision: str = MAPPING_REVISION
    offset: int = 0


def read_xml(source: bytes | Readable, *, max_bytes: int) -> XmlDocument:
    """Return a document.

    Parameters
    ----------
    source
        The bytes, or what they are read from.
    max_bytes
        Longer documents are refused.

    Raises
    ------
    XmlInvalid
        One of `faults`. What the rules of events forbid is left to `parse_document`.
    """
    data = source if isinstance(source, bytes) else source.read(max_bytes + 1)
    if len(data) > max_bytes:
        expected = f"at most {max_bytes} bytes"
        raise XmlTooLarge("document is too large", line=1, expected=expected, got="more")
    reader = DocumentReader()
    for chunk in chunks_of(data):
        reader.feed(chunk)
    reader.close()
    value = reader.piece(len(reader.ready))
    return XmlDocument(value, reader.version, LinesOfSource(data, value, starts=reader.starts))


def stream_xml(
    source: Readable, *, events_at_once: int, bytes_at_once: int = PIECE_BYTES
) -> Iterator[XmlDocument]:
    """Yield a document in pieces, each a document of its own with some of the events.

    The first piece has the header. A fault further on is raised when it is reached, after the
    pieces before it; who wants all or nothing keeps them until the end.

    Parameters
    ----------
    source
        Read bit by bit.
    events_at_once
        How many events a piece has; the last has those that are left.
    bytes_at_once
        A piece that has taken so many has the events that are complete.

    Raises
    ------
    XmlInvalid
        One of `faults`.
    """
    reader = DocumentReader(keeps_elements=True)
    count, taken = 0, 0
    for chunk in chunks_of(source):
        reader.feed(chunk)
        taken += len(chunk)
        while len(reader.ready) >= events_at_once or (reader.ready and taken > bytes_at_once):
            events = min(len(reader.ready), events_at_once)
            yield _piece(reader, events, count)
            count, taken = count + events, 0
        if taken > max(EVENT_BYTES, bytes_at_once):
            expected = f"at most {EVENT_BYTES} bytes"
            fault = "event or header is too large"
            raise XmlTooLarge(fault, line=reader.line, expected=expected, got="more")
    reader.close()
    if reader.ready or not count:
        yield _piece(reader, len(reader.ready), count)


def _piece(reader: DocumentReader, events: int, count: int) -> XmlDocument:
    """Take the next events out of a reader."""
    offset = reader.offsets[0] if count else 0
    elements = reader.elements[:events]
    del reader.elements[:events]
    value = reader.piece(events)
    lines = LinesOfPiece(elements, value, line=reader.line)
    return XmlDocument(value, reader.version, lines, first_event=count, offset=offset)
