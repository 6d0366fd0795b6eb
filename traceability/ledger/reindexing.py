"""Keeping what is indexed of events of one revision, where an older program indexed less.

What `event_attributes` has of every event is of the revision that `meta` names. When the rules
have changed, all is read again from the events themselves, in one transaction, before anything
is captured. A crash before its commit leaves the old rows, and the next start begins again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from traceability.events.jsonld import parse_document
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.partial import PartialRecord
from traceability.ledger.erasure_remains import remains_of
from traceability.ledger.prepared import event_attributes
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import AttributeRow
from traceability.store.store import Store

logger = logging.getLogger(__name__)

REVISION_NAME = "event-attributes-revision"
# Goes up when `events/attributes.py` finds something else in the same event.
REVISION = b"1"
_CHUNK = 1000


def keep_attributes_current(store: Store) -> int:
    """Bring what is indexed of all events to the present rules; return how many were read."""
    with store.reading() as repositories:
        if repositories.meta.get(REVISION_NAME) == REVISION:
            return 0
    with store.unit_of_work() as work:
        count = _reindex(work.repositories)
        work.repositories.meta.put(REVISION_NAME, REVISION)
        work.commit()
    if count:
        logger.warning("events.reindexed count=%d revision=%s", count, REVISION.decode())
    return count


def _reindex(repositories: Repositories) -> int:
    """Index every event again: from its payload, or from what an erasure left of it."""
    events = repositories.events
    count = _each(repositories, events.payloads_after, _of_payload)
    return count + _each(repositories, events.partials_after, _of_remains)


def _each(
    repositories: Repositories,
    read: Callable[..., list[tuple[int, bytes]]],
    index: Callable[[bytes], tuple[AttributeRow, ...]],
) -> int:
    after, count = 0, 0
    while rows := read(after, limit=_CHUNK):
        for number, _ in rows:
            repositories.events.forget_attributes(number, number)
        numbers = [number for number, _ in rows]
        repositories.events.keep_attributes(numbers, [index(said) for _, said in rows])
        after, count = numbers[-1], count + len(rows)
    return count


def _of_payload(payload: bytes) -> tuple[AttributeRow, ...]:
    events = parse_document(parse_canonical(payload)).events
    return event_attributes(events[0]) if events else ()


def _of_remains(leaves: bytes) -> tuple[AttributeRow, ...]:
    record = PartialRecord.from_bytes(leaves)
    remains = remains_of(record) if 0 in record.fields else None
    return () if remains is None else remains.attributes
