"""Events as they are given back: their committed bytes, and when they were recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from traceability.store.tables import batches, entries, events, records

# Of the 32,766 parameters that SQLite takes in a statement.
CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event that is not erased; `received` is its record time in milliseconds."""

    batch: int
    record_index: int
    event_id: str | None
    declares_error: bool
    payload: bytes
    entry_hash: bytes
    received: int
    field_count: int
    field_root: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """Which events: whose (None: everybody's), and recorded from when until before when."""

    participant: bytes | None = None
    since: int | None = None
    before: int | None = None


EVERY = Recorded()


class RecordedRepository:
    """SQL over `events` with their records and entries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self, asked: Recorded, *, after: tuple[int, int] = (0, -1), limit: int
    ) -> list[RecordedEvent]:
        """Return events after a place (batch, record index), in the order of their places."""
        batch, index = after
        # Said twice, so that the index of the batches decides where the search begins.
        statement = _recorded(asked).where(
            batches.c.batch >= batch,
            or_(batches.c.batch > batch, events.c.record_index > index),
        )
        return self._all(statement.order_by(batches.c.batch, events.c.record_index).limit(limit))

    def by_event_id(self, event_id: str, asked: Recorded = EVERY) -> list[RecordedEvent]:
        """Return the event with an id, and the error declarations that repeat it."""
        statement = _recorded(asked).where(events.c.event_id == event_id)
        return self._all(statement.order_by(events.c.event))

    def by_content(self, mac: bytes, asked: Recorded = EVERY) -> list[RecordedEvent]:
        """Return the events with a keyed content hash."""
        statement = _recorded(asked).where(events.c.content_mac == mac)
        return self._all(statement.order_by(events.c.event))

    def at(
        self, entry_hash: bytes, record_index: int, asked: Recorded = EVERY
    ) -> RecordedEvent | None:
        """Return the event that is a record of an entry."""
        found = self._all(
            _recorded(asked).where(
                entries.c.leaf_hash == entry_hash, events.c.record_index == record_index
            )
        )
        return found[0] if found else None

    def of_batch(self, batch: int) -> dict[int, RecordedEvent]:
        """Return the events of a batch by record index."""
        found = self._all(_recorded(EVERY).where(events.c.batch == batch))
        return {event.record_index: event for event in found}

    def within(self, batch: int, indexes: Collection[int]) -> dict[int, RecordedEvent]:
        """Return some events of a batch by record index; those that are erased are absent."""
        found: list[RecordedEvent] = []
        for chunk in _batched(sorted(indexes)):
            found += self._all(
                _recorded(EVERY).where(events.c.batch == batch, events.c.record_index.in_(chunk))
            )
        return {event.record_index: event for event in found}

    def _all(self, statement: Select[Any]) -> list[RecordedEvent]:
        return [RecordedEvent(*row) for row in self._connection.execute(statement)]


def _recorded(asked: Recorded) -> Select[Any]:
    is_record = and_(
        records.c.batch == events.c.batch, records.c.record_index == events.c.record_index
    )
    statement = (
        select(
            events.c.batch,
            events.c.record_index,
            events.c.event_id,
            events.c.declares_error,
            records.c.payload,
            entries.c.leaf_hash,
            entries.c.received,
            records.c.field_count,
            records.c.field_root,
        )
        .select_from(events)
        .join(records, is_record)
        .join(batches, batches.c.batch == events.c.batch)
        .join(entries, entries.c.arrival == batches.c.arrival)
        .where(records.c.payload.is_not(None))
    )
    if asked.participant is not None:
        statement = statement.where(batches.c.participant == asked.participant)
    if asked.since is not None:
        statement = statement.where(entries.c.received >= asked.since)
    if asked.before is not None:
        statement = statement.where(entries.c.received < asked.before)
    return statement


def _batched(indexes: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield so many numbers at a time as a statement takes parameters for."""
    for first in range(0, len(indexes), CHUNK):
        yield indexes[first : first + CHUNK]
