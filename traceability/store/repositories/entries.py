"""The signed statements, by arrival, by leaf index, by hash and by (key, sequence)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select

from traceability.store.bulk import bulk_insert, driver_cursor, inserted_number, next_numbers
from traceability.store.tables import conflicting_entries, entries


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as stored; `leaf_index` is None until it is sequenced.

    `received` and `anchored_by` are milliseconds since 1970 UTC.
    """

    arrival: int
    leaf_index: int | None
    leaf_hash: bytes
    type: str
    key_id: bytes | None
    sequence: int | None
    envelope: bytes
    received: int
    anchored_by: int | None


class NewEntry(NamedTuple):
    """An entry that is about to be appended; `received` in milliseconds since 1970 UTC."""

    leaf_hash: bytes
    type: str
    key_id: bytes
    sequence: int
    envelope: bytes
    received: int


def _entry(row: Row[Any] | None) -> EntryRow | None:
    return None if row is None else EntryRow(**row._mapping)


_ASSIGN = """
UPDATE entries SET leaf_index = new.place, anchored_by = %s
FROM unnest(%b::bigint[], %b::bigint[]) AS new (number, place) WHERE arrival = new.number"""
_ASSIGN_IN_SQLITE = "UPDATE entries SET leaf_index = ?, anchored_by = ? WHERE arrival = ?"


class Arrived(NamedTuple):
    """What the sequencer asks of an entry that has no place yet."""

    arrival: int
    leaf_hash: bytes
    type: str


class EntryRepository:
    """SQL over `entries` and `conflicting_entries`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        leaf_hash: bytes,
        type: str,  # the column's and the statement's own word
        key_id: bytes | None,
        sequence: int | None,
        envelope: bytes,
        received: int,
    ) -> int:
        """Append an entry and return its arrival number."""
        result = self._connection.execute(
            insert(entries).values(
                leaf_hash=leaf_hash,
                type=type,
                key_id=key_id,
                sequence=sequence,
                envelope=envelope,
                received=received,
            )
        )
        return inserted_number(result)

    def add_many(self, rows: Sequence[NewEntry]) -> Sequence[int]:
        """Append entries; return their arrival numbers, which ascend in the same order."""
        arrivals = next_numbers(self._connection, entries.c.arrival, len(rows))
        bulk_insert(
            self._connection,
            entries,
            columns=("arrival", *NewEntry._fields),
            rows=((arrival, *row) for arrival, row in zip(arrivals, rows, strict=True)),
        )
        return arrivals

    def add_conflict(self, *, key_id: bytes, sequence: int, envelope: bytes, received: int) -> None:
        """Keep a second statement under a used (key, sequence), once."""
        known = self._connection.scalar(
            select(func.count())
            .select_from(conflicting_entries)
            .where(
                conflicting_entries.c.key_id == key_id,
                conflicting_entries.c.sequence == sequence,
                conflicting_entries.c.envelope == envelope,
            )
        )
        if not known:
            self._connection.execute(
                insert(conflicting_entries).values(
                    key_id=key_id, sequence=sequence, envelope=envelope, received=received
                )
            )

    def count_conflicts(self) -> int:
        """Return how many conflicting statements are kept as evidence."""
        return int(
            self._connection.scalar(select(func.count()).select_from(conflicting_entries)) or 0
        )

    def by_arrival(self, arrival: int) -> EntryRow | None:
        """Return the entry that arrived as number `arrival`."""
        return self._one(entries.c.arrival == arrival)

    def by_leaf_index(self, leaf_index: int) -> EntryRow | None:
        """Return the entry at a position of the log."""
        return self._one(entries.c.leaf_index == leaf_index)

    def by_leaf_hash(self, leaf_hash: bytes) -> EntryRow | None:
        """Return the entry with this leaf hash."""
        return self._one(entries.c.leaf_hash == leaf_hash)

    def by_sequence(self, key_id: bytes, sequence: int) -> EntryRow | None:
        """Return the entry that a key signed under a sequence number."""
        return self._one(entries.c.key_id == key_id, entries.c.sequence == sequence)

    def _one(self, *conditions: object) -> EntryRow | None:
        statement = select(entries).where(*conditions)  # type: ignore[arg-type]  # SQL expressions
        return _entry(self._connection.execute(statement).one_or_none())

    def unsequenced(self, limit: int) -> list[EntryRow]:
        """Return entries that have arrived and have no place in the log, in arrival order."""
        rows = self._connection.execute(
            select(entries)
            .where(entries.c.leaf_index.is_(None))
            .order_by(entries.c.arrival)
            .limit(limit)
        )
        return [EntryRow(*row) for row in rows]

    def next_arrived(self, limit: int) -> list[Arrived]:
        """Return what is to be put in order next, in arrival order."""
        rows = self._connection.execute(
            select(entries.c.arrival, entries.c.leaf_hash, entries.c.type)
            .where(entries.c.leaf_index.is_(None))
            .order_by(entries.c.arrival)
            .limit(limit)
        )
        return [Arrived(*row) for row in rows]

    def assign(self, places: Sequence[tuple[int, int]], *, anchored_by: int) -> None:
        """Give entries their places: pairs of (arrival, leaf index)."""
        with driver_cursor(self._connection) as cursor:
            if self._connection.dialect.name == "postgresql":
                columns = [list(column) for column in zip(*places, strict=True)]
                cursor.execute(_ASSIGN, [anchored_by, *columns])
            else:
                rows = [(place, anchored_by, arrival) for arrival, place in places]
                cursor.executemany(_ASSIGN_IN_SQLITE, rows)

    def places(self, arrivals: Sequence[int]) -> dict[int, int]:
        """Return the leaf indexes of those of these entries that have one."""
        rows = self._connection.execute(
            select(entries.c.arrival, entries.c.leaf_index).where(
                entries.c.arrival.in_(arrivals), entries.c.leaf_index.is_not(None)
            )
        )
        return {row.arrival: row.leaf_index for row in rows}

    def count_sequenced(self) -> int:
        """Return the number of entries in the log."""
        highest = self._connection.scalar(select(func.max(entries.c.leaf_index)))
        return 0 if highest is None else int(highest) + 1

    def envelopes(self, first: int, last: int) -> list[bytes]:
        """Return the bytes of entries `first` … `last` − 1, and nothing else of their rows."""
        rows = self._connection.execute(
            select(entries.c.envelope)
            .where(entries.c.leaf_index >= first, entries.c.leaf_index < last)
            .order_by(entries.c.leaf_index)
        )
        return [row[0] for row in rows.all()]

    def leaf_hashes(self, first: int, last: int) -> list[bytes]:
        """Return the leaf hashes of entries `first` … `last` − 1."""
        rows = self._connection.execute(
            select(entries.c.leaf_hash)
            .where(entries.c.leaf_index >= first, entries.c.leaf_index < last)
            .order_by(entries.c.leaf_index)
        )
        return [row[0] for row in rows]

    def between(self, first: int, last: int) -> Iterator[EntryRow]:
        """Yield entries `first` … `last` − 1 of the log."""
        rows = self._connection.execute(
            select(entries)
            .where(entries.c.leaf_index >= first, entries.c.leaf_index < last)
            .order_by(entries.c.leaf_index)
        )
        for row in rows:
            yield EntryRow(*row)

    def latest_of_type(self, type: str) -> EntryRow | None:  # the column's own word
        """Return the last sequenced entry of a type."""
        statement = (
            select(entries)
            .where(entries.c.type == type, entries.c.leaf_index.is_not(None))
            .order_by(entries.c.leaf_index.desc())
            .limit(1)
        )
        return _entry(self._connection.execute(statement).one_or_none())
