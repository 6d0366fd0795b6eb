"""EPCIS documents in XML: mapped, committed, and kept as they came."""

from __future__ import annotations

import io
import zlib

import pytest

from tests.support.ledger import add_participant, document, event
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import RecordKind
from traceability.hashing.encoding import b64u_decode
from traceability.ledger.audit.audit import audit
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.node import Node
from traceability.ledger.streaming import submit_stream
from traceability.store.repositories.one_code import RuleMode

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
 creationDate="2026-05-01T09:00:00.000Z">
 <EPCISBody>
  <EventList>
   <ObjectEvent>
    <eventTime>2026-05-01T08:00:00.000Z</eventTime>
    <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
    <epcList><epc>urn:epc:id:sgtin:9521234.056789.1</epc></epcList>
    <action>OBSERVE</action>
    <bizStep>shipping</bizStep>
   </ObjectEvent>
  </EventList>
 </EPCISBody>
</epcis:EPCISDocument>
"""


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node)


def test_source_is_kept_and_committed_beside_its_events(node: Node, participant: bytes) -> None:
    result = node.submission.submit_body(DocumentBody(XML, "xml"), participant=participant)
    assert result.status == "ACCEPTED"
    assert result.batch is not None
    with node.store.reading() as repositories:
        event, source = repositories.batches.records_between(result.batch.batch, 0, 10)
    assert (event.kind, source.kind) == (RecordKind.EVENT, RecordKind.DOCUMENT)
    assert source.media_type == "application/xml"
    assert source.payload is not None
    kept = parse_canonical(source.payload)
    assert isinstance(kept, dict)
    assert kept["mapping"] == "itemproof-xml-1"
    assert zlib.decompress(b64u_decode(str(kept["content"]))) == XML
    node.sequencer.run(close=True)
    assert audit(node.store, second_place=node.second_place).differences == ()


def test_fault_has_its_line(node: Node, participant: bytes) -> None:
    faulty = XML.replace(b">shipping<", b">casting<")
    result = node.submission.submit_body(DocumentBody(faulty, "xml"), participant=participant)
    assert result.status == "REJECTED"
    fault = result.records[0].faults[0]
    assert fault.code == "EPCIS_VOCABULARY"
    assert fault.line == 11


def test_document_of_which_nothing_is_new_is_not_kept(node: Node, participant: bytes) -> None:
    first = node.submission.submit_body(DocumentBody(XML, "xml"), participant=participant)
    again = node.submission.submit_body(DocumentBody(XML, "xml"), participant=participant)
    assert first.batch is not None
    assert again.batch is None
    assert [record.result for record in again.records] == ["duplicate"]


EVENT = XML[XML.index(b"   <ObjectEvent>") : XML.index(b"  </EventList>")]
NAMED = b"<eventID>urn:x:1</eventID>\n    <epcList>"
COMMISSIONED = (
    b"OBSERVE</action>\n    <bizStep>shipping",
    b"ADD</action>\n    <bizStep>commissioning",
)


def test_event_rolled_back_has_its_line(node: Node, participant: bytes) -> None:
    other = EVENT.replace(b"9.1<", b"9.2<").replace(b">shipping<", b">casting<")
    body = DocumentBody(XML.replace(EVENT, EVENT + other), "xml")
    result = node.submission.submit_body(body, participant=participant)
    found = [(record.faults[0].code, record.faults[0].line) for record in result.records]
    assert found == [("ROLLED_BACK", 6), ("EPCIS_VOCABULARY", 18)]


def test_event_of_a_long_document_has_its_line(node: Node, participant: bytes) -> None:
    other = EVENT.replace(b"9.1<", b"9.2<").replace(b">shipping<", b">casting<")
    source = io.BytesIO(XML.replace(EVENT, EVENT + other))
    with submit_stream(node.submission, source, "xml", participant=participant) as result:
        records = [record for piece in result.pieces() for record in piece.records]
    found = [(record.faults[0].code, record.faults[0].line) for record in records]
    assert found == [("ROLLED_BACK", 6), ("EPCIS_VOCABULARY", 18)]


def test_conflict_of_ids_has_its_line(node: Node, participant: bytes) -> None:
    first = XML.replace(b"<epcList>", NAMED)
    second = first.replace(b"9.1<", b"9.2<")
    assert submitted(node, participant, first) == []
    assert submitted(node, participant, second) == [("EVENT_ID_CONFLICT", 6)]


@pytest.mark.parametrize("mode", [RuleMode.WARN, RuleMode.ENFORCE])
def test_breach_has_its_line(node: Node, participant: bytes, mode: RuleMode) -> None:
    with node.store.unit_of_work() as work:
        work.repositories.one_code.set_mode(participant, mode)
        work.commit()
    first = XML.replace(*COMMISSIONED)
    assert submitted(node, participant, first) == []
    second = first.replace(b"T08:00", b"T09:00").replace(b"  <EventList>", b"\n  <EventList>")
    assert submitted(node, participant, second) == [("COMMISSIONED_TWICE", 7)]


def test_events_of_json_have_no_line(node: Node, participant: bytes) -> None:
    value = document(event(1), event(2, bizStep="casting"))
    result = node.submission.submit(value, participant=participant)
    assert [record.faults[0].line for record in result.records] == [None, None]


def submitted(node: Node, participant: bytes, data: bytes) -> list[tuple[str, int | None]]:
    """Return the code and line of every fault and breach of a document."""
    result = node.submission.submit_body(DocumentBody(data, "xml"), participant=participant)
    return [
        (fault.code, fault.line)
        for record in result.records
        for fault in (*record.faults, *record.breaches)
    ]
