"""Entries that have arrived and have no place yet: signed, in their keys' chains, with their rows.

They are replayed after the log, as if they were its next entries, in the order in which they
will become so.
"""

from __future__ import annotations

from collections.abc import Iterator

from traceability.hashing.statement import BatchStatement, StatusStatement
from traceability.ledger.audit.difference import Difference, shown
from traceability.ledger.audit.entries import Replay, status_records
from traceability.ledger.audit.signed import CheckedEntry, check_entry
from traceability.store.repositories import Repositories

# Entries read at a time.
READ = 2_000


def check_pending(repositories: Repositories, replay: Replay) -> Iterator[Difference]:
    """Check what waits for a place in the log; the replay then stands behind it."""
    size, after = replay.size, 0
    expected: set[tuple[bytes, int, str, int]] = set()
    while rows := repositories.auditing.unplaced(after, limit=READ):
        for row in rows:
            entry = check_entry(row, replay.public_key)
            yield from replay.take(entry._replace(leaf_index=replay.size))
            yield from _check_rows(repositories, entry, expected)
            after = row.arrival
    stored = repositories.auditing.unplaced_statuses(size)
    for entry_hash, index, kind, _ in sorted(expected - stored):
        yield Difference("statuses", f"{shown(entry_hash)}, {index}", "kind", kind, "none")
    for entry_hash, index, kind, _ in sorted(stored - expected):
        key = f"{shown(entry_hash)}, {index}"
        yield Difference("statuses", key, "entry_index", "a status entry's place", kind)


def _check_rows(
    repositories: Repositories, entry: CheckedEntry, statuses: set[tuple[bytes, int, str, int]]
) -> Iterator[Difference]:
    statement = entry.statement
    if isinstance(statement, StatusStatement):
        statuses |= {
            (statement.entry, index, statement.kind, entry.arrival)
            for index in status_records(statement)
        }
    is_batch = isinstance(statement, BatchStatement)
    if is_batch and repositories.batches.by_arrival(entry.arrival) is None:
        yield Difference("batches", "", "arrival", str(entry.arrival), "nothing")
