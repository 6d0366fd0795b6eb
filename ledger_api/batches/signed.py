"""A batch that its participant signed: the envelope, the records, and their secrets.

Media type `application/vnd.itemproof.batch+json`: `{envelope, records:[{kind, payload, secret,
media_type?}], items?:{gtin, lot, serials, salts}}`; binary in base64url.
"""

from __future__ import annotations

from traceability.codes.keys import check_element
from traceability.errors import InvalidInput
from traceability.events.jsonld import parse_document
from traceability.events.model import SubmittedEvent
from traceability.hashing.commitment import RecordKind
from traceability.hashing.encoding import b64u_decode
from traceability.hashing.envelope import Envelope, envelope_from_json
from traceability.hashing.salts import SALT_BYTES, SECRET_BYTES
from traceability.hashing.statement import BatchStatement, parse_statement
from traceability.ledger.disclosure_policy import POLICY_MEDIA_TYPE
from traceability.ledger.faults import KeyRevoked
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.ledger.policies import check_follows, policy_history
from traceability.ledger.prepared import (
    PreparedItems,
    PreparedRecord,
    prepare_batch,
    prepare_event,
    prepare_record,
)
from traceability.ledger.refilling import known_batch, refill
from traceability.strict_json import JSONValue, parse_json

MEDIA_TYPE = "application/vnd.itemproof.batch+json"
KINDS = {kind.name.lower(): kind for kind in RecordKind if kind is not RecordKind.ITEM}


class SignedBatchInvalid(InvalidInput):
    """The signed batch is not in its documented form."""

    code = "SIGNED_BATCH_INVALID"


def capture_signed(node: Node, body: bytes) -> CapturedBatch:
    """Take a signed batch in; the same one again gives the same answer.

    If the log came back from a mirror, the same one again brings its records back.
    """
    value = parse_json(body)
    if not isinstance(value, dict) or not {"envelope", "records"} <= set(value):
        raise SignedBatchInvalid("signed batch is malformed: expected envelope and records")
    if set(value) - {"envelope", "records", "items"}:
        raise SignedBatchInvalid("signed batch has an unknown member")
    envelope, statement = _statement(value["envelope"])
    listed = value["records"]
    if not isinstance(listed, list):
        raise SignedBatchInvalid("records are not a list", pointer="/records")
    records = [_record(node, part, index) for index, part in enumerate(listed)]
    _check_policies(node, statement.participant, listed)
    items = _items(value["items"]) if "items" in value else None
    batch = prepare_batch(records, items=items)
    try:
        captured = node.capture.signed(envelope, statement, batch=batch)
    except KeyRevoked:
        # What it signed before stands, and is known again.
        known = known_batch(node.store, envelope, statement.header)
        if known is None:
            raise
        captured = known
    if captured.repeated:
        refill(node.store, captured, key_id=statement.header.key, batch=batch)
    return captured


def _statement(value: JSONValue) -> tuple[Envelope, BatchStatement]:
    envelope = envelope_from_json(value)
    statement = parse_statement(envelope.payload)
    if not isinstance(statement, BatchStatement):
        raise SignedBatchInvalid(
            f"envelope holds another statement: expected batch, got {statement.type}",
            pointer="/envelope",
        )
    return envelope, statement


def _record(node: Node, value: JSONValue, index: int) -> PreparedRecord:
    place = f"/records/{index}"
    if not isinstance(value, dict) or set(value) - {"kind", "payload", "secret", "media_type"}:
        raise SignedBatchInvalid("record is malformed", pointer=place)
    kind, payload, secret = value.get("kind"), value.get("payload"), value.get("secret")
    media_type = value.get("media_type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise SignedBatchInvalid("record's kind is unknown", pointer=f"{place}/kind")
    if not isinstance(payload, dict):
        raise SignedBatchInvalid("record's payload is not an object", pointer=f"{place}/payload")
    if not isinstance(secret, str):
        raise SignedBatchInvalid("record has no secret", pointer=f"{place}/secret")
    if media_type is not None and not isinstance(media_type, str):
        raise SignedBatchInvalid("media type is not text", pointer=f"{place}/media_type")
    data = b64u_decode(secret, length=SECRET_BYTES)
    if KINDS[kind] is not RecordKind.EVENT:
        return prepare_record(KINDS[kind], payload, secret=data, media_type=media_type)
    event = _event(payload, place)
    mac = node.submission.content_mac(event)
    return prepare_event(event, secret=data, content_mac=mac)


def _check_policies(node: Node, participant: bytes, listed: list[JSONValue]) -> None:
    """Refuse a disclosure policy that would not apply; one that is recorded is sent again."""
    for value in listed:
        if not isinstance(value, dict) or value.get("media_type") != POLICY_MEDIA_TYPE:
            continue
        with node.store.reading() as repositories:
            known = [one.value for one in policy_history(repositories, participant)]
            if value["payload"] not in known:
                check_follows(repositories, participant, value["payload"])


def _event(payload: JSONValue, place: str) -> SubmittedEvent:
    """Return the one event that a record's payload is."""
    document = parse_document(payload)
    if document.faults:
        document.require_faultless()
    if document.type != "event":
        raise SignedBatchInvalid(
            f"record's payload is no event: expected one event with its @context, "
            f"got {document.type}",
            pointer=f"{place}/payload/type",
        )
    return document.events[0]


def _items(value: JSONValue) -> PreparedItems:
    match value:
        case {
            "gtin": str(gtin),
            "lot": str(lot),
            "serials": list(serials),
            "salts": str(salts),
            **rest,
        } if not rest and all(isinstance(serial, str) for serial in serials):
            check_element("01", gtin)
            texts = [serial for serial in serials if isinstance(serial, str)]
            data = b64u_decode(salts, length=SALT_BYTES * len(texts))
            return PreparedItems(gtin, lot, texts, data)
    raise SignedBatchInvalid(
        "items are malformed: expected gtin, lot, serials and salts", pointer="/items"
    )
