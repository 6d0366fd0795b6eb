"""Statuses of records, with their ranges expanded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from traceability.store.tables import entries, statuses

# Batches asked for in one query.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One status of one record; `record_index` −1 stands for the whole batch."""

    entry_hash: bytes
    record_index: int
    kind: str
    arrival: int
    entry_index: int | None


class StatusRepository:
    """SQL over `statuses`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, entry_hash: bytes, *, record_indexes: Iterable[int], kind: str, arrival: int
    ) -> None:
        """Keep one status for each of these records of a batch."""
        self._connection.execute(
            insert(statuses),
            [
                {
                    "entry_hash": entry_hash,
                    "record_index": index,
                    "kind": kind,
                    "arrival": arrival,
                }
                for index in record_indexes
            ],
        )

    def place(self, arrival: int, leaf_index: int) -> None:
        """Note the leaf index of the status entry that arrived so."""
        self._connection.execute(
            update(statuses).where(statuses.c.arrival == arrival).values(entry_index=leaf_index)
        )

    def between(self, first: int, last: int) -> list[StatusRow]:
        """Return statuses set by entries `first` … `last` − 1."""
        rows = self._connection.execute(
            select(statuses).where(statuses.c.entry_index.between(first, last - 1))
        )
        return [StatusRow(*row) for row in rows]

    def erasing_entries(self, entry_hash: bytes | None = None) -> list[bytes]:
        """Return the entries that erase something, of one batch or of all, oldest first."""
        found = (
            select(entries.c.arrival, entries.c.envelope)
            .join(statuses, statuses.c.arrival == entries.c.arrival)
            .where(statuses.c.kind == "erased")
            .distinct()
            .order_by(entries.c.arrival)
        )
        if entry_hash is not None:
            found = found.where(statuses.c.entry_hash == entry_hash)
        return [envelope for _, envelope in self._connection.execute(found)]

    def is_empty(self) -> bool:
        """Tell whether nothing was ever said of any record."""
        return self._connection.execute(select(statuses.c.arrival).limit(1)).first() is None

    def latest(self, limit: int) -> list[StatusRow]:
        """Return the newest statuses, newest first, one row for each entry."""
        newest = (
            select(statuses.c.arrival).distinct().order_by(statuses.c.arrival.desc()).limit(limit)
        )
        arrivals = [row[0] for row in self._connection.execute(newest)]
        firsts = [
            self._connection.execute(
                select(statuses)
                .where(statuses.c.arrival == arrival)
                .order_by(statuses.c.record_index)
                .limit(1)
            ).one()
            for arrival in arrivals
        ]
        return [StatusRow(*row) for row in firsts]

    def of_batches(self, entry_hashes: Sequence[bytes]) -> dict[bytes, list[StatusRow]]:
        """Return what was said of batches and of their records, oldest first."""
        found: dict[bytes, list[StatusRow]] = {}
        for start in range(0, len(entry_hashes), _AT_ONCE):
            some = entry_hashes[start : start + _AT_ONCE]
            rows = self._connection.execute(
                select(statuses).where(statuses.c.entry_hash.in_(some)).order_by(statuses.c.arrival)
            )
            for row in rows:
                found.setdefault(row.entry_hash, []).append(StatusRow(*row))
        return found

    def of_batch(self, entry_hash: bytes) -> list[StatusRow]:
        """Return what was said of a batch and of any of its records, oldest first."""
        rows = self._connection.execute(
            select(statuses).where(statuses.c.entry_hash == entry_hash).order_by(statuses.c.arrival)
        )
        return [StatusRow(*row) for row in rows]

    def of_record(self, entry_hash: bytes, record_index: int) -> list[StatusRow]:
        """Return what was said of a record or of its whole batch, oldest first."""
        rows = self._connection.execute(
            select(statuses)
            .where(
                statuses.c.entry_hash == entry_hash,
                statuses.c.record_index.in_((-1, record_index)),
            )
            .order_by(statuses.c.arrival)
        )
        return [StatusRow(*row) for row in rows]
