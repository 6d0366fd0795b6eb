"""Every column of the store: what commits to it, or why nothing does.

A column is either committed (the audit names a changed value), a number of the store's own
(what it joins is committed, so that a changed one breaks the join), or operational: the log does
not speak of it. docs/audited-columns.md is made from this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Committed(NamedTuple):
    """What commits to a column, and as which other columns a change is named besides itself."""

    by: str
    also: tuple[str, ...] = ()


def _all(by: str, *names: str, also: tuple[str, ...] = ()) -> dict[str, Committed]:
    return {name: Committed(by, also) for name in names}


_ENTRY = "the entry's signed bytes"
_TREE = "the roots in checkpoints, state entries and the contract"
_BATCH = "batch_root in the batch's entry"
_EVENT = "the event's payload"
_PAYLOAD = ("records.payload", "records.field_root", "records.record_index")
_ITEM = ("items.serial", "items.record_index", "records.record_index")
_KEY = "the registration and the revocation of the key"
_STATUS = ("statuses.kind", "statuses.entry_index")
_OBJECT = ("event_epcs.epc",)

COMMITTED: Mapping[str, Mapping[str, Committed]] = {
    "anchors": {
        "tx_hash": Committed("the signed transaction"),
        "raw": Committed("tx_hash, which the chain has", ("anchors.tx_hash",)),
        "nonce": Committed("the signed transaction"),
        "from_size": Committed("the signed transaction"),
        "tree_size": Committed("the signed transaction; the storage proof"),
        "root_hash": Committed("the signed transaction; the entries"),
        "block_number": Committed("the storage proof"),
        "evidence": Committed("its block's hash", ("anchors.evidence_block_hash",)),
        "evidence_block_number": Committed("the storage proof"),
        "evidence_block_hash": Committed("the storage proof"),
    },
    "batch_tiles": _all(_BATCH, "batch", "tile", "hashes", also=("batch_tiles.hashes",)),
    "batches": {
        "arrival": Committed("the batch's entry"),
        **_all(_ENTRY, "participant", "record_count", "batch_root"),
    },
    "cards": {
        "card": Committed("the registration that names it"),
        "participant": Committed("the registration that names it"),
        "payload": Committed("card, which is the hash of its fields"),
        "secret": Committed("card", ("cards.payload",)),
    },
    "checkpoints": {
        "tree_size": Committed("the note", ("checkpoints.note", "checkpoints.root_hash")),
        "root_hash": Committed("the entries; the note"),
        "note": Committed("the log key's signature"),
        "ends_with_state": Committed("the entry before"),
    },
    "conflicting_entries": _all(
        "the signature of whoever signed twice",
        "key_id",
        "sequence",
        "envelope",
    ),
    "corrections": _all(
        "the event that declares an error, until its status is signed",
        "batch",
        "record_index",
        "waits_for",
        also=("corrections.", "statuses.kind"),
    ),
    "entries": {
        "leaf_index": Committed(_TREE),
        "leaf_hash": Committed(_TREE, ("entries.envelope",)),
        "type": Committed(_ENTRY),
        "key_id": Committed(_ENTRY),
        "sequence": Committed(_ENTRY),
        "envelope": Committed("leaf_hash; its signatures"),
    },
    "erased_items": _all(
        _BATCH, "batch", "record_index", "field_root", also=("erased_items.field_root", *_ITEM)
    ),
    "epcs": {"uri": Committed("the payloads of the events that name it", _OBJECT)},
    "event_epcs": _all(_EVENT, "event", "role", "epc", "ordinal", "quantity", "uom", also=_OBJECT),
    "event_attributes": _all(
        _EVENT,
        "event",
        "ordinal",
        "name",
        "value",
        "uom",
        "low",
        "high",
        also=("event_attributes.value",),
    ),
    "events": {
        **_all(_BATCH, "batch", "record_index", also=("events.event",)),
        **_all(
            _EVENT,
            "type",
            "action",
            "event_time",
            "biz_step",
            "disposition",
            "read_point",
            "biz_location",
            "transformation_id",
            "event_id",
            "declares_error",
        ),
        "content_mac": Committed(
            "the event's hash, under the node's secret; partly erased, its field root"
        ),
    },
    "item_runs": {
        **_all(_BATCH, "batch", also=(*_ITEM, "erased_items.")),
        **_all(f"{_BATCH}; all erased, a keyed hash", "gtin", "lot", also=_ITEM),
        **_all(_BATCH, "first_index", "quantity"),
    },
    "items": _all(_BATCH, "batch", "record_index", "serial", "salt", also=_ITEM),
    "key_chains": {
        "key_id": Committed("the key's registration"),
        **_all("the key's last entry", "next_sequence", "previous"),
    },
    "keys": _all(
        _KEY,
        "key_id",
        "alg",
        "public_key",
        "participant",
        "custody",
        "roles",
        "prefixes",
        "card",
        "registered_arrival",
        "revoked_arrival",
        "registered_at",
        "until",
        "suspect_from",
    ),
    "log_tiles": _all("the entries", "tile", "hashes", also=("log_tiles.hashes",)),
    "meta": {
        "name": Committed("the genesis entry and the newest note", ("meta.value",)),
        "value": Committed("the genesis entry and the newest note"),
    },
    "participants": {
        "participant": Committed("the registrations"),
        **_all("the card of the last registration", "gln", "name"),
    },
    "partial_records": _all(
        "records.field_root",
        "batch",
        "record_index",
        "leaves",
        also=("partial_records.leaves", "records.payload"),
    ),
    "records": {
        **_all(_BATCH, "batch", "record_index", also=_PAYLOAD),
        **_all(_BATCH, "kind", "field_count", "field_root", also=_PAYLOAD),
        **_all("field_root", "media_type", "payload", "secret", also=_PAYLOAD),
    },
    "statuses": _all(
        "the status entry",
        "entry_hash",
        "record_index",
        "kind",
        "arrival",
        "entry_index",
        also=_STATUS,
    ),
}

_LOCAL = "a number of the store's own; what it joins is committed"
_QUEUE = "work that waits; it is done, or done again"
_TIME = "the node's clock; a receipt that was given out holds what was promised"
_CHAIN = "what the chain said of the transaction; it can change until it is final"
_OWN = "the operator's own rules of access, of no record"

OPERATIONAL: Mapping[str, Mapping[str, str]] = {
    "anchors": {
        "attempt": _LOCAL,
        **dict.fromkeys(
            ("state", "block_hash", "gas_used", "gas_price", "sent_at", "drop_reason"), _CHAIN
        ),
        **dict.fromkeys(("estimated_gas", "estimated_price", "signed_at"), "what was expected"),
    },
    "api_keys": dict.fromkeys(
        ("name", "role", "participant", "secret_hash", "created", "revoked"), _OWN
    ),
    "batches": {"batch": _LOCAL, "submitted": _TIME},
    "capture_job_parts": dict.fromkeys(("job", "part", "data"), _QUEUE),
    "capture_job_results": dict.fromkeys(
        ("job", "piece", "first", "count", "batch", "outcome"), _QUEUE
    ),
    "capture_jobs": dict.fromkeys(
        (
            "job",
            "capture_id",
            "participant",
            "form",
            "proceed",
            "body",
            "created",
            "resumed",
            "finished",
            "success",
            "batch",
            "outcome",
        ),
        _QUEUE,
    ),
    "checkpoints": {"signed": _TIME},
    "conflicting_entries": {"conflict": _LOCAL, "received": _TIME},
    "entries": {"arrival": _LOCAL, "received": _TIME, "anchored_by": _TIME},
    "epcs": {"epc": _LOCAL},
    "erased_codes": dict.fromkeys(
        ("code_hash", "batch", "record_index"),
        "a keyed hash of a code that is destroyed: only who has the code can compare it; "
        "a row of a record that is not erased is named",
    ),
    "events": {"event": _LOCAL},
    "idempotency_keys": dict.fromkeys(
        ("api_key", "name", "request_hash", "answer", "created"), "answers that were given"
    ),
    "one_code_rules": dict.fromkeys(("participant", "mode"), _OWN),
}
# The other names in `meta` are of this node's work.
COMMITTED_NAMES = ("chain_id", "contract", "opener", "genesis", "log", "opened", "origin")
