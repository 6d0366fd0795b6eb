"""A participant that holds its own key and signs its batches itself."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from traceability.events.jsonld import parse_document
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, sign_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import BatchStatement, Header, Seen
from traceability.ledger.node import Node
from traceability.ledger.prepared import PreparedBatch, PreparedItems, prepare_batch, prepare_event

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


@dataclass(slots=True)
class Supplier:
    """A participant that holds its own key."""

    node: Node
    key: SecretKey
    participant: bytes

    def batch(self, *events: dict[str, Any], items: PreparedItems | None = None) -> PreparedBatch:
        records = []
        for value in events:
            parsed = parse_document({"@context": CONTEXT, **value}).require_faultless()[0]
            records.append(
                prepare_event(
                    parsed,
                    secret=secrets.token_bytes(32),
                    content_mac=self.node.submission.content_mac(parsed),
                )
            )
        return prepare_batch(records, items=items)

    def statement(self, batch: PreparedBatch) -> BatchStatement:
        with self.node.store.reading() as repositories:
            chain = repositories.keys.chain(self.key.key_id)
            head = repositories.tree.latest_checkpoint()
        assert chain is not None
        assert head is not None
        return BatchStatement(
            header=Header(
                log=self.node.identity.log,
                key=self.key.key_id,
                sequence=chain.next_sequence,
                previous=chain.previous,
                claimed_time=self.node.clock(),
            ),
            participant=self.participant,
            seen=Seen(head.tree_size, head.root_hash),
            record_count=batch.record_count,
            batch_root=batch.batch_root,
        )

    def sign(self, statement: BatchStatement) -> Envelope:
        return sign_envelope(STATEMENT_TYPE, statement.to_payload(), [self.key])


def signed_body(supplier: Supplier, batch: PreparedBatch) -> bytes:
    """Sign a batch, and return it as it is posted."""
    value = {
        "envelope": supplier.sign(supplier.statement(batch)).to_json(),
        "records": [
            {
                "kind": record.kind.name.lower(),
                "payload": json.loads(record.payload or b""),
                "secret": b64u_encode(record.secret or b""),
            }
            for record in batch.records
        ],
    }
    if batch.items is not None:
        items = batch.items
        value["items"] = {
            "gtin": items.gtin,
            "lot": items.lot,
            "serials": list(items.serials),
            "salts": b64u_encode(items.salts),
        }
    return json.dumps(value).encode()
