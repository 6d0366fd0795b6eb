"""What there is to erase in the audited ledger, and every way of erasing it."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, select

from tests.support.disclosure import policy
from tests.support.ledger import GTIN, add_participant, document, event
from traceability.hashing.commitment import RecordKind
from traceability.hashing.statement import ALL_RECORDS, Ranges
from traceability.ledger.documents import Document, submit_documents
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.erasure_plan import (
    declarations_of,
    plan_card,
    plan_fields,
    plan_records,
)
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.policy_setting import set_policy
from traceability.ledger.prepared import prepare_batch, prepare_record
from traceability.ledger.status_targets import Target
from traceability.store.tables import metadata

Row = dict[str, Any]
# The rows of each table before anything was erased: what a backup would still have.
Former = dict[str, list[Row]]

REQUESTER, BASIS, REASON = bytes(16), "consent_withdrawn", "personal_data"
PLACE = {"id": "https://id.gs1.org/414/9521005000013"}
XML = """<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
 creationDate="2026-05-01T09:00:00Z"><EPCISBody><EventList><ObjectEvent>
<eventTime>2026-05-01T08:01:00Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
<epcList><epc>urn:epc:id:sgtin:9521234.056789.X1</epc></epcList><action>OBSERVE</action>
<bizStep>shipping</bizStep></ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>"""


def erase_every_way(node: Node, own: bytes) -> Former:
    """Log something of each kind; erase it whole and in part; return what there was before."""
    events = _events(node, own)
    papers = _papers(node, own)
    for version in (1, 2):
        set_policy(node, own, policy(version))
    cards = _cards(node, own)
    lot = node.mint(Lot(GTIN, "L3", 2, {"name": "cable"}), participant=own)
    xml = _captured(node, own, DocumentBody(XML.encode(), "xml"))
    leaver = add_participant(node, gln="9521234500001")
    node.sequencer.run(close=True)
    with node.store.engine.connect() as connection:
        former = rows_of(connection)
    newest = _newest_policy(former)
    _erase_fields(node, events, 0, "readPoint")
    _erase_fields(node, events, 1, "quantityList")
    _erase_records(node, events, ((2, 2),))
    _erase_fields(node, papers, 0, "driver")
    _erase_records(node, papers, ((1, 1),))
    _erase_fields(node, cards, 0, "name")
    _erase_records(node, cards, ((1, 1),))
    _erase_records(node, newest, ((0, 0),))
    _erase_records(node, xml.entry_hash, ((0, 0),))
    _erase_records(node, lot.entry_hash, ALL_RECORDS)
    with node.store.reading() as repositories:
        plan = plan_card(repositories, leaver)
    node.erasures.erase(declarations_of(plan, requester=REQUESTER, basis=BASIS, reason=REASON))
    return former


def rows_of(connection: Connection) -> Former:
    """Return every row of every table."""
    return {
        table.name: [
            dict(row._mapping)
            for row in connection.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in metadata.sorted_tables
    }


def _events(node: Node, own: bytes) -> bytes:
    quantities = [
        {"epcClass": f"https://id.gs1.org/01/{GTIN}/10/P", "quantity": 2.5, "uom": "KGM"},
        {"epcClass": f"https://id.gs1.org/01/{GTIN}/10/Q", "quantity": 4},
    ]
    found = node.submission.submit(
        document(
            event(30, readPoint=PLACE, bizLocation=PLACE),
            event(31, quantityList=quantities),
            event(32),
        ),
        participant=own,
    )
    assert found.batch is not None, found
    return found.batch.entry_hash


def _papers(node: Node, own: bytes) -> bytes:
    kept = [
        Document("application/json", {"driver": "Zhang San", "number": number})
        for number in range(3)
    ]
    return submit_documents(node, kept, participant=own).entry_hash


def _cards(node: Node, own: bytes) -> bytes:
    """Log cards of participants as records, as an operator may who keeps others' data."""
    cards = [
        prepare_record(
            RecordKind.PARTICIPANT,
            {"name": name, "gln": "9521234500001"},
            secret=secrets.token_bytes(32),
        )
        for name in ("Li Si", "Wang Wu")
    ]
    captured = node.capture.own(prepare_batch(cards), participant=own)
    assert captured is not None
    return captured.entry_hash


def _captured(node: Node, own: bytes, body: DocumentBody) -> CapturedBatch:
    found = node.submission.submit_body(body, participant=own)
    assert found.batch is not None, found
    return found.batch


def _newest_policy(rows: Former) -> bytes:
    """Return the entry of the batch with the newest policy."""
    batch = max(row["batch"] for row in rows["records"] if "policy" in (row["media_type"] or ""))
    (arrival,) = [row["arrival"] for row in rows["batches"] if row["batch"] == batch]
    (entry,) = [row["leaf_hash"] for row in rows["entries"] if row["arrival"] == arrival]
    return bytes(entry)


def _erase_fields(node: Node, entry: bytes, index: int, name: str) -> None:
    with node.store.reading() as repositories:
        plan = plan_fields(repositories, Target(entry, ((index, index),)), [name])
    node.erasures.erase(declarations_of(plan, requester=REQUESTER, basis=BASIS, reason=REASON))


def _erase_records(node: Node, entry: bytes, records: Ranges | int) -> None:
    with node.store.reading() as repositories:
        plan = plan_records(repositories, Target(entry, records))
    node.erasures.erase(declarations_of(plan, requester=REQUESTER, basis=BASIS, reason=REASON))
