"""Lots of which every item is erased: with the items went what their GTIN and number hash to.

What is left is a keyed hash, so that only an audit with the node's secret can tell; and the lot's
document, which is compared with its own leaf, if that is not erased as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from traceability.ledger.audit.difference import Difference
from traceability.ledger.audit.units import Context
from traceability.merkle.tree import leaf_hash
from traceability.store.repositories.erased_codes import (
    LOT_RECORD,
    code_hash,
    code_key,
    lot_name,
)
from traceability.store.repositories.items import ItemRun


def check_erased_lot(context: Context, run: ItemRun) -> Iterator[Difference]:
    """Compare GTIN and lot of a run without items with the hash that was kept of them."""
    if context.duplicate_key is None or context.rows.has_items(run.batch):
        return
    key = code_key(context.duplicate_key)
    for found in context.rows.batches(run.batch, run.batch):
        name = lot_name(run.gtin, run.lot, leaf_hash(found.envelope or b""))
        if not context.rows.has_erased_code(code_hash(key, name), run.batch, LOT_RECORD):
            expected, lacks = "those of which a hash was kept", "others, or no hash"
            yield Difference("item_runs", str(run.batch), "gtin, lot", expected, lacks)
