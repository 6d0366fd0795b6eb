"""Corrections that are due: every declared error has its status, or waits for what it corrects.

A declaration is a committed payload. So whoever deletes the row that waits for the declared event,
or for its replacement, is found by asking once more what each declaring event is due. Nothing is
kept of one that was asked; the declarations themselves are few.

Not demanded: statuses of a participant that signs them itself; of an event that was erased, whose
row no longer says what it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from traceability.errors import ItemProofError
from traceability.hashing.statement import StatusStatement
from traceability.ledger.audit.difference import Difference
from traceability.ledger.audit.units import read_statement
from traceability.ledger.corrections import CORRECTED, DueStatus, due_status
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow
from traceability.store.repositories.corrections import Correction

OPERATOR, ERASED = "operator", "erased"


def check_corrections(repositories: Repositories) -> Iterator[Difference]:
    """Name every correction that is due, is not signed, and waits for nothing."""
    waiting = repositories.corrections.get
    for row in repositories.auditing.declaring_events():
        place = Correction(*row)
        try:
            due = due_status(repositories, place)
        except (ItemProofError, ValueError):
            continue  # A payload that cannot be read is named where it is checked.
        if due is None:
            continue
        kept = waiting(place)
        if kept is None:
            yield from _check_settled(repositories, place, due)
        elif kept.waits_for not in (None, *_may_wait_for(repositories, place, due)):
            key = _key(place)
            found = str(kept.waits_for)
            yield Difference("corrections", key, "waits_for", "an event id that it names", found)


def _may_wait_for(
    repositories: Repositories, place: Correction, due: DueStatus | str
) -> set[str | None]:
    declaring = repositories.events.at(*place)
    own = None if declaring is None else declaring.event_id
    return {own, due} if isinstance(due, str) else {own, *due.named}


def _check_settled(
    repositories: Repositories, place: Correction, due: DueStatus | str
) -> Iterator[Difference]:
    """Check a declaration that waits for nothing any more."""
    batch = repositories.batches.get(place.batch)
    if batch is None:
        return
    if isinstance(due, str):
        if not repositories.auditing.has_erased_corrected(batch.participant):
            yield Difference("corrections", _key(place), "", f"waits for {due}", "nothing")
        return
    said = due.declaration
    first = said.records[0][0] if not isinstance(said.records, int) else 0
    rows = repositories.statuses.of_record(said.entry, first)
    if any(row.kind == ERASED for row in rows) or not _is_held(repositories, batch):
        return
    corrected = [row.arrival for row in rows if row.kind == CORRECTED]
    if not corrected:
        key = f"{said.entry.hex()[:16]}, {first}"
        yield Difference("statuses", key, "kind", CORRECTED, "none")
    elif (said.replacement or due.waits_for) and not _names_replacement(repositories, corrected):
        expected = f"waits for {due.waits_for}" if due.waits_for else "its replacement's status"
        yield Difference("corrections", _key(place), "", expected, "nothing")


def _is_held(repositories: Repositories, batch: BatchRow) -> bool:
    """Tell whether the operator held a key of the participant when the batch came, and does now."""
    return any(
        key.custody == OPERATOR
        and key.revoked_arrival is None
        and key.registered_arrival < batch.arrival
        for key in repositories.keys.of_participant(batch.participant)
    )


def _names_replacement(repositories: Repositories, arrivals: list[int]) -> bool:
    """Tell whether one of these entries names what replaces the event."""
    for arrival in arrivals:
        entry = repositories.entries.by_arrival(arrival)
        said = None if entry is None else read_statement(entry.envelope)
        if isinstance(said, StatusStatement) and said.replacement is not None:
            return True
    return False


def _key(place: Correction) -> str:
    return f"{place.batch}, {place.record_index}"
