"""From documents, lots and files to a batch: records with fresh secrets, their hashes, the root.

Source: docs/formats.md, sections 1, 2 and "signed batch". Nothing is signed or sent here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from traceability.client.faults import DraftInvalid
from traceability.codes.keys import check_element
from traceability.codes.serials import new_serials
from traceability.codes.uris import item_prefix, parse_code
from traceability.events.jsonld import parse_document
from traceability.events.master_data import MASTER_DATA_TYPE, master_data_of_document
from traceability.events.model import SubmittedEvent
from traceability.hashing.commitment import (
    RecordKind,
    commit_record,
    item_leaf_hashes,
)
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.salts import SALT_BYTES, SECRET_BYTES
from traceability.merkle.tree import root_hash
from traceability.strict_json import JSONValue
from traceability.verify.identity import LOT_MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A record with its secret; `pointer` is where it stood in its document."""

    kind: RecordKind
    payload: dict[str, JSONValue]
    secret: bytes
    leaf_hash: bytes
    media_type: str | None = None
    pointer: str = ""

    def to_json(self) -> dict[str, JSONValue]:
        """Return the record as a signed batch carries it."""
        value: dict[str, JSONValue] = {
            "kind": self.kind.name.lower(),
            "payload": self.payload,
            "secret": b64u_encode(self.secret),
        }
        return value if self.media_type is None else value | {"media_type": self.media_type}


@dataclass(frozen=True, slots=True)
class DraftItems:
    """Items of one GTIN and lot, serials ascending; `salts` holds 16 bytes for each."""

    gtin: str
    lot: str
    serials: tuple[str, ...]
    salts: bytes

    def to_json(self) -> dict[str, JSONValue]:
        """Return the items as a signed batch carries them."""
        return {
            "gtin": self.gtin,
            "lot": self.lot,
            "serials": list(self.serials),
            "salts": b64u_encode(self.salts),
        }


@dataclass(frozen=True, slots=True)
class BatchDraft:
    """A batch that is ready to be signed."""

    records: tuple[DraftRecord, ...]
    items: DraftItems | None
    record_count: int
    batch_root: bytes

    def to_json(self) -> dict[str, JSONValue]:
        """Return the members of a signed batch beside its envelope."""
        value: dict[str, JSONValue] = {"records": [record.to_json() for record in self.records]}
        return value if self.items is None else value | {"items": self.items.to_json()}


def event_records(document: JSONValue) -> list[DraftRecord]:
    """Return the events of an EPCIS JSON-LD document, as `parse_json` read it.

    Raises
    ------
    DocumentFaulty
        It has faults, which the error lists.
    """
    return [event_record(event) for event in parse_document(document).require_faultless()]


def event_record(event: SubmittedEvent) -> DraftRecord:
    """Return the record of one event that was parsed already."""
    return _record(RecordKind.EVENT, event.payload, pointer=event.pointer)


def master_data_record(document: JSONValue) -> list[DraftRecord]:
    """Return the record of a document's vocabularies: one, or none where it has none."""
    found = master_data_of_document(document)
    return [] if found is None else [document_record(found, MASTER_DATA_TYPE)]


def document_record(payload: Mapping[str, JSONValue], media_type: str) -> DraftRecord:
    """Return a record of anything else that is a JSON object."""
    return _record(RecordKind.DOCUMENT, dict(payload), media_type=media_type)


def lot_records(
    gtin: str,
    lot: str,
    *,
    quantity: int,
    attributes: Mapping[str, JSONValue] | None = None,
    serials: Sequence[str] | None = None,
) -> tuple[DraftRecord, DraftItems]:
    """Return the record that describes a lot, and its items; without serials, new ones.

    Raises
    ------
    DraftInvalid, CodeInvalid
        GTIN or serials are malformed, repeat, or are not as many as `quantity`.
    """
    check_element("01", gtin)
    drawn = sorted(new_serials(quantity) if serials is None else serials)
    if not drawn or len(drawn) != quantity or len(set(drawn)) != quantity:
        raise DraftInvalid(
            f"serials are not one for each item: expected {quantity} different ones, "
            f"got {len(set(drawn))}"
        )
    for serial in drawn:
        parse_code(item_prefix(gtin, lot) + serial)
    salts = secrets.token_bytes(SALT_BYTES * quantity)
    described = {**(attributes or {}), "gtin": gtin, "lot": lot, "quantity": quantity}
    return document_record(described, LOT_MEDIA_TYPE), DraftItems(gtin, lot, tuple(drawn), salts)


def draft_batch(records: Iterable[DraftRecord], items: DraftItems | None = None) -> BatchDraft:
    """Put records in order, items after them, and compute the root.

    Raises
    ------
    DraftInvalid
        There is no record at all.
    """
    ordered = tuple(records)
    hashes = [record.leaf_hash for record in ordered]
    if items is not None:
        prefix = item_prefix(items.gtin, items.lot)
        hashes += item_leaf_hashes(prefix, items.serials, items.salts)
    if not hashes:
        raise DraftInvalid("batch has no records: expected at least 1, got 0")
    return BatchDraft(ordered, items, len(hashes), root_hash(hashes))


def _record(
    kind: RecordKind,
    payload: dict[str, JSONValue],
    *,
    media_type: str | None = None,
    pointer: str = "",
) -> DraftRecord:
    secret = secrets.token_bytes(SECRET_BYTES)
    found = commit_record(kind, payload, secret, media_type=media_type).leaf_hash()
    return DraftRecord(kind, payload, secret, found, media_type, pointer)
