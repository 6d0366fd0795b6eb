"""Events that declare an error, until the status of what they correct is signed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, select, update

from traceability.store.tables import batches, corrections, events


class Correction(NamedTuple):
    """An event that declares an error: its batch and its index there."""

    batch: int
    record_index: int


class WaitingCorrection(NamedTuple):
    """A correction that is not settled, and the event id that it waits for."""

    batch: int
    record_index: int
    waits_for: str | None


class CorrectionRepository:
    """SQL over `corrections`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[tuple[int, int]]) -> None:
        """Remember events that declare an error: pairs of (batch, record index)."""
        values = [{"batch": batch, "record_index": index} for batch, index in rows]
        if values:
            self._connection.execute(insert(corrections), values)

    def get(self, row: Correction) -> WaitingCorrection | None:
        """Return one that is not settled."""
        found = self._connection.execute(select(corrections).where(*_is(row))).one_or_none()
        return None if found is None else WaitingCorrection(*found)

    def due(self, limit: int) -> list[Correction]:
        """Return the first of those that wait for nothing."""
        return self._first(corrections.c.waits_for.is_(None), limit)

    def ripe(self, limit: int) -> list[Correction]:
        """Return the first of those that waited for an event which is recorded now.

        It counts only if the participant that declares the error sent it.
        """
        own, other = batches.alias("own"), batches.alias("other")
        is_there = exists().where(
            and_(
                events.c.event_id == corrections.c.waits_for,
                events.c.declares_error.is_(False),
                own.c.batch == corrections.c.batch,
                other.c.batch == events.c.batch,
                own.c.participant == other.c.participant,
            )
        )
        return self._first(and_(corrections.c.waits_for.is_not(None), is_there), limit)

    def _first(self, condition: ColumnElement[bool], limit: int) -> list[Correction]:
        rows = self._connection.execute(
            select(corrections.c.batch, corrections.c.record_index)
            .where(condition)
            .order_by(corrections.c.batch, corrections.c.record_index)
            .limit(limit)
        )
        return [Correction(*row) for row in rows]

    def wait(self, row: Correction, event_id: str) -> None:
        """Let it wait for an event with this id."""
        self._connection.execute(update(corrections).where(*_is(row)).values(waits_for=event_id))

    def remove(self, row: Correction) -> None:
        """Forget one that is settled."""
        self._connection.execute(delete(corrections).where(*_is(row)))


def _is(row: Correction) -> tuple[ColumnElement[bool], ...]:
    return corrections.c.batch == row.batch, corrections.c.record_index == row.record_index
