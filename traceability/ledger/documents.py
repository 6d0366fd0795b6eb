"""Documents into the ledger, signed by a key that this node holds for their participant."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from traceability.hashing.commitment import RecordKind
from traceability.hashing.salts import SECRET_BYTES
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.ledger.participants import held_key
from traceability.ledger.prepared import prepare_batch, prepare_record
from traceability.strict_json import JSONValue


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object and the media type that says what it is."""

    media_type: str
    value: dict[str, JSONValue]


def submit_documents(
    node: Node, documents: Sequence[Document], *, participant: bytes
) -> CapturedBatch:
    """Append documents as one batch in the name of a participant; each is one record.

    Raises
    ------
    KeyUnknown
        This node holds no live key of the participant.
    BatchEmpty
    """
    batch = prepare_batch(
        [
            prepare_record(
                RecordKind.DOCUMENT,
                document.value,
                secret=secrets.token_bytes(SECRET_BYTES),
                media_type=document.media_type,
            )
            for document in documents
        ]
    )
    kept = node.capture.own(batch, participant=participant)
    if kept is not None:
        return kept
    with node.store.unit_of_work() as work:
        key = held_key(work.repositories, node.keyring, participant)
        captured = node.capture.held(work.repositories, key, participant=participant, batch=batch)
        work.commit()
    return captured
