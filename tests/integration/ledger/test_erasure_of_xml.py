"""An event that came as XML: the document goes with it, whichever part of it is erased."""

from __future__ import annotations

import pytest

from tests.support.ledger import add_participant, document, event
from traceability.hashing.commitment import RecordKind
from traceability.hashing.statement import Erasure
from traceability.ledger.audit.audit import audit
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.erasure_plan import declarations_of, plan_fields, plan_records
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.ledger.status_targets import Target

WHY = Erasure(bytes(16), "trade_secret")
XML = """<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
 creationDate="2026-05-01T09:00:00Z"><EPCISBody><EventList>{}</EventList></EPCISBody>
</epcis:EPCISDocument>"""
EVENT = """<ObjectEvent><eventTime>2026-05-01T08:0{0}:00Z</eventTime>
<eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
<epcList><epc>urn:epc:id:sgtin:9521234.056789.S{0}</epc></epcList><action>OBSERVE</action>
<bizStep>shipping</bizStep>
<readPoint><id>urn:epc:id:sgln:9521234.56789.0</id></readPoint></ObjectEvent>"""


@pytest.fixture
def batch(node: Node) -> CapturedBatch:
    participant = add_participant(node)
    body = DocumentBody(XML.format(EVENT.format(1) + EVENT.format(2)).encode(), "xml")
    found = node.submission.submit_body(body, participant=participant)
    assert found.batch is not None, found.records
    node.sequencer.run(close=True)
    return found.batch


def payloads(node: Node, batch: CapturedBatch) -> list[bool]:
    with node.store.reading() as repositories:
        rows = repositories.batches.records_between(batch.batch, 0, 9)
    assert [row.kind for row in rows] == [RecordKind.EVENT] * 2 + [RecordKind.DOCUMENT]
    return [row.payload is not None for row in rows]


@pytest.mark.parametrize("names", [(), ("readPoint",)])
def test_the_document_goes_with_the_event(
    node: Node, batch: CapturedBatch, names: tuple[str, ...]
) -> None:
    target = Target(batch.entry_hash, ((0, 0),))
    with node.store.reading() as repositories:
        if names:
            plan = plan_fields(repositories, target, names)
        else:
            plan = plan_records(repositories, target)
    said = declarations_of(plan, requester=WHY.requester, basis=WHY.basis, reason="other")
    node.erasures.erase(said)
    node.sequencer.run(close=True)
    assert payloads(node, batch) == [False, True, False]
    report = audit(node.store, second_place=node.second_place)
    assert report.ok, report.differences


def test_json_has_no_document_to_go_with_it(node: Node) -> None:
    participant = add_participant(node)
    found = node.submission.submit(document(event(1)), participant=participant)
    assert found.batch is not None
    with node.store.reading() as repositories:
        target = Target(found.batch.entry_hash, ((0, 0),))
        (plan,) = plan_records(repositories, target)
    assert plan.records == ((0, 0),)
