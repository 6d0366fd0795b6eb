"""The end of what is kept of requests: finished capture jobs, and answers to named requests.

Each round deletes some in one transaction, so that a crash leaves them to the next round.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from ledger_api.epcis.idempotency import KEPT_MS
from traceability.ledger.node import Node
from traceability.store.times import to_milliseconds

logger = logging.getLogger(__name__)

DEFAULT_DAYS = 30
# Jobs deleted in one transaction.
AT_ONCE = 200
PAUSE = timedelta(minutes=10)


class OldRequests:
    """Deletes what has been kept long enough.

    Parameters
    ----------
    days
        How long a job is told of after it has finished.
    """

    def __init__(self, node: Node, *, days: int = DEFAULT_DAYS) -> None:
        self._node = node
        self._days = timedelta(days=days)
        self._next: datetime | None = None

    def forget_if_due(self) -> int:
        """Delete what is too old, unless that was done just now; tell how many jobs."""
        now = self._node.clock()
        if self._next is not None and now < self._next:
            return 0
        forgotten = self._forget(now)
        if forgotten < AT_ONCE:
            self._next = now + PAUSE
        return forgotten

    def _forget(self, now: datetime) -> int:
        with self._node.store.unit_of_work() as work:
            repositories = work.repositories
            before = to_milliseconds(now - self._days)
            jobs = repositories.capture_jobs.finished_before(before, limit=AT_ONCE)
            repositories.capture_jobs.forget(jobs)
            answers = repositories.idempotency.forget(before=to_milliseconds(now) - KEPT_MS)
            if jobs or answers:
                work.commit()
        if jobs:
            logger.info("capture.forgotten jobs=%s", len(jobs))
        return len(jobs)
