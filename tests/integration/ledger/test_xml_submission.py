"""EPCIS documents in XML: mapped, committed, and kept as they came."""

from __future__ import annotations

import zlib

import pytest

from tests.support.ledger import add_participant
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import RecordKind
from traceability.hashing.encoding import b64u_decode
from traceability.ledger.audit.audit import audit
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.node import Node

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
