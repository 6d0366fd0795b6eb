"""Master data of documents: kept beside the events, known when it is repeated, told."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.support.ledger import add_participant, document, event
from traceability.events.master_data import MASTER_DATA_TYPE
from traceability.hashing.commitment import RecordKind
from traceability.ledger.audit.audit import audit
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.node import Node
from traceability.ledger.streaming import submit_stream
from traceability.ledger.submission import SubmissionResult, check_alone
from traceability.verify.identity import record_urn

LOCATIONS: list[Any] = [
    {
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [
            {
                "id": "https://id.gs1.org/414/9521234000006",
                "attributes": [{"id": "cbvmda:name", "attribute": "冷库"}],
            },
            {"id": "https://id.gs1.org/414/9521234000013"},
        ],
    }
]
XML = b"""<?xml version="1.0"?>
<m:EPCISMasterDataDocument xmlns:m="urn:epcglobal:epcis-masterdata:xsd:2" schemaVersion="2.0"
 creationDate="2026-05-01T09:00:00.000Z"><EPCISBody><VocabularyList>
 <Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>
 <VocabularyElement id="https://id.gs1.org/414/9521234000006"/>
 </VocabularyElementList></Vocabulary></VocabularyList></EPCISBody></m:EPCISMasterDataDocument>
"""


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node)


def told(*events: dict[str, Any], vocabularies: list[Any] | None = None) -> dict[str, Any]:
    listed = LOCATIONS if vocabularies is None else vocabularies
    return document(*events) | {"epcisHeader": {"epcisMasterData": {"vocabularyList": listed}}}


def kept(node: Node, result: SubmissionResult) -> list[tuple[int, str | None, Any]]:
    """Return kind, media type and value of the records of a result's batch."""
    assert result.batch is not None
    with node.store.reading() as repositories:
        rows = repositories.batches.records_between(result.batch.batch, 0, 10)
    return [(row.kind, row.media_type, json.loads(row.payload or b"")) for row in rows]


def outcome_of(result: SubmissionResult) -> tuple[str, int, int] | None:
    return None if result.master_data is None else result.master_data[:3]


def test_vocabularies_are_a_record_after_the_events(node: Node, participant: bytes) -> None:
    result = node.submission.submit(told(event(1), event(2)), participant=participant)
    assert result.status == "ACCEPTED"
    assert outcome_of(result) == ("accepted", 1, 2)
    kind, media_type, value = kept(node, result)[2]
    assert (kind, media_type) == (RecordKind.DOCUMENT, MASTER_DATA_TYPE)
    assert value["vocabularyList"] == LOCATIONS
    assert value["@context"] == told()["@context"]
    assert result.batch is not None
    assert result.master_data is not None
    assert result.master_data.record == record_urn(result.batch.entry_hash, 2)
    node.sequencer.run(close=True)
    assert audit(node.store, second_place=node.second_place).differences == ()


@pytest.mark.parametrize("vocabularies", [None, []])
def test_document_without_vocabularies_has_no_such_record(
    node: Node, participant: bytes, vocabularies: list[Any] | None
) -> None:
    value = document(event(1)) if vocabularies is None else told(event(1), vocabularies=[])
    result = node.submission.submit(value, participant=participant)
    assert outcome_of(result) is None
    assert len(kept(node, result)) == 1


def test_document_of_master_data_alone_is_accepted(node: Node, participant: bytes) -> None:
    result = node.submission.submit(told(), participant=participant)
    assert (result.status, result.records) == ("ACCEPTED", ())
    assert outcome_of(result) == ("accepted", 1, 2)
    assert [record[1] for record in kept(node, result)] == [MASTER_DATA_TYPE]


def test_document_of_nothing_is_not_kept(node: Node, participant: bytes) -> None:
    result = node.submission.submit(document(), participant=participant)
    assert result.batch is None


def test_xml_of_master_data_alone_is_kept_with_its_source(node: Node, participant: bytes) -> None:
    result = node.submission.submit_body(DocumentBody(XML, "xml"), participant=participant)
    assert outcome_of(result) == ("accepted", 1, 1)
    assert [record[1] for record in kept(node, result)] == [MASTER_DATA_TYPE, "application/xml"]


def test_repeated_document_keeps_nothing(node: Node, participant: bytes) -> None:
    node.submission.submit(told(event(1)), participant=participant)
    again = node.submission.submit(told(event(1)), participant=participant)
    assert again.batch is None
    assert outcome_of(again) == ("duplicate", 1, 2)


def test_new_master_data_beside_known_events_is_kept(node: Node, participant: bytes) -> None:
    node.submission.submit(told(event(1)), participant=participant)
    other = [LOCATIONS[0] | {"type": "urn:epcglobal:epcis:vtype:ReadPoint"}]
    result = node.submission.submit(told(event(1), vocabularies=other), participant=participant)
    assert outcome_of(result) == ("accepted", 1, 2)
    assert [record.result for record in result.records] == ["duplicate"]
    assert len(kept(node, result)) == 1


def test_rollback_keeps_no_master_data_and_proceed_does(node: Node, participant: bytes) -> None:
    value = told(event(1, bizStep="casting"))
    result = node.submission.submit(value, participant=participant)
    assert (result.status, result.batch, outcome_of(result)) == (
        "REJECTED",
        None,
        ("rejected", 1, 2),
    )
    result = node.submission.submit(value, participant=participant, proceed=True)
    assert (result.status, outcome_of(result)) == ("PARTIALLY_ACCEPTED", ("accepted", 1, 2))
    assert len(kept(node, result)) == 1


def test_master_data_of_a_faulty_envelope_is_not_kept(node: Node, participant: bytes) -> None:
    value = told(event(1), vocabularies=[{"vocabularyElementList": []}])
    result = node.submission.submit(value, participant=participant, proceed=True)
    assert (result.status, result.batch, outcome_of(result)) == ("REJECTED", None, None)


def test_check_tells_of_it_and_keeps_nothing(node: Node, participant: bytes) -> None:
    body = DocumentBody(json.dumps(told(event(1))).encode())
    assert outcome_of(check_alone(body)) == ("accepted", 1, 2)
    result = node.submission.check_body(body, participant=participant)
    assert (result.batch, outcome_of(result)) == (None, ("accepted", 1, 2))


@pytest.mark.parametrize("form", ["json", "xml"])
def test_long_document_keeps_it_once(node: Node, participant: bytes, form: Any) -> None:
    data = json.dumps(told(*(event(number) for number in range(600)))).encode()
    source = io.BytesIO(XML if form == "xml" else data)
    with submit_stream(node.submission, source, form, participant=participant) as result:
        assert result.first_batch is not None
        batches = [piece.batch.batch for piece in result.pieces() if piece.batch is not None]
    assert len(batches) == (1 if form == "xml" else 2)
    with node.store.reading() as repositories:
        rows = [
            row for batch in batches for row in repositories.batches.records_between(batch, 0, 900)
        ]
    assert [row.media_type for row in rows].count(MASTER_DATA_TYPE) == 1
