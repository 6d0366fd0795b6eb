"""Records and items: the leaves of a batch, from the rows of a range."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter

from traceability.codes.uris import item_prefix
from traceability.errors import ItemProofError
from traceability.hashing.commitment import Commitment, RecordKind, item_leaf_hashes
from traceability.hashing.encoding import ZERO_HASH
from traceability.ledger.audit.difference import Difference
from traceability.ledger.audit.erased import ErasedItems, Erasures, event_left
from traceability.ledger.audit.erased_lots import check_erased_lot
from traceability.ledger.audit.records import Kept, Placed, check_record, check_remains
from traceability.ledger.audit.units import Context
from traceability.store.repositories.auditing import AuditedEvent, AuditedObject, Range
from traceability.store.repositories.batches import RecordRow
from traceability.store.repositories.items import ItemRun


@dataclass(slots=True)
class Leaves:
    """Leaf hashes by batch, in order, and what differed on the way."""

    hashes: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    differences: list[Difference] = field(default_factory=list)


def record_leaves(context: Context, asked: Range, leaves: Leaves) -> None:
    """Add the records of a range that are not items, each checked against its own payload."""
    events: Mapping[tuple[int, int], AuditedEvent] | None = None
    objects: Mapping[int, Sequence[AuditedObject]] = {}
    attributes: Mapping[int, Sequence[Placed]] = {}
    erasures = Erasures(context, asked)
    for row in context.rows.records(asked):
        if row.kind == RecordKind.EVENT and events is None:
            events = context.rows.events(asked)
            objects, attributes = context.rows.objects(asked), context.rows.attributes(asked)
        event = None if events is None else events.get((row.batch, row.record_index))
        named = Kept()
        if event is not None:
            named = Kept(objects.get(event.event, ()), attributes.get(event.event, ()))
        erased = erasures.check(row, event)
        if erased is None:
            leaves.differences += check_record(context, row, event, named)
        else:
            leaves.differences += erased
            left = erasures.partials.get((row.batch, row.record_index))
            leaves.differences += check_remains(event_left(left), row, event, named)
        leaves.hashes[row.batch].append(_record_leaf(row))


def _record_leaf(row: RecordRow) -> bytes:
    try:
        commitment = Commitment(RecordKind(row.kind), row.field_count, row.field_root)
        return commitment.leaf_hash()
    except (ValueError, OverflowError):
        return ZERO_HASH


def item_leaves(
    context: Context, asked: Range, leaves: Leaves, runs: Mapping[int, ItemRun]
) -> None:
    """Add the items of a range; their serials must ascend, so that none is there twice."""
    if not runs:
        return
    before = _serial_before(context, asked)
    gone = ErasedItems(context, asked)
    for batch, rows in groupby(context.rows.items(asked), key=itemgetter(0)):
        run = runs.get(batch)
        found = [(serial, salt) for _, serial, salt in rows]
        if run is None:
            continue  # Named as rows that belong to nothing.
        serials = [serial for serial, _ in found]
        leaves.differences += _check_order(batch, serials if before is None else [before, *serials])
        try:
            salts = b"".join([salt for _, salt in found])
            hashes = item_leaf_hashes(item_prefix(run.gtin, run.lot), serials, salts)
            leaves.hashes[batch] += gone.merged(batch, hashes)
        except ItemProofError as error:
            leaves.hashes[batch] += [ZERO_HASH] * len(found)
            leaves.differences.append(
                Difference("items", str(batch), "serial, salt", "item records", str(error)[:64])
            )
    for batch in gone.rest():
        leaves.hashes[batch] += gone.merged(batch, [])
        run = runs.get(batch)
        if run is not None and run.first_index >= asked.first:
            leaves.differences += check_erased_lot(context, run)
    leaves.differences += gone.differences


def _serial_before(context: Context, asked: Range) -> str | None:
    """Return the last serial before a range that begins within a batch."""
    if not asked.first:
        return None
    # Not the one with the index before: it may be erased.
    return context.rows.serial_before(asked.first_batch, asked.first)


def _check_order(batch: int, serials: Sequence[str]) -> Iterator[Difference]:
    for left, right in pairwise(serials):
        if left >= right:
            fault = f"after {left}"
            yield Difference("items", f"{batch}, {right}", "serial", "ascending serials", fault)
