"""What a snapshot is built from and kept up with: whole tables, and what came since."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np

from traceability.lineage.queries import Reader, Run
from traceability.lineage.snapshot.arrays import Numbers
from traceability.store.bulk import driver_cursor, fetch

# Rows handed on at a time.
ROWS = 1 << 16
# COPY in binary: before the rows, after them, and a row of two numbers of eight bytes.
_HEAD, _TAIL = 19, 2
_ROW = np.dtype([("", ">i2"), ("", ">i4"), ("one", ">i8"), ("", ">i4"), ("other", ">i8")])

_NAMED = "SELECT epc, event FROM event_epcs WHERE role = {role}"
_MADE = "SELECT event, event FROM events WHERE type = 'TransformationEvent' ORDER BY event"
_CODES = "SELECT epc, uri FROM epcs ORDER BY epc"
_AFTER = """
SELECT e.event, e.event_id, e.declares_error FROM events AS e WHERE e.event > :last"""
_RUNS_AFTER = """
SELECT r.gtin, r.lot, r.batch, r.first_index, r.quantity FROM item_runs AS r
WHERE r.batch > :last"""
_WITH_EVENT_ID = """
SELECT e.event FROM {codes} CROSS JOIN events AS e {by_event_id} WHERE e.event_id = wanted.value"""
_LAST = """
SELECT (SELECT coalesce(max(event), 0) FROM events),
    (SELECT coalesce(max(batch), 0) FROM batches)"""
_OPEN = """
SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint),
    CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)"""


class Horizon(NamedTuple):
    """How far a view of the store reaches: its last event and batch.

    On PostgreSQL a number may be given to a transaction that ends later than one with a larger
    number. `ceiling` is above every transaction that had begun to write; once another view's
    `floor` has reached it, they have ended, and nothing up to here is still to come. SQLite
    has one writer at a time, and both are 0.
    """

    event: int
    batch: int
    floor: int = 0
    ceiling: int = 0


class NewEvent(NamedTuple):
    """An event that came since."""

    event: int
    event_id: str | None
    declares_error: bool


class SnapshotReader(Reader):
    """Reads whole tables, some rows at a time, and what is beyond a horizon."""

    def horizon(self) -> Horizon:
        """Return how far this view reaches."""
        ((event, batch),) = self._execute(_LAST, {})
        ((floor, ceiling),) = self._execute(_OPEN, {}) if self._is_postgresql else ((0, 0),)
        return Horizon(event, batch, floor, ceiling)

    def every_named(self, role: int) -> tuple[Numbers, Numbers]:
        """Return (codes, events), shape (rows,) each, wherever an event names a code in a role."""
        return self._pairs(_NAMED.format(role=int(role)))

    def transformations(self) -> Numbers:
        """Return the numbers of all transformation events."""
        return self._pairs(_MADE)[0]

    def _pairs(self, query: str) -> tuple[Numbers, Numbers]:
        parts = list(self._copied(query) if self._is_postgresql else self._fetched(query))
        empty = np.zeros(0, dtype=np.int64)
        ones, others = zip(*parts, strict=True) if parts else ((empty,), (empty,))
        return np.concatenate(ones), np.concatenate(others)

    def _fetched(self, query: str) -> Iterator[tuple[Numbers, Numbers]]:
        for rows in self._parts(query):
            flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=2 * len(rows))
            yield flat[0::2].copy(), flat[1::2].copy()

    def _copied(self, query: str) -> Iterator[tuple[Numbers, Numbers]]:
        with self._copying(query) as copy:
            sent = b"".join(map(bytes, copy))
        rows = np.frombuffer(sent[_HEAD:-_TAIL], dtype=_ROW)
        yield rows["one"].astype(np.int64), rows["other"].astype(np.int64)

    @contextmanager
    def _copying(self, query: str) -> Iterator[Any]:
        copying = f"COPY ({query}) TO STDOUT (FORMAT BINARY)"
        with driver_cursor(self._connection) as cursor, cursor.copy(copying) as copy:
            yield copy

    def _parts(self, query: str) -> Iterator[list[Any]]:
        with driver_cursor(self._connection) as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(ROWS):
                yield rows

    def every_code(self) -> Iterator[list[tuple[int, str]]]:
        """Yield (number, code) of all codes, some at a time, the numbers ascending."""
        if not self._is_postgresql:
            yield from self._parts(_CODES)
            return
        # Its driver would otherwise hold all rows at once.
        with self._copying(_CODES) as copy:
            copy.set_types(["int8", "text"])
            every = copy.rows()
            while rows := list(islice(every, ROWS)):
                yield rows

    def last_code(self) -> int:
        """Return the largest number of a code."""
        ((last,),) = fetch(self._connection, "SELECT coalesce(max(epc), 0) FROM epcs")
        return int(last)

    def events_after(self, event: int) -> list[NewEvent]:
        """Return the events beyond a number."""
        rows = self._execute(_AFTER, {"last": event})
        return [NewEvent(number, name, bool(declares)) for number, name, declares in rows]

    def runs_after(self, batch: int) -> list[Run]:
        """Return what was minted in batches beyond a number."""
        return [Run(*row) for row in self._execute(_RUNS_AFTER, {"last": batch})]

    def with_event_id(self, event_ids: Collection[str]) -> set[int]:
        """Return the events that claim one of the ids."""
        return {event for (event,) in self._read(_WITH_EVENT_ID, event_ids)}
