"""The records of a batch that came back from a mirror without them, sent again by its signer.

The log has the batch already: the same envelope gives the same place in it, and never a second
one. What it commits to has been checked (`checks.check_statement`): the records hash to the root
that was signed, so they are the ones that are missing. What the log says is erased stays erased.
"""

from __future__ import annotations

import logging

from traceability.hashing.envelope import Envelope, parse_envelope
from traceability.hashing.statement import Header
from traceability.ledger.checks import check_events
from traceability.ledger.erasure import destroy_again
from traceability.ledger.keeping import CapturedBatch, captured_before, keep_contents
from traceability.ledger.prepared import PreparedBatch
from traceability.store.store import Store

logger = logging.getLogger(__name__)


def refill(store: Store, captured: CapturedBatch, *, key_id: bytes, batch: PreparedBatch) -> bool:
    """Keep the records of a batch that lacks them; tell whether it did.

    A crash before the commit leaves the batch without them, after it with all.

    Raises
    ------
    SerialDuplicate, EventDuplicate, EventIdConflict
        Its items were issued, or its events recorded, again meanwhile: the records stay out, so
        that nothing is there twice; the place in the log is the same as ever.
    """
    with store.reading() as repositories:
        if not repositories.rebuilding.lacks_records(captured.batch):
            return False
    with store.unit_of_work() as work:
        # Whoever sends the same batch at the same time waits here.
        work.repositories.keys.lock([key_id])
        if not work.repositories.rebuilding.lacks_records(captured.batch):
            return False
        row = work.repositories.batches.get(captured.batch)
        if row is None:
            raise AssertionError("a batch that is known has its row")
        check_events(work.repositories, batch.records, participant=row.participant)
        keep_contents(work.repositories, captured.batch, batch)
        destroy_again(work.repositories, captured.entry_hash)
        work.commit()
    logger.info("batch.refilled batch=%s records=%s", captured.batch, batch.record_count)
    return True


def known_batch(store: Store, envelope: Envelope, header: Header) -> CapturedBatch | None:
    """Return the batch of exactly this statement, where the log has it; whatever its key is now."""
    with store.reading() as repositories:
        entry = repositories.entries.by_sequence(header.key, header.sequence)
        if entry is None or parse_envelope(entry.envelope).payload != envelope.payload:
            return None
        return captured_before(repositories, header)
