"""The operator's promise: this entry will be anchored by then, at this place of the log."""

from __future__ import annotations

from traceability.errors import NotFound, Unavailable
from traceability.hashing.envelope import RECEIPT_TYPE, Envelope, sign_envelope
from traceability.hashing.statement import Receipt
from traceability.ledger.identity import Identity
from traceability.store.repositories import Repositories
from traceability.store.times import from_milliseconds


class EntryUnknown(NotFound):
    """No entry with this leaf hash has arrived."""

    code = "ENTRY_UNKNOWN"


class NotLoggedYet(Unavailable):
    """The entry has arrived and has no place in the log yet; ask again in a moment."""

    code = "NOT_LOGGED_YET"


def receipt_for(repositories: Repositories, entry_hash: bytes, *, identity: Identity) -> Envelope:
    """Return the signed receipt of an entry; the same bytes each time.

    Raises
    ------
    EntryUnknown, NotLoggedYet
    """
    row = repositories.entries.by_leaf_hash(entry_hash)
    if row is None:
        raise EntryUnknown(f"entry {entry_hash.hex()[:16]} is unknown")
    if row.leaf_index is None or row.anchored_by is None:
        raise NotLoggedYet(f"entry {entry_hash.hex()[:16]} has no place in the log yet")
    receipt = Receipt(
        log=identity.log,
        entry_leaf_hash=entry_hash,
        leaf_index=row.leaf_index,
        received=from_milliseconds(row.received),
        anchored_by=from_milliseconds(row.anchored_by),
    )
    return sign_envelope(RECEIPT_TYPE, receipt.to_payload(), [identity.log_key])
