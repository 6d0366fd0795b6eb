"""Destroying content: payloads, secrets, serials, and every row that was derived from them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select, text, update

from traceability.store.bulk import bulk_insert
from traceability.store.repositories.capture_jobs import CaptureJobRepository
from traceability.store.repositories.erased_codes import ErasedCodeRepository
from traceability.store.repositories.events import (
    AttributeRow,
    EventFacts,
    EventRepository,
    ObjectRow,
)
from traceability.store.tables import (
    capture_job_results,
    capture_jobs,
    cards,
    corrections,
    epcs,
    erased_items,
    event_attributes,
    event_epcs,
    events,
    idempotency_keys,
    items,
    partial_records,
    participants,
    records,
)

# A name in `meta` whose value changes with each erasure, for whoever keeps copies in memory.
ERASURES = "erasures"
# Jobs looked through or deleted at a time.
_AT_ONCE = 200
# Tables from which an erasure takes something: what is freed in them is overwritten afterwards.
TOUCHED = (
    *("records", "partial_records", "cards", "participants", "events", "event_epcs", "epcs"),
    "event_attributes",
    *("items", "corrections"),
    *("capture_jobs", "capture_job_parts", "capture_job_results", "idempotency_keys"),
)


class ErasingRepository:
    """SQL that destroys content."""

    def __init__(self, connection: Connection, codes: ErasedCodeRepository) -> None:
        self._connection = connection
        self._codes = codes

    def forget_records(self, batch: int, first: int, last: int) -> None:
        """Forget payload, secret and what is left of records `first` … `last`, both included."""
        self._forget_payloads(batch, first, last)
        for table in (partial_records, corrections):
            self._connection.execute(
                delete(table).where(
                    table.c.batch == batch, table.c.record_index.between(first, last)
                )
            )

    def _forget_payloads(self, batch: int, first: int, last: int) -> None:
        self._connection.execute(
            update(records)
            .where(records.c.batch == batch, records.c.record_index.between(first, last))
            .values(payload=None, secret=None)
        )

    def keep_partial(self, batch: int, record_index: int, leaves: bytes) -> None:
        """Keep what is left of a record in the place of its payload and secret.

        An error declaration goes on waiting for what it corrects.
        """
        self._forget_payloads(batch, record_index, record_index)
        self._connection.execute(
            delete(partial_records).where(
                partial_records.c.batch == batch, partial_records.c.record_index == record_index
            )
        )
        self._connection.execute(
            insert(partial_records).values(batch=batch, record_index=record_index, leaves=leaves)
        )

    def forget_type(self, batch: int, record_index: int) -> None:
        """Forget the type of a document of which nothing is left that says it."""
        self._connection.execute(
            update(records)
            .where(records.c.batch == batch, records.c.record_index == record_index)
            .values(media_type=None)
        )

    def partial(self, batch: int, record_index: int) -> bytes | None:
        """Return what is left of a partly erased record."""
        found: bytes | None = self._connection.scalar(
            select(partial_records.c.leaves).where(
                partial_records.c.batch == batch, partial_records.c.record_index == record_index
            )
        )
        return found

    def partials(self, batch: int) -> dict[int, bytes]:
        """Return what is left of each partly erased record of a batch."""
        rows = self._connection.execute(
            select(partial_records.c.record_index, partial_records.c.leaves).where(
                partial_records.c.batch == batch
            )
        )
        return {int(index): bytes(leaves) for index, leaves in rows}

    def forget_events(self, batch: int, first: int, last: int) -> None:
        """Forget what lineage knows of events, and codes that nothing else names."""
        is_asked = (events.c.batch == batch) & events.c.record_index.between(first, last)
        rows = self._connection.execute(
            select(events.c.event, events.c.record_index).where(is_asked)
        )
        for number, index in rows.all():
            gone = self._forget_objects(number)
            self._codes.keep([(uri, batch, index) for uri in gone])
        self._connection.execute(delete(events).where(is_asked))

    def _forget_objects(self, event: int) -> list[str]:
        """Forget what an event says and names; return the codes."""
        named = self._connection.execute(
            select(epcs.c.epc, epcs.c.uri)
            .join(event_epcs, event_epcs.c.epc == epcs.c.epc)
            .where(event_epcs.c.event == event)
            .distinct()
        ).all()
        for table in (event_epcs, event_attributes):
            self._connection.execute(delete(table).where(table.c.event == event))
        for epc, _ in named:
            self._connection.execute(
                text(
                    "DELETE FROM epcs WHERE epc = :epc AND NOT EXISTS "
                    "(SELECT 1 FROM event_epcs WHERE event_epcs.epc = :epc)"
                ),
                {"epc": epc},
            )
        return [uri for _, uri in named]

    def reduce_event(
        self,
        batch: int,
        record_index: int,
        *,
        facts: EventFacts,
        objects: Sequence[ObjectRow],
        attributes: Sequence[AttributeRow],
    ) -> None:
        """Let lineage know only what is left of an event."""
        number = self._connection.scalar(
            select(events.c.event).where(
                events.c.batch == batch, events.c.record_index == record_index
            )
        )
        if number is None:
            return
        gone = set(self._forget_objects(number)) - {uri for _, uri, *_ in objects}
        self._codes.keep([(uri, batch, record_index) for uri in sorted(gone)])
        changed = update(events).where(events.c.event == number)
        self._connection.execute(changed.values(facts._asdict()))
        kept = EventRepository(self._connection)
        kept.keep_objects([number], [objects])
        kept.keep_attributes([number], [attributes])

    def keep_codes(self, rows: Iterable[tuple[str, int, int]]) -> None:
        """Keep the keyed hashes of erased items' codes: (code, batch, record index)."""
        self._codes.keep(rows)

    def forget_items(self, rows: Sequence[tuple[int, int, bytes]]) -> None:
        """Keep of items their field roots alone: rows of (batch, record index, field root)."""
        bulk_insert(
            self._connection,
            erased_items,
            columns=("batch", "record_index", "field_root"),
            rows=rows,
        )
        for batch in {row[0] for row in rows}:
            indexes = [row[1] for row in rows if row[0] == batch]
            self._connection.execute(
                delete(items).where(
                    items.c.batch == batch,
                    items.c.record_index.between(min(indexes), max(indexes)),
                    items.c.record_index.in_(
                        select(erased_items.c.record_index).where(erased_items.c.batch == batch)
                    ),
                )
            )

    def erased_items(self, batch: int, first: int, last: int) -> dict[int, bytes]:
        """Return the field roots of erased items `first` … `last` − 1 of a batch, by index."""
        rows = self._connection.execute(
            select(erased_items.c.record_index, erased_items.c.field_root).where(
                erased_items.c.batch == batch,
                erased_items.c.record_index >= first,
                erased_items.c.record_index < last,
            )
        )
        return {int(index): bytes(root) for index, root in rows}

    def forget_card(self, card: bytes, participant: bytes) -> None:
        """Forget a participant's card, its name and its GLN."""
        self._connection.execute(
            update(cards).where(cards.c.card == card).values(payload=None, secret=None)
        )
        self._connection.execute(
            update(participants)
            .where(participants.c.participant == participant)
            .values(name=participant.hex(), gln=None)
        )

    def forget_requests(self, batch: int) -> None:
        """Forget the documents and answers by which a batch came, and all kept answers.

        Jobs, too, that found events of the batch known already.
        """
        jobs = set(
            self._connection.scalars(
                select(capture_jobs.c.job).where(capture_jobs.c.batch == batch)
            )
        ) | set(
            self._connection.scalars(
                select(capture_job_results.c.job).where(capture_job_results.c.batch == batch)
            )
        )
        jobs |= self._jobs_that_repeat(batch)
        for start in range(0, len(jobs), _AT_ONCE):
            some = sorted(jobs)[start : start + _AT_ONCE]
            CaptureJobRepository(self._connection).forget(some)
        # Which of them speak of the batch nobody knows; they are kept a week at most anyway.
        self._connection.execute(delete(idempotency_keys))

    def _jobs_that_repeat(self, batch: int) -> set[int]:
        """Return the jobs that name an event of a batch as the original of one of theirs."""
        named = f'"original":[{batch},'.encode()
        found: set[int] = set()
        for table in (capture_jobs, capture_job_results):
            kept = select(table.c.job, table.c.outcome).where(table.c.outcome.is_not(None))
            rows = self._connection.execute(kept.execution_options(yield_per=_AT_ONCE))
            found |= {int(job) for job, outcome in rows if named in zlib.decompress(outcome)}
        return found
