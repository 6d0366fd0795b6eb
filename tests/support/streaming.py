"""Long documents for tests, and what a ledger has of them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from tests.support.ledger import document, event
from traceability.events.xml.writing import write_xml
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import RecordKind
from traceability.hashing.encoding import b64u_decode
from traceability.ledger.audit.audit import audit
from traceability.ledger.drafting import DocumentForm
from traceability.ledger.node import Node
from traceability.ledger.streaming import StreamResult, submit_stream
from traceability.ledger.submission import RecordResult

# Events of a piece, in tests.
AT_ONCE = 3


def events(count: int = 8) -> list[dict[str, Any]]:
    return [event(number, eventID=f"urn:example:{number}") for number in range(count)]


def as_json(found: list[dict[str, Any]]) -> bytes:
    return json.dumps(document(*found)).encode()


def as_xml(found: list[dict[str, Any]]) -> bytes:
    return write_xml(document(*found), version="2.0")


def written(found: list[dict[str, Any]], form: DocumentForm) -> bytes:
    return as_xml(found) if form == "xml" else as_json(found)


@contextmanager
def taken(
    node: Node, data: bytes, form: DocumentForm = "json", **named: Any
) -> Iterator[StreamResult]:
    with submit_stream(node.submission, BytesIO(data), form, **named) as result:
        yield result


def results(found: StreamResult) -> list[RecordResult]:
    return [record for piece in found.pieces() for record in piece.records]


def take(
    node: Node, data: bytes, form: DocumentForm = "json", **named: Any
) -> tuple[StreamResult, list[RecordResult]]:
    with taken(node, data, form, **named) as result:
        return result, results(result)


def payloads(node: Node) -> list[bytes | None]:
    """Return what is kept of all events, in the order of the log."""
    with node.store.reading() as repositories:
        return [
            record.payload
            for batch in repositories.batches.all()
            for record in repositories.batches.records_between(batch.batch, 0, 10_000)
            if record.kind == RecordKind.EVENT
        ]


def slices(node: Node) -> list[dict[str, Any]]:
    with node.store.reading() as repositories:
        return [
            dict(parse_canonical(record.payload))  # type: ignore[arg-type]  # an object
            for batch in repositories.batches.all()
            for record in repositories.batches.records_between(batch.batch, 0, 10_000)
            if record.kind == RecordKind.DOCUMENT and record.payload
        ]


def content(one: dict[str, Any]) -> bytes:
    return zlib.decompress(b64u_decode(one["content"]))


def is_sound(node: Node) -> bool:
    node.sequencer.run(close=True)
    return audit(node.store, second_place=node.second_place).ok
