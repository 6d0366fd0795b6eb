"""Error declarations that became events turn into `corrected` statuses of what they correct.

Capture remembers each event with an `errorDeclaration` in the transaction that keeps it
(`store/repositories/corrections.py`). The sequencer's next run, in whatever process, signs the
status with the key that the node holds for the participant, and forgets the event in the same
transaction. So a crash between the two leaves it to the next start.

What is corrected is the same participant's event of the same eventID, or without ids of the same
content, as EPCIS 2.0 has it ("Error declaration"). The first of `correctiveEventIDs` that is
recorded is the replacement; if none is yet, another status follows once one is. Where the
participant signs itself, the status is its own to send: `due_statuses` says what it should say.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from traceability.errors import ItemProofError, Unavailable
from traceability.hashing.statement import Replacement
from traceability.ledger.erasure import remaining
from traceability.ledger.erasure_remains import event_of
from traceability.ledger.faults import KeyUnknown
from traceability.ledger.keyring import Keyring
from traceability.ledger.participants import held_key
from traceability.ledger.statuses import Declaration, Statuses
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow
from traceability.store.repositories.corrections import Correction
from traceability.store.repositories.events import StoredEvent
from traceability.store.store import Store

logger = logging.getLogger(__name__)

CORRECTED = "corrected"
# Corrections settled in one transaction.
AT_ONCE = 100
_REASONS = {"did_not_occur": "did_not_occur", "incorrect_data": "incorrect_data"}


@dataclass(frozen=True, slots=True)
class DueStatus:
    """A status that is due: what it says, and the event id that its replacement waits for.

    `named` are the ids that the declaration gives for its replacement.
    """

    declaration: Declaration
    waits_for: str | None
    named: tuple[str, ...] = ()


class Corrections:
    """Signs the statuses that error declarations are due."""

    def __init__(self, store: Store, statuses: Statuses, *, keyring: Keyring) -> None:
        self._store = store
        self._statuses = statuses
        self._keyring = keyring

    def settle(self, also_ripe: bool = False) -> int:
        """Sign what is due; return how many events were settled.

        Parameters
        ----------
        also_ripe
            Look, too, whether an event came for which a correction waited.
        """
        with self._store.reading() as repositories:
            rows = repositories.corrections.due(AT_ONCE)
            if also_ripe:
                rows += repositories.corrections.ripe(AT_ONCE)
        if rows:
            with self._store.unit_of_work() as work:
                for row in rows:
                    self._settle(work.repositories, row)
                work.commit()
        return len(rows)

    def _settle(self, repositories: Repositories, row: Correction) -> None:
        due = due_status(repositories, row)
        batch = repositories.batches.get(row.batch)
        if due is None or batch is None:
            repositories.corrections.remove(row)
            return
        if isinstance(due, str):
            repositories.corrections.wait(row, due)
            return
        try:
            author = held_key(repositories, self._keyring, batch.participant)
            self._statuses.append(repositories, due.declaration, author)
        except Unavailable:
            raise
        except KeyUnknown:
            # The participant signs itself: capture told it what is due.
            repositories.corrections.remove(row)
            return
        except ItemProofError as error:
            logger.warning("correction.refused batch=%s code=%s", row.batch, error.code)
            repositories.corrections.remove(row)
            return
        if due.waits_for is None:
            repositories.corrections.remove(row)
        else:
            repositories.corrections.wait(row, due.waits_for)


def due_statuses(repositories: Repositories, batch: int, indexes: Sequence[int]) -> list[DueStatus]:
    """Return the statuses that events of a batch which declare errors are due."""
    found = [due_status(repositories, Correction(batch, index)) for index in indexes]
    return [due for due in found if isinstance(due, DueStatus)]


def due_status(repositories: Repositories, row: Correction) -> DueStatus | str | None:
    """Return the status that a declaring event is due.

    A text where the event that it corrects is not recorded yet: its id. None where nothing is due.
    """
    declaring = repositories.events.at(row.batch, row.record_index)
    batch = repositories.batches.get(row.batch)
    record = repositories.batches.record(row.batch, row.record_index)
    if declaring is None or batch is None or record is None:
        return None
    present = remaining(repositories, record)
    said = {} if present is None else event_of(present)
    error = said.get("errorDeclaration")
    if not isinstance(error, dict):
        return None
    original = _original(repositories, declaring, batch)
    if original is None:
        return declaring.event_id
    of = repositories.batches.get(original.batch)
    entry = None if of is None else repositories.entries.by_arrival(of.arrival)
    if entry is None:
        return None
    ids = [one for one in _listed(error.get("correctiveEventIDs")) if isinstance(one, str)]
    replacement = _replacement(repositories, ids, batch)
    declaration = Declaration(
        entry.leaf_hash,
        ((original.record_index, original.record_index),),
        CORRECTED,
        _reason(error),
        replacement,
    )
    waits_for = ids[0] if ids and replacement is None else None
    return DueStatus(declaration, waits_for, tuple(ids))


def _original(
    repositories: Repositories, declaring: StoredEvent, batch: BatchRow
) -> StoredEvent | None:
    """Return the participant's own event that another declares erroneous."""
    if declaring.event_id is not None:
        rows = repositories.events.by_event_id([declaring.event_id])
    else:
        rows = repositories.events.by_content([declaring.content_mac])
    return _own(repositories, rows, batch.participant, declaring.event_id)


def _own(
    repositories: Repositories,
    rows: Sequence[StoredEvent],
    participant: bytes,
    event_id: str | None,
) -> StoredEvent | None:
    for row in rows:
        if row.declares_error or row.event_id != event_id:
            continue
        batch = repositories.batches.get(row.batch)
        if batch is not None and batch.participant == participant:
            return row
    return None


def _replacement(
    repositories: Repositories, ids: Sequence[str], batch: BatchRow
) -> Replacement | None:
    """Return the first corrective event that is recorded."""
    rows = repositories.events.by_event_id(ids) if ids else []
    for event_id in ids:
        found = _own(repositories, rows, batch.participant, event_id)
        of = None if found is None else repositories.batches.get(found.batch)
        entry = None if of is None else repositories.entries.by_arrival(of.arrival)
        if found is not None and entry is not None:
            return Replacement(entry.leaf_hash, found.record_index)
    return None


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _reason(error: Mapping[str, object]) -> str:
    """Return the status reason for the declaration's, which is a word of the CBV or its URI."""
    word = str(error.get("reason", "")).replace(":", "/").rpartition("/")[2]
    word = word.removeprefix("ER-")
    return _REASONS.get(word, "other")
