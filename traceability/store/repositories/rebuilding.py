"""Rows of a log that comes back from a mirror, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from traceability.store.bulk import bulk_insert, next_numbers
from traceability.store.tables import (
    batches,
    entries,
    item_runs,
    key_chains,
    log_tiles,
    participants,
    records,
)

_LOGGED_BATCHES = batches.join(entries, entries.c.arrival == batches.c.arrival)


# An entry in its place; times are milliseconds since 1970 UTC. A plain tuple, as there are
# millions: arrival, leaf index, leaf hash, type, key id, sequence, envelope, received, anchored by.
EntryValues: TypeAlias = tuple[int, int, bytes, str, bytes | None, int | None, bytes, int, int]
_ENTRY = (
    *("arrival", "leaf_index", "leaf_hash", "type", "key_id", "sequence"),
    *("envelope", "received", "anchored_by"),
)
# A batch of which only the statement is known: arrival, participant, record count, batch root,
# submitted.
BatchValues: TypeAlias = tuple[int, bytes, int, bytes, int]
_BATCH = ("arrival", "participant", "record_count", "batch_root", "submitted")


class MissingBatch(NamedTuple):
    """A batch in the log whose records are not stored."""

    leaf_index: int
    entry_hash: bytes
    participant: bytes
    name: str | None
    record_count: int


class RebuildRepository:
    """SQL over the tables of the log, for writing what a mirror holds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def arrivals(self, count: int) -> Sequence[int]:
        """Return the arrival numbers of the next entries."""
        return next_numbers(self._connection, entries.c.arrival, count) if count else ()

    def add_entries(self, rows: Iterable[EntryValues]) -> None:
        """Keep entries with their places."""
        bulk_insert(self._connection, entries, columns=_ENTRY, rows=rows)

    def add_batches(self, rows: Iterable[BatchValues]) -> None:
        """Keep batches without their records."""
        bulk_insert(self._connection, batches, columns=_BATCH, rows=rows)

    def add_tiles(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Keep tiles that the log does not have yet."""
        bulk_insert(self._connection, log_tiles, columns=("tile", "hashes"), rows=rows)

    def set_chain(self, key_id: bytes, *, next_sequence: int, previous: bytes) -> None:
        """Say where a key's chain stands now."""
        self._connection.execute(
            update(key_chains)
            .where(key_chains.c.key_id == key_id)
            .values(next_sequence=next_sequence, previous=previous)
        )

    def lacks_records(self, batch: int) -> bool:
        """Tell whether of this batch only the statement is stored."""
        found = select(batches.c.batch).where(batches.c.batch == batch, _has_no_records())
        return self._connection.execute(found).first() is not None

    def missing_batches(self, limit: int) -> list[MissingBatch]:
        """Return the first batches of the log whose records are not stored."""
        found = (
            select(
                entries.c.leaf_index,
                entries.c.leaf_hash,
                batches.c.participant,
                participants.c.name,
                batches.c.record_count,
            )
            .select_from(_LOGGED_BATCHES)
            .outerjoin(participants, participants.c.participant == batches.c.participant)
            .where(_has_no_records())
        )
        rows = self._connection.execute(found.order_by(entries.c.leaf_index).limit(limit))
        return [MissingBatch(*row) for row in rows]

    def count_missing(self) -> tuple[int, int]:
        """Return how many batches lack their records, and how many records those are."""
        found = select(func.count(), func.sum(batches.c.record_count))
        row = self._connection.execute(
            found.select_from(_LOGGED_BATCHES).where(_has_no_records())
        ).one()
        return int(row[0]), int(row[1] or 0)


def _has_no_records() -> ColumnElement[bool]:
    return and_(
        ~exists().where(records.c.batch == batches.c.batch),
        ~exists().where(item_runs.c.batch == batches.c.batch),
    )
