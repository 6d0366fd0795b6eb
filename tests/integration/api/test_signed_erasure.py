"""A participant erases its own records by a status that it signed: all the operator's does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger_api.declarations.requests import MEDIA_TYPE
from tests.support.api import Api, problem
from tests.support.epcis_xml import object_event, xml
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.statement import Erasure, Header
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.erasure import PURGE_DUE
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.participants import held_key
from traceability.ledger.statuses import Declaration

FIELD = ((1, 1),)


@pytest.fixture
def batch(api: Api) -> CapturedBatch:
    """One event, which came in the document that is record 1."""
    body = DocumentBody(xml(object_event()), "xml")
    found = api.node.submission.submit_body(body, participant=api.participant)
    assert found.batch is not None, found.records
    api.node.sequencer.run(close=True)
    return found.batch


def erase(api: Api, batch: CapturedBatch, records: Any, fields: Any = None) -> Any:
    erasure = Erasure(bytes(range(16)), "objection", fields)
    said = Declaration(batch.entry_hash, records, "erased", "personal_data", erasure=erasure)
    with api.node.store.unit_of_work() as work:
        key = held_key(work.repositories, api.node.keyring, api.participant)
        chain = work.repositories.keys.chain(key.key_id)
    assert chain is not None
    log = api.node.identity.log
    header = Header(log, key.key_id, chain.next_sequence, chain.previous, api.node.clock())
    envelope = sign_envelope(STATEMENT_TYPE, said.statement(header).to_payload(), [key])
    headers = api.headers("participant") | {"Content-Type": MEDIA_TYPE}
    body = json.dumps(envelope.to_json()).encode()
    return api.client.post("/api/statuses", content=body, headers=headers)


def left(api: Api, batch: CapturedBatch) -> list[bool]:
    with api.node.store.reading() as repositories:
        rows = repositories.batches.records_between(batch.batch, 0, 2)
    return [row.payload is not None for row in rows]


@pytest.mark.parametrize("fields", [None, FIELD])
def test_the_document_must_go_with_the_event(api: Api, batch: CapturedBatch, fields: Any) -> None:
    found = problem(erase(api, batch, ((0, 0),), fields), 400, "ERASURE_INCOMPLETE")
    assert found["expected"] == "1"
    assert left(api, batch) == [True, True]


def test_with_its_document_an_event_is_erased_down_to_the_files(
    api: Api, batch: CapturedBatch
) -> None:
    answer = erase(api, batch, ((0, 1),))
    assert answer.status_code == 201, answer.text
    assert left(api, batch) == [False, False]
    with api.node.store.reading() as repositories:
        assert repositories.meta.get(PURGE_DUE) == b""
    assert api.node.erasures.list_file.read_bytes()


def test_after_its_document_a_field_is_erased(api: Api, batch: CapturedBatch) -> None:
    assert erase(api, batch, ((1, 1),)).status_code == 201
    assert erase(api, batch, ((0, 0),), FIELD).status_code == 201
    assert left(api, batch) == [False, False]
