"""What was erased stays erased: content that a status of the log says is gone is deleted again.

An older backup still holds what was erased after it was written. Its statuses come back with the
entries of a mirror; whoever brings back rows calls this afterwards, in the same transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection, exists, or_, select, update

from traceability.store.tables import batches, entries, events, records, statuses

ALL_RECORDS = -1


def erase_again(connection: Connection) -> int:
    """Delete what there is of records with the status `erased`; return of how many there was."""
    of_batch = (
        select(statuses.c.entry_hash)
        .join(entries, entries.c.leaf_hash == statuses.c.entry_hash)
        .join(batches, batches.c.arrival == entries.c.arrival)
        .where(statuses.c.kind == "erased")
    )
    erased_records = exists(
        of_batch.where(
            batches.c.batch == records.c.batch,
            statuses.c.record_index.in_((ALL_RECORDS, records.c.record_index)),
        )
    )
    there = or_(records.c.payload.is_not(None), records.c.secret.is_not(None))
    found = connection.execute(
        update(records).where(there, erased_records).values(payload=None, secret=None)
    )
    # An event id of this scheme is a hash of the event's content, which could be guessed from it.
    erased_events = exists(
        of_batch.where(
            batches.c.batch == events.c.batch,
            statuses.c.record_index.in_((ALL_RECORDS, events.c.record_index)),
        )
    )
    connection.execute(
        update(events).where(events.c.event_id.like("ni:%"), erased_events).values(event_id=None)
    )
    return found.rowcount
