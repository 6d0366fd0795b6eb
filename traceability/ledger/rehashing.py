"""Keeping the stored event hashes of one revision: `CBV2.0` names more than one algorithm.

Every stored content hash is of the revision that `meta` names. When the algorithm has changed,
all are computed again from the events themselves, in one transaction, before anything is captured.
A crash before its commit leaves the old ones, and the next start begins again.
"""

from __future__ import annotations

import logging

from traceability.hashing.canonical import parse_canonical
from traceability.hashing.event_hash import REVISION, event_hash
from traceability.ledger.drafting import content_mac
from traceability.store.repositories import Repositories
from traceability.store.store import Store

logger = logging.getLogger(__name__)

REVISION_NAME = "event-hash-revision"
_CHUNK = 1000


def keep_event_hashes_current(store: Store, duplicate_key: bytes) -> int:
    """Bring all content hashes to the present revision; return how many were computed again."""
    wanted = REVISION.encode()
    with store.reading() as repositories:
        if repositories.meta.get(REVISION_NAME) == wanted:
            return 0
    with store.unit_of_work() as work:
        count = _rehash(work.repositories, duplicate_key)
        work.repositories.meta.put(REVISION_NAME, wanted)
        work.commit()
    if count:
        logger.warning("events.rehashed count=%d revision=%s", count, REVISION)
    return count


def _rehash(repositories: Repositories, duplicate_key: bytes) -> int:
    after, count = 0, 0
    while rows := repositories.events.payloads_after(after, limit=_CHUNK):
        macs = []
        for event, payload in rows:
            value = parse_canonical(payload)
            if isinstance(value, dict):
                macs.append((event, content_mac(event_hash(value).uri, duplicate_key)))
        repositories.events.set_content_macs(macs)
        after, count = rows[-1][0], count + len(macs)
    return count
