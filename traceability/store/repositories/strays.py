"""Rows that nothing in the log accounts for: invented ones, which recomputing would not meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, text

# Rows of one table that are named; a table that was rewritten whole needs no longer list.
MOST_ROWS = 1000


class Stray(NamedTuple):
    """A row that belongs to nothing: its table and key, and what it should belong to."""

    table: str
    key: tuple[object, ...]
    missing: str


# Table, what a row should belong to, and the keys of the rows that do not.
_QUERIES = (
    (
        "batches",
        "a batch entry",
        (
            "SELECT b.batch FROM batches b LEFT JOIN entries e ON e.arrival = b.arrival "
            "WHERE e.arrival IS NULL OR e.type <> 'batch'"
        ),
    ),
    (
        "records",
        "a place in its batch",
        (
            "SELECT r.batch, r.record_index FROM records r "
            "LEFT JOIN batches b ON b.batch = r.batch LEFT JOIN item_runs i ON i.batch = r.batch "
            "WHERE b.batch IS NULL OR r.record_index < 0 OR r.record_index >= b.record_count "
            "OR (r.record_index >= i.first_index AND r.record_index < i.first_index + i.quantity)"
        ),
    ),
    (
        "item_runs",
        "a place in its batch",
        (
            "SELECT i.batch FROM item_runs i LEFT JOIN batches b ON b.batch = i.batch "
            "WHERE b.batch IS NULL OR i.first_index < 0 OR i.quantity < 1 "
            "OR i.first_index + i.quantity > b.record_count"
        ),
    ),
    (
        "items",
        "a lot of its batch",
        (
            "SELECT x.batch, x.record_index FROM items x "
            "LEFT JOIN item_runs i ON i.batch = x.batch "
            "WHERE i.batch IS NULL OR x.record_index < i.first_index "
            "OR x.record_index >= i.first_index + i.quantity"
        ),
    ),
    (
        "erased_items",
        "a lot of its batch",
        (
            "SELECT x.batch, x.record_index FROM erased_items x "
            "LEFT JOIN item_runs i ON i.batch = x.batch "
            "WHERE i.batch IS NULL OR x.record_index < i.first_index "
            "OR x.record_index >= i.first_index + i.quantity"
        ),
    ),
    (
        "erased_codes",
        "an erased record",
        (
            "SELECT c.batch, c.record_index FROM erased_codes c LEFT JOIN records r "
            "ON r.batch = c.batch AND r.record_index = c.record_index LEFT JOIN erased_items x "
            "ON x.batch = c.batch AND x.record_index = c.record_index "
            "WHERE x.batch IS NULL AND (r.batch IS NULL OR r.payload IS NOT NULL) "
            "AND NOT (c.record_index = -1 AND EXISTS "
            "(SELECT 1 FROM erased_items y WHERE y.batch = c.batch))"
        ),
    ),
    (
        "partial_records",
        "a record",
        (
            "SELECT p.batch, p.record_index FROM partial_records p LEFT JOIN records r "
            "ON r.batch = p.batch AND r.record_index = p.record_index WHERE r.batch IS NULL"
        ),
    ),
    (
        "events",
        "an event record",
        (
            "SELECT e.event FROM events e LEFT JOIN records r "
            "ON r.batch = e.batch AND r.record_index = e.record_index "
            "WHERE r.batch IS NULL OR r.kind <> 1"
        ),
    ),
    (
        "event_epcs",
        "an event",
        (
            "SELECT DISTINCT o.event FROM event_epcs o LEFT JOIN events e ON e.event = o.event "
            "WHERE e.event IS NULL"
        ),
    ),
    (
        "event_attributes",
        "an event",
        (
            "SELECT a.event, a.ordinal FROM event_attributes a "
            "LEFT JOIN events e ON e.event = a.event WHERE e.event IS NULL"
        ),
    ),
    (
        "batch_tiles",
        "a batch",
        (
            "SELECT t.batch, t.tile FROM batch_tiles t LEFT JOIN batches b ON b.batch = t.batch "
            "WHERE b.batch IS NULL"
        ),
    ),
    (
        "checkpoints",
        "entries of the log",
        (
            "SELECT tree_size FROM checkpoints WHERE tree_size > "
            "(SELECT count(*) FROM entries WHERE leaf_index IS NOT NULL)"
        ),
    ),
    (
        "keys",
        "a key entry",
        (
            "SELECT k.key_id FROM keys k LEFT JOIN entries e ON e.arrival = k.registered_arrival "
            "WHERE e.arrival IS NULL OR e.type <> 'key'"
        ),
    ),
    (
        "participants",
        "a registered key",
        (
            "SELECT p.participant FROM participants p LEFT JOIN keys k "
            "ON k.participant = p.participant WHERE k.participant IS NULL"
        ),
    ),
    (
        "cards",
        "a registered key",
        "SELECT c.card FROM cards c LEFT JOIN keys k ON k.card = c.card WHERE k.card IS NULL",
    ),
    (
        "statuses",
        "a status entry",
        (
            "SELECT s.entry_hash, s.record_index, s.kind FROM statuses s LEFT JOIN entries e "
            "ON e.arrival = s.arrival WHERE e.arrival IS NULL OR e.type <> 'status'"
        ),
    ),
)


KINDS = len(_QUERIES)


def strays(connection: Connection, number: int) -> Iterator[Stray]:
    """Yield the rows that belong to nothing, by one of the queries, of which there are `KINDS`."""
    table, missing, query = _QUERIES[number]
    for row in connection.execute(text(f"{query} LIMIT {MOST_ROWS}")):
        yield Stray(table, tuple(row), missing)
