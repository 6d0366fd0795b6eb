"""What was said of a record since: its status now, and the history of it, who and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traceability.hashing.ed25519 import key_id
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import StatusStatement, parse_statement
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.faults import RecordUnknown
from traceability.ledger.identity import Identity
from traceability.ledger.statuses import status_of
from traceability.store.repositories import Repositories
from traceability.store.repositories.statuses import StatusRow
from traceability.store.times import from_milliseconds
from traceability.verify.identity import record_urn


@dataclass(frozen=True, slots=True)
class Saying:
    """One status of a record: what, why, since when, by whom.

    `participant` and `name` are None where the registrar, that is the operator, said it.
    """

    kind: str
    reason: str
    since: datetime
    participant: bytes | None
    name: str | None
    is_whole_batch: bool
    replacement: str | None
    basis: str | None
    is_partial: bool
    entry_hash: bytes
    leaf_index: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A record's status now, and all that was said of it, oldest first."""

    status: str
    history: tuple[Saying, ...]

    @property
    def latest(self) -> Saying | None:
        """What makes the status what it is."""
        kinds = ("recalled", "recall_lifted") if self.status == "current" else (self.status,)
        return next((one for one in reversed(self.history) if one.kind in kinds), None)


def standing_of(repositories: Repositories, identity: Identity, address: RecordAddress) -> Standing:
    """Return what was said of a record, or of all of its batch.

    Raises
    ------
    RecordUnknown
    """
    batch = repositories.batches.get(address.batch)
    entry = None if batch is None else repositories.entries.by_arrival(batch.arrival)
    if entry is None:
        raise RecordUnknown(f"batch {address.batch} is unknown")
    rows = repositories.statuses.of_record(entry.leaf_hash, address.record_index)
    found = [said_by(repositories, identity, row) for row in rows]
    return Standing(status_of(rows), tuple(one for one in found if one is not None))


def said_by(repositories: Repositories, identity: Identity, row: StatusRow) -> Saying | None:
    """Return what the entry behind a row says; None where there is no such entry."""
    entry = repositories.entries.by_arrival(row.arrival)
    said = None if entry is None else parse_statement(parse_envelope(entry.envelope).payload)
    if entry is None or not isinstance(said, StatusStatement):
        return None
    participant = _participant(repositories, identity, said.header.key)
    who = None if participant is None else repositories.participants.get(participant)
    replaced, erasure = said.replacement, said.erasure
    return Saying(
        kind=said.kind,
        reason=said.reason,
        since=from_milliseconds(entry.received),
        participant=participant,
        name=None if who is None else who.name,
        is_whole_batch=row.record_index < 0,
        replacement=None if replaced is None else record_urn(replaced.entry, replaced.record),
        basis=None if erasure is None else erasure.basis,
        is_partial=erasure is not None and erasure.fields is not None,
        entry_hash=entry.leaf_hash,
        leaf_index=entry.leaf_index,
    )


def _participant(repositories: Repositories, identity: Identity, signer: bytes) -> bytes | None:
    registrar = identity.genesis.registrar_key
    if key_id(registrar.alg, registrar.public_key) == signer:
        return None
    key = repositories.keys.get(signer)
    return None if key is None else key.participant
