"""Which other records name an event that is to be erased; they are told, not erased.

An eventID that is an `ni:` hash of the content confirms a guess of what is gone, wherever it
stands: in `correctiveEventIDs`, in an error declaration, in a member of somebody's own. All
records are read for it, which takes as long as reading them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from traceability.errors import ItemProofError
from traceability.hashing.commitment import RecordKind
from traceability.hashing.event_hash import event_hash
from traceability.hashing.unsalted import unsalted
from traceability.ledger.erasure_plan import Planned
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow
from traceability.strict_json import parse_json
from traceability.verify.identity import record_urn

# Between these stand the texts of JSON and XML.
_BETWEEN = re.compile(rb'["<>]')
Place = tuple[int, int]


def referring_records(repositories: Repositories, plan: Sequence[Planned]) -> list[str]:
    """Return the names of the records that name what a plan erases, and that it leaves."""
    ids: set[bytes] = set()
    gone: set[Place] = set()
    for one in plan:
        for batch, index in _places(repositories, one):
            gone.add((batch.batch, index))
            ids |= _ids(repositories, batch, index, is_whole=one.fields is None)
    if not ids:
        return []
    found = {
        (batch, index)
        for batch, index, content in repositories.batches.contents()
        if (batch, index) not in gone and _names_one(content, ids)
    }
    return [name for place in sorted(found) for name in _names(repositories, place)]


def _names_one(content: bytes, ids: set[bytes]) -> bool:
    """Tell whether one of the ids is a text of the content; most contents have none anywhere."""
    is_somewhere = any(one in content for one in ids)
    return is_somewhere and not ids.isdisjoint(_BETWEEN.split(content))


def _places(repositories: Repositories, one: Planned) -> Iterator[tuple[BatchRow, int]]:
    batch = repositories.batches.by_entry_hash(one.entry)
    if batch is None:
        return
    records = one.records
    ranges = ((0, batch.record_count - 1),) if isinstance(records, int) else records
    for first, last in ranges:
        for row in repositories.batches.records_between(batch.batch, first, last + 1):
            yield batch, row.record_index


def _ids(repositories: Repositories, batch: BatchRow, index: int, *, is_whole: bool) -> set[bytes]:
    """Return an event's own id, and the id that its content would have as a hash."""
    row = repositories.batches.record(batch.batch, index)
    if row is None or row.kind != RecordKind.EVENT:
        return set()
    event = repositories.events.at(batch.batch, index)
    found = set()
    claimed = None if event is None else event.event_id
    # Where only fields are erased, an id that is no hash stays what it was.
    if claimed is not None and (is_whole or unsalted(claimed)):
        found.add(claimed.encode())
    if row.payload is not None:
        try:
            found.add(event_hash(parse_json(row.payload)).uri.encode())  # type: ignore[arg-type]  # an event
        except ItemProofError:
            return found
    return found


def _names(repositories: Repositories, place: Place) -> Iterator[str]:
    batch = repositories.batches.get(place[0])
    entry = None if batch is None else repositories.entries.by_arrival(batch.arrival)
    if entry is not None:
        yield record_urn(entry.leaf_hash, place[1])
