"""Batches and their records: events, cards and documents as the exact committed bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, func, insert, select

from traceability.hashing.commitment import RecordKind
from traceability.store.bulk import bulk_insert, inserted_number, next_numbers
from traceability.store.tables import batches, entries, events, partial_records, records


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch; `arrival` is its entry's arrival number, `submitted` is in milliseconds."""

    batch: int
    arrival: int
    participant: bytes
    record_count: int
    batch_root: bytes
    submitted: int


class NewBatch(NamedTuple):
    """A batch that is about to be kept; its columns are those of `BatchRow`."""

    arrival: int
    participant: bytes
    record_count: int
    batch_root: bytes
    submitted: int


class RecordRow(NamedTuple):
    """A record that is not an item; payload and secret are None once erased."""

    batch: int
    record_index: int
    kind: int
    field_count: int
    field_root: bytes
    media_type: str | None
    payload: bytes | None
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class LoggedPayload:
    """A record's bytes and its place in the log."""

    leaf_index: int
    entry_hash: bytes
    record_index: int
    payload: bytes


def _batch(row: Row[Any] | None) -> BatchRow | None:
    return None if row is None else BatchRow(**row._mapping)


class BatchRepository:
    """SQL over `batches` and `records`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        arrival: int,
        participant: bytes,
        record_count: int,
        batch_root: bytes,
        submitted: int,
    ) -> int:
        """Keep a batch and return its number."""
        result = self._connection.execute(
            insert(batches).values(
                arrival=arrival,
                participant=participant,
                record_count=record_count,
                batch_root=batch_root,
                submitted=submitted,
            )
        )
        return inserted_number(result)

    def add_many(self, rows: Sequence[NewBatch]) -> Sequence[int]:
        """Keep batches; return their numbers, which ascend in the same order."""
        numbers = next_numbers(self._connection, batches.c.batch, len(rows))
        bulk_insert(
            self._connection,
            batches,
            columns=("batch", *NewBatch._fields),
            rows=((number, *row) for number, row in zip(numbers, rows, strict=True)),
        )
        return numbers

    def add_records(self, rows: Sequence[RecordRow]) -> None:
        """Keep records of a batch."""
        bulk_insert(
            self._connection,
            records,
            columns=RecordRow._fields,
            rows=rows,
        )

    def get(self, batch: int) -> BatchRow | None:
        """Return a batch by its number."""
        statement = select(batches).where(batches.c.batch == batch)
        return _batch(self._connection.execute(statement).one_or_none())

    def by_arrival(self, arrival: int) -> BatchRow | None:
        """Return the batch whose entry arrived as this number."""
        statement = select(batches).where(batches.c.arrival == arrival)
        return _batch(self._connection.execute(statement).one_or_none())

    def by_entry_hash(self, leaf_hash: bytes) -> BatchRow | None:
        """Return the batch whose entry has this leaf hash."""
        statement = (
            select(batches)
            .join(entries, entries.c.arrival == batches.c.arrival)
            .where(entries.c.leaf_hash == leaf_hash)
        )
        return _batch(self._connection.execute(statement).one_or_none())

    def record(self, batch: int, record_index: int) -> RecordRow | None:
        """Return one record of a batch; items live elsewhere."""
        row = self._connection.execute(
            select(records).where(records.c.batch == batch, records.c.record_index == record_index)
        ).one_or_none()
        return None if row is None else RecordRow(*row)

    def records_between(self, batch: int, first: int, last: int) -> list[RecordRow]:
        """Return records `first` … `last` − 1 of a batch; items live elsewhere."""
        rows = self._connection.execute(
            select(records)
            .where(
                records.c.batch == batch,
                records.c.record_index >= first,
                records.c.record_index < last,
            )
            .order_by(records.c.record_index)
        )
        return [RecordRow(*row) for row in rows]

    def of_media_type(self, batch: int, media_type: str) -> list[int]:
        """Return the indexes of a batch's documents of a media type that are not erased."""
        found = select(records.c.record_index).where(
            records.c.batch == batch,
            records.c.media_type == media_type,
            records.c.payload.is_not(None),
        )
        return list(self._connection.scalars(found.order_by(records.c.record_index)))

    def documents_between(self, batch: int, first: int, last: int) -> list[int]:
        """Return which records `first` … `last`, both included, are documents."""
        found = select(records.c.record_index).where(
            records.c.batch == batch,
            records.c.record_index.between(first, last),
            records.c.kind == RecordKind.DOCUMENT,
        )
        return list(self._connection.scalars(found.order_by(records.c.record_index)))

    def all(self, *, size: int = 1000) -> Iterator[BatchRow]:
        """Yield every batch in order, fetched `size` at a time."""
        after = 0
        while True:
            rows = self._connection.execute(
                select(batches).where(batches.c.batch > after).order_by(batches.c.batch).limit(size)
            ).all()
            if not rows:
                return
            yield from (BatchRow(*row) for row in rows)
            after = rows[-1].batch

    def contents(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield batch, record index and content of every record, in no order, some at a time."""
        for table, content in (
            (records, records.c.payload),
            (partial_records, partial_records.c.leaves),
        ):
            statement = select(table.c.batch, table.c.record_index, content)
            statement = statement.where(content.is_not(None)).execution_options(yield_per=1000)
            for batch, index, found in self._connection.execute(statement):
                yield batch, index, bytes(found)

    def latest(self, limit: int, *, participant: bytes | None = None) -> list[BatchRow]:
        """Return the newest batches, of one participant or of all."""
        statement = select(batches).order_by(batches.c.batch.desc()).limit(limit)
        if participant is not None:
            statement = statement.where(batches.c.participant == participant)
        return [BatchRow(*row) for row in self._connection.execute(statement)]

    def count_records(self) -> int:
        """Return how many records there are, items among them."""
        total = self._connection.scalar(select(func.sum(batches.c.record_count)))
        return int(total or 0)

    def documents(self, media_type: str, *, below: int) -> Iterator[LoggedPayload]:
        """Yield documents of a media type that are logged below a leaf index, in log order."""
        statement = (
            _logged_payloads(below)
            .where(records.c.media_type == media_type)
            .order_by(entries.c.leaf_index, records.c.record_index)
        )
        for row in self._connection.execute(statement):
            yield LoggedPayload(*row)

    def events_of_step(self, biz_step: str, *, below: int) -> Iterator[LoggedPayload]:
        """Yield events of a business step that are logged below a leaf index, in log order."""
        statement = (
            _logged_payloads(below)
            .join(
                events,
                and_(
                    events.c.batch == records.c.batch,
                    events.c.record_index == records.c.record_index,
                ),
            )
            .where(events.c.biz_step == biz_step)
            .order_by(entries.c.leaf_index, records.c.record_index)
        )
        for row in self._connection.execute(statement):
            yield LoggedPayload(*row)


def _logged_payloads(below: int) -> Select[Any]:
    return (
        select(
            entries.c.leaf_index,
            entries.c.leaf_hash,
            records.c.record_index,
            records.c.payload,
        )
        .select_from(records)
        .join(batches, batches.c.batch == records.c.batch)
        .join(entries, entries.c.arrival == batches.c.arrival)
        .where(entries.c.leaf_index < below, records.c.payload.is_not(None))
    )
