"""Issuing a lot: unguessable serials, one salted record each, one signature for all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from traceability.codes.serials import new_serials
from traceability.errors import InvalidInput
from traceability.hashing.commitment import RecordKind
from traceability.hashing.salts import SALT_BYTES, SECRET_BYTES
from traceability.ledger.prepared import (
    MAX_RECORDS,
    PreparedBatch,
    PreparedItems,
    Progress,
    no_progress,
    prepare_batch,
    prepare_record,
)
from traceability.strict_json import JSONValue

LOT_MEDIA_TYPE = "application/vnd.itemproof.lot+json"


class QuantityInvalid(InvalidInput):
    """A lot holds at least one item, and not more than a batch can."""

    code = "QUANTITY_INVALID"


@dataclass(frozen=True, slots=True)
class Lot:
    """What is issued: a GTIN-14, a lot number, how many, and what else is known of the lot."""

    gtin: str
    lot: str
    quantity: int
    attributes: dict[str, JSONValue]


def prepare_lot(lot: Lot, *, progress: Progress = no_progress) -> PreparedBatch:
    """Draw serials and salts for a lot and commit to them; record 0 describes the lot.

    Raises
    ------
    QuantityInvalid
    """
    if not 1 <= lot.quantity < MAX_RECORDS:
        raise QuantityInvalid(
            f"quantity is out of range: expected 1 to {MAX_RECORDS - 1}, got {lot.quantity}"
        )
    progress(0, lot.quantity)
    serials = sorted(new_serials(lot.quantity))
    items = PreparedItems(
        gtin=lot.gtin,
        lot=lot.lot,
        serials=serials,
        salts=secrets.token_bytes(SALT_BYTES * lot.quantity),
        freshly_drawn=True,
    )
    document: dict[str, JSONValue] = {
        **lot.attributes,
        "gtin": lot.gtin,
        "lot": lot.lot,
        "quantity": lot.quantity,
    }
    record = prepare_record(
        RecordKind.DOCUMENT,
        document,
        secret=secrets.token_bytes(SECRET_BYTES),
        media_type=LOT_MEDIA_TYPE,
    )
    return prepare_batch([record], items=items, progress=progress)
