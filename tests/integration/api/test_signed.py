"""Signed batches whose records are not what their kind says: refused before anything is locked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger_api.batches.signed import SignedBatchInvalid, capture_signed
from tests.support.ledger import document, event
from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.statement import BatchStatement, Header, Seen
from traceability.ledger.faults import BatchMismatch, MediaTypeInvalid
from traceability.ledger.node import Node

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
SOUND = {"@context": CONTEXT, **event(1)}


def body(node: Node, record: dict[str, Any]) -> bytes:
    key = SigningKey.generate()
    header = Header(node.identity.log, key.key_id, 0, bytes(32), node.clock())
    statement = BatchStatement(header, bytes(16), Seen(1, bytes(32)), 1, bytes(32))
    envelope = sign_envelope(STATEMENT_TYPE, statement.to_payload(), [key])
    full = {"kind": "event", "secret": b64u_encode(bytes(32)), **record}
    return json.dumps({"envelope": envelope.to_json(), "records": [full]}).encode()


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ({"payload": document()}, SignedBatchInvalid),
        ({"payload": document(event(1), event(2))}, SignedBatchInvalid),
        ({"payload": {**SOUND, "action": "FLY"}}, ItemProofError),
        (
            {"kind": "document", "payload": {"a": 1}, "media_type": "text/" + "x" * 200},
            MediaTypeInvalid,
        ),
        ({"kind": "document", "payload": {"a": 1}, "media_type": "text"}, MediaTypeInvalid),
    ],
)
def test_record_that_is_no_record_is_refused(
    sqlite_node: Node, record: dict[str, Any], error: type[ItemProofError]
) -> None:
    with pytest.raises(error) as caught:
        capture_signed(sqlite_node, body(sqlite_node, record))
    assert not isinstance(caught.value, BatchMismatch)


@pytest.mark.parametrize(
    "record",
    [{"payload": SOUND}, {"kind": "document", "payload": {"a": 1}, "media_type": "text/csv"}],
)
def test_sound_record_comes_as_far_as_its_root(sqlite_node: Node, record: dict[str, Any]) -> None:
    with pytest.raises(BatchMismatch):
        capture_signed(sqlite_node, body(sqlite_node, record))
