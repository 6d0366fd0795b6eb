"""Corrections that are due: every declared error has its status, or waits for what it corrects.

A declaration is a committed payload. So whoever deletes the row that waits for the declared event,
or for its replacement, is found by asking once more what each declaring event is due. Nothing is
kept of one that was asked; the declarations themselves are few.

Not demanded: statuses of a participant that signs them itself; of an event that was erased, whose
row no longer says what it was. So of a participant's declarations that name no recorded event and
wait for none, as many are accounted for as events of it were corrected and then erased; of more,
which one lost its row cannot be told, and each is named.

Where the node no longer has the key file that would have signed a status, it could not: that is
said to be unchecked. Somebody may also have put the file away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from traceability.errors import ItemProofError
from traceability.hashing.statement import StatusStatement
from traceability.ledger.audit.difference import KEY_LOST, Difference, Finding, Unchecked, shown
from traceability.ledger.audit.units import read_statement
from traceability.ledger.corrections import CORRECTED, DueStatus, due_status
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow
from traceability.store.repositories.corrections import Correction

OPERATOR, ERASED = "operator", "erased"


# Tells whether the node can sign with the key of an id.
CanSign = Callable[[bytes], bool]


def check_corrections(
    repositories: Repositories, can_sign: CanSign | None = None
) -> Iterator[Finding]:
    """Name every correction that is due, is not signed, and waits for nothing.

    Without `can_sign` every key that the operator has is taken to be there.
    """
    waiting = repositories.corrections.get
    lost: dict[bytes, dict[str, list[Correction]]] = defaultdict(lambda: defaultdict(list))
    for row in repositories.auditing.declaring_events():
        place = Correction(*row)
        try:
            due = due_status(repositories, place)
        except (ItemProofError, ValueError):
            continue  # A payload that cannot be read is named where it is checked.
        batch = repositories.batches.get(place.batch)
        if due is None or batch is None:
            continue
        kept = waiting(place)
        if kept is None and isinstance(due, str):
            lost[batch.participant][due].append(place)
        elif kept is None and isinstance(due, DueStatus):
            yield from _check_settled(repositories, place, due, batch=batch, can_sign=can_sign)
        elif kept is not None and kept.waits_for not in (
            None,
            *_may_wait_for(repositories, place, due),
        ):
            key = _key(place)
            found = str(kept.waits_for)
            yield Difference("corrections", key, "waits_for", "an event id that it names", found)
    for participant, events in lost.items():
        yield from _check_lost(repositories, participant, events)


def _check_lost(
    repositories: Repositories, participant: bytes, events: dict[str, list[Correction]]
) -> Iterator[Difference]:
    """Name declarations that wait for nothing, unless what they corrected is erased since."""
    erased = repositories.auditing.count_erased_corrected(participant)
    if len(events) <= erased:
        return
    besides = f"; {erased} of {len(events)} such are erased" if erased else ""
    for due, places in events.items():
        for place in places:
            expected = f"waits for {due}{besides}"
            yield Difference("corrections", _key(place), "", expected, "nothing")


def _may_wait_for(
    repositories: Repositories, place: Correction, due: DueStatus | str
) -> set[str | None]:
    declaring = repositories.events.at(*place)
    own = None if declaring is None else declaring.event_id
    return {own, due} if isinstance(due, str) else {own, *due.named}


def _check_settled(
    repositories: Repositories,
    place: Correction,
    due: DueStatus,
    *,
    batch: BatchRow,
    can_sign: CanSign | None,
) -> Iterator[Finding]:
    """Check a declaration that waits for nothing any more."""
    said = due.declaration
    first = said.records[0][0] if not isinstance(said.records, int) else 0
    rows = repositories.statuses.of_record(said.entry, first)
    held = _held(repositories, batch)
    if any(row.kind == ERASED for row in rows) or not held:
        return
    key = f"{said.entry.hex()[:16]}, {first}"
    corrected = [row.arrival for row in rows if row.kind == CORRECTED]
    is_named = bool(corrected) and _names_replacement(repositories, corrected)
    if corrected and (is_named or not (said.replacement or due.waits_for)):
        return
    if can_sign is not None and not any(map(can_sign, held)):
        yield Unchecked("statuses", key, "kind", KEY_LOST, ", ".join(map(shown, held)))
    elif not corrected:
        yield Difference("statuses", key, "kind", CORRECTED, "none")
    else:
        expected = f"waits for {due.waits_for}" if due.waits_for else "its replacement's status"
        yield Difference("corrections", _key(place), "", expected, "nothing")


def _held(repositories: Repositories, batch: BatchRow) -> list[bytes]:
    """Return the participant's keys that the operator had when the batch came, and has now."""
    return [
        key.key_id
        for key in repositories.keys.of_participant(batch.participant)
        if key.custody == OPERATOR
        and key.revoked_arrival is None
        and key.registered_arrival < batch.arrival
    ]


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
