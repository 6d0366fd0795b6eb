"""Writing a batch's rows: the batch, its records, its items, its events, its tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from traceability.hashing.salts import SALT_BYTES
from traceability.hashing.statement import BatchStatement, Header
from traceability.ledger.chains import Appended
from traceability.ledger.faults import SerialDuplicate
from traceability.ledger.prepared import PreparedBatch, PreparedItems, PreparedRecord
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import NewBatch, RecordRow
from traceability.store.repositories.events import NewEvent
from traceability.store.repositories.items import ItemRun
from traceability.store.times import to_milliseconds


@dataclass(frozen=True, slots=True)
class CapturedBatch:
    """A batch that has arrived: its number, its entry, and whether it was here before."""

    batch: int
    arrival: int
    entry_hash: bytes
    repeated: bool = False


def captured_before(repositories: Repositories, header: Header) -> CapturedBatch:
    """Return the batch that a key signed under a used sequence number."""
    entry = repositories.entries.by_sequence(header.key, header.sequence)
    batch = None if entry is None else repositories.batches.by_arrival(entry.arrival)
    if entry is None or batch is None:
        raise AssertionError("a repeated batch statement has its batch")
    return CapturedBatch(batch.batch, entry.arrival, entry.leaf_hash, repeated=True)


class Kept(NamedTuple):
    """A batch whose entry was just appended."""

    arrival: int
    entry_hash: bytes
    statement: BatchStatement
    batch: PreparedBatch


def keep_batches(
    repositories: Repositories, kept: Sequence[Kept], *, now: datetime
) -> list[CapturedBatch]:
    """Write everything that belongs to batches without items, at once."""
    submitted = to_milliseconds(now)
    numbers = repositories.batches.add_many(
        [
            NewBatch(
                one.arrival,
                one.statement.participant,
                one.batch.record_count,
                one.batch.batch_root,
                submitted,
            )
            for one in kept
        ]
    )
    records = [
        (number, index, record)
        for number, one in zip(numbers, kept, strict=True)
        for index, record in enumerate(one.batch.records)
    ]
    repositories.batches.add_records([_record_row(*placed) for placed in records])
    repositories.events.add(
        [
            NewEvent(number, index, record.event, record.objects, record.attributes)
            for number, index, record in records
            if record.event is not None
        ]
    )
    for number, one in zip(numbers, kept, strict=True):
        repositories.tree.add_batch_tiles(number, one.batch.tiles)
    return [
        CapturedBatch(number, one.arrival, one.entry_hash)
        for number, one in zip(numbers, kept, strict=True)
    ]


def keep_batch(
    repositories: Repositories,
    appended: Appended,
    statement: BatchStatement,
    *,
    batch: PreparedBatch,
    now: datetime,
) -> CapturedBatch:
    """Write everything that belongs to a batch whose entry was just appended."""
    number = repositories.batches.add(
        arrival=appended.arrival,
        participant=statement.participant,
        record_count=batch.record_count,
        batch_root=batch.batch_root,
        submitted=to_milliseconds(now),
    )
    keep_contents(repositories, number, batch)
    return CapturedBatch(number, appended.arrival, appended.leaf_hash)


def keep_contents(repositories: Repositories, number: int, batch: PreparedBatch) -> None:
    """Write the records, events, items and tree of a batch whose own row is there."""
    repositories.batches.add_records(
        [_record_row(number, index, record) for index, record in enumerate(batch.records)]
    )
    repositories.events.add(
        [
            NewEvent(number, index, record.event, record.objects, record.attributes)
            for index, record in enumerate(batch.records)
            if record.event is not None
        ]
    )
    if batch.items is not None:
        _keep_items(repositories, number, batch.items, first=len(batch.records))
    repositories.tree.add_batch_tiles(number, batch.tiles)


def _record_row(batch: int, index: int, record: PreparedRecord) -> RecordRow:
    return RecordRow(
        batch=batch,
        record_index=index,
        kind=int(record.kind),
        field_count=record.commitment.field_count,
        field_root=record.commitment.field_root,
        media_type=record.media_type,
        payload=record.payload,
        secret=record.secret,
    )


def _keep_items(
    repositories: Repositories, batch: int, items: PreparedItems, *, first: int
) -> None:
    if not items.freshly_drawn:
        _refuse_issued(repositories, items)
    run = ItemRun(batch, items.gtin, items.lot, first, len(items.serials))
    repositories.items.add_run(run, _item_rows(batch, items, first))


def _refuse_issued(repositories: Repositories, items: PreparedItems) -> None:
    """Refuse serials of the same GTIN that an earlier batch issued, whatever its lot."""
    for run in repositories.items.runs_of(items.gtin):
        for index, serial in enumerate(items.serials):
            if repositories.items.find(run, serial) is not None:
                raise SerialDuplicate(
                    f"serial {serial!r} of GTIN {items.gtin} was issued before",
                    pointer=f"/items/serials/{index}",
                )


def _item_rows(
    batch: int, items: PreparedItems, first: int
) -> Iterator[tuple[int, int, str, bytes]]:
    salts = items.salts
    for offset, serial in enumerate(items.serials):
        start = offset * SALT_BYTES
        yield batch, first + offset, serial, salts[start : start + SALT_BYTES]
