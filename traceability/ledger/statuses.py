"""Saying of records what became of them since: a `status` entry each time, and its rows.

Who may say it: the participant that signed the batch, with any of its live keys, or the
registrar (docs/formats.md, section 4). Entry, rows and, for an erasure, the destruction of what
was erased are one transaction: a crash before its commit leaves nothing, after it all.

The same thing said again, while it stands, is answered with the entry that said it first. So
whoever was told that a commit failed may simply say it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from traceability.errors import Unavailable
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import Envelope, parse_envelope, verify_envelope
from traceability.hashing.statement import (
    ALL_RECORDS,
    ERASED,
    Erasure,
    Header,
    KeyRegister,
    Ranges,
    Replacement,
    StatusStatement,
    parse_statement,
)
from traceability.ledger.capture import check_chain
from traceability.ledger.chains import Appended, append_envelope, append_signed, has_arrived
from traceability.ledger.checks import live_key
from traceability.ledger.clock import Clock
from traceability.ledger.erasure import check_event_id, check_sources, destroy, remaining
from traceability.ledger.faults import (
    FieldsUnknown,
    NotRecalled,
    RecordUnknown,
    SequenceConflict,
    StatusNotAllowed,
    StatusTooWide,
    WrongLog,
)
from traceability.ledger.identity import Identity
from traceability.ledger.keyring import Keyring
from traceability.ledger.participants import held_key
from traceability.merkle.state_trees import StatusLeaf
from traceability.store.repositories import Repositories
from traceability.store.repositories.entries import EntryRow
from traceability.store.repositories.statuses import StatusRow
from traceability.store.store import Store
from traceability.store.times import to_milliseconds
from traceability.verify.statuses import derive_status

# Records that one statement may name one by one; a whole batch is named by one number.
MAX_NAMED = 100_000
RECALLED, LIFTED = "recalled", "recall_lifted"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is to be said of records of one batch; `entry` is the leaf hash of its entry."""

    entry: bytes
    records: Ranges | int
    kind: str
    reason: str
    replacement: Replacement | None = None
    erasure: Erasure | None = None

    def statement(self, header: Header) -> StatusStatement:
        """Return the statement that says it."""
        return StatusStatement(
            header=header,
            entry=self.entry,
            records=self.records,
            kind=self.kind,
            reason=self.reason,
            replacement=self.replacement,
            erasure=self.erasure,
        )


@dataclass(frozen=True, slots=True)
class Declared:
    """A status entry that has arrived; `repeated` where it was there before."""

    arrival: int
    entry_hash: bytes
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a status is about: whose it is, and how many records it has; None: a card."""

    participant: bytes
    record_count: int | None
    batch: int | None = None


class Statuses:
    """Appends statuses to a ledger."""

    def __init__(self, store: Store, identity: Identity, *, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._identity = identity
        self._keyring = keyring
        self._clock = clock

    def declare(
        self, declarations: Sequence[Declaration], *, participant: bytes | None = None
    ) -> list[Declared]:
        """Say all of these in one transaction.

        Signed with the key that this node holds for `participant`; without one, by the registrar.

        Raises
        ------
        KeyUnknown, KeyRevoked, StatusNotAllowed, RecordUnknown, NotRecalled, StatusTooWide,
        FieldsUnknown
            The store is as before.
        """
        declared: list[Declared] = []
        try:
            with self._store.unit_of_work() as work:
                author = self._author(work.repositories, participant)
                for one in declarations:
                    declared.append(self.append(work.repositories, one, author))
                work.commit()
        except Unavailable:
            # Kept after all? All of it was, if the last was.
            if not declared or not has_arrived(self._store, declared[-1].entry_hash):
                raise
        return declared

    def _author(self, repositories: Repositories, participant: bytes | None) -> SigningKey:
        if participant is None:
            return self._identity.registrar_key
        return held_key(repositories, self._keyring, participant)

    def append(
        self, repositories: Repositories, declaration: Declaration, author: SigningKey
    ) -> Declared:
        """Sign and append one status, within the caller's transaction."""
        repositories.keys.lock([author.key_id])
        self._check(repositories, declaration, author.key_id)
        said = _said_before(repositories, declaration)
        if said is not None:
            return Declared(said.arrival, said.leaf_hash, repeated=True)
        _check_transition(repositories, declaration)
        appended = append_signed(
            repositories,
            declaration.statement,
            log=self._identity.log,
            author=author,
            now=self._clock(),
        )
        return keep_status(repositories, appended, declaration)

    def signed(self, envelope: Envelope, statement: StatusStatement) -> Declared:
        """Append a status that its author signed; the same one again gives the same answer.

        Raises
        ------
        WrongLog, KeyUnknown, KeyRevoked, SequenceConflict, SequenceGap, and those of `declare`
            The store is as before, but for the evidence of a conflicting statement.
        """
        if statement.header.log != self._identity.log:
            raise WrongLog("statement is for another log")
        try:
            with self._store.unit_of_work() as work:
                declared = self._append_signed(work.repositories, envelope, statement)
                work.commit()
        except SequenceConflict:
            self._keep_evidence(envelope, statement.header)
            raise
        return declared

    def _append_signed(
        self, repositories: Repositories, envelope: Envelope, statement: StatusStatement
    ) -> Declared:
        header = statement.header
        repositories.keys.lock([header.key])
        verify_envelope(envelope, [self._public_key(repositories, header.key)])
        known = _known(repositories, envelope, header)
        if known is not None:
            return known
        declaration = _declaration(statement)
        self._check(repositories, declaration, header.key)
        check_chain(repositories, header)
        _check_transition(repositories, declaration)
        if declaration.kind == ERASED:
            check_sources(repositories, declaration.entry, declaration.records, declaration.erasure)
        appended = append_envelope(repositories, envelope, statement=statement, now=self._clock())
        return keep_status(repositories, appended, declaration)

    def _public_key(self, repositories: Repositories, key_id: bytes) -> tuple[str, bytes]:
        registrar = self._identity.registrar_key
        if key_id == registrar.key_id:
            return registrar.alg, registrar.public_key
        row = live_key(repositories, key_id)
        return row.alg, row.public_key

    def _check(self, repositories: Repositories, declaration: Declaration, key_id: bytes) -> None:
        subject = _subject(repositories, declaration)
        if key_id != self._identity.registrar_key.key_id:
            key = live_key(repositories, key_id)
            if key.participant != subject.participant:
                raise StatusNotAllowed(
                    "record is another participant's: expected a key of "
                    f"{subject.participant.hex()}, got one of {key.participant.hex()}"
                )
        _check_records(declaration, subject)
        _check_replacement(repositories, declaration)
        _check_fields(repositories, declaration, subject)

    def _keep_evidence(self, envelope: Envelope, header: Header) -> None:
        with self._store.unit_of_work() as work:
            work.repositories.entries.add_conflict(
                key_id=header.key,
                sequence=header.sequence,
                envelope=envelope.to_bytes(),
                received=to_milliseconds(self._clock()),
            )
            work.commit()


def keep_status(
    repositories: Repositories, appended: Appended, declaration: Declaration
) -> Declared:
    """Write the rows of a status whose entry was just appended."""
    repositories.statuses.add(
        declaration.entry,
        record_indexes=named_records(declaration.records),
        kind=declaration.kind,
        arrival=appended.arrival,
    )
    if declaration.kind == ERASED:
        destroy(repositories, declaration.entry, declaration.records, declaration.erasure)
    return Declared(appended.arrival, appended.leaf_hash)


def named_records(records: Ranges | int) -> Iterable[int]:
    """Yield the record indexes that a status names; −1 for the whole batch."""
    if isinstance(records, int):
        return [ALL_RECORDS]
    return (index for first, last in records for index in range(first, last + 1))


def status_of(rows: Iterable[StatusRow]) -> str:
    """Return current, corrected, recalled or erased, by all that was said of a record so far.

    By arrival, which is the order of the log; so what has no place in it yet counts already.
    """
    return derive_status(
        [StatusLeaf(row.entry_hash, row.record_index, row.kind, row.arrival) for row in rows]
    )


def _declaration(statement: StatusStatement) -> Declaration:
    return Declaration(
        statement.entry,
        statement.records,
        statement.kind,
        statement.reason,
        statement.replacement,
        statement.erasure,
    )


def _known(repositories: Repositories, envelope: Envelope, header: Header) -> Declared | None:
    """Return the entry of the same key and number, if it is this statement."""
    entry = repositories.entries.by_sequence(header.key, header.sequence)
    if entry is None:
        return None
    if parse_envelope(entry.envelope).payload != envelope.payload:
        raise SequenceConflict(
            f"key has already signed another statement with sequence {header.sequence}",
            expected=entry.leaf_hash.hex()[:16],
            got="another statement",
        )
    return Declared(entry.arrival, entry.leaf_hash, repeated=True)


def _subject(repositories: Repositories, declaration: Declaration) -> _Subject:
    batch = repositories.batches.by_entry_hash(declaration.entry)
    if batch is not None:
        return _Subject(batch.participant, batch.record_count, batch.batch)
    entry = repositories.entries.by_leaf_hash(declaration.entry)
    found = None if entry is None else parse_statement(parse_envelope(entry.envelope).payload)
    if isinstance(found, KeyRegister) and declaration.kind == ERASED:
        return _Subject(found.participant, None)
    raise RecordUnknown(f"entry {declaration.entry.hex()[:16]} is no batch of this log")


def _check_records(declaration: Declaration, subject: _Subject) -> None:
    records = declaration.records
    if isinstance(records, int):
        return
    count = subject.record_count
    if count is None:
        raise RecordUnknown("a card is erased whole: expected records -1")
    if records[-1][1] >= count:
        raise RecordUnknown(
            f"record {records[-1][1]} is unknown: the batch has {count}",
            expected=f"at most {count - 1}",
            got=str(records[-1][1]),
        )
    named = sum(last - first + 1 for first, last in records)
    if named > MAX_NAMED:
        raise StatusTooWide(
            f"status names too many records one by one: expected at most {MAX_NAMED}, got {named}"
        )


def _check_replacement(repositories: Repositories, declaration: Declaration) -> None:
    replacement = declaration.replacement
    if replacement is None:
        return
    batch = repositories.batches.by_entry_hash(replacement.entry)
    if batch is None or replacement.record >= batch.record_count:
        raise RecordUnknown("replacement is no record of this log", pointer="/replacement")


def _check_fields(repositories: Repositories, declaration: Declaration, subject: _Subject) -> None:
    """Refuse to erase fields that a record does not have; an item has none but its code."""
    fields = None if declaration.erasure is None else declaration.erasure.fields
    if fields is None or isinstance(declaration.records, int) or subject.batch is None:
        return
    row = repositories.batches.record(subject.batch, declaration.records[0][0])
    if row is None:
        raise FieldsUnknown("record is an item: it is erased whole")
    if fields[-1][1] >= row.field_count:
        raise FieldsUnknown(
            f"field {fields[-1][1]} is unknown: the record has {row.field_count} leaves",
            expected=f"at most {row.field_count - 1}",
            got=str(fields[-1][1]),
        )
    present = remaining(repositories, row)
    if present is not None:
        check_event_id(present, fields)


def _check_transition(repositories: Repositories, declaration: Declaration) -> None:
    """Refuse to lift what is not recalled; the rest can be said at any time."""
    if declaration.kind != LIFTED:
        return
    if isinstance(declaration.records, int):
        rows = repositories.statuses.of_batch(declaration.entry)
        wholes = [row for row in rows if row.record_index == ALL_RECORDS]
        standing = any(
            status_of([*wholes, *(row for row in rows if row.record_index == index)]) == RECALLED
            for index in {row.record_index for row in rows}
        )
        if not standing:
            raise NotRecalled("no record of the batch is recalled")
        return
    for index in named_records(declaration.records):
        if status_of(repositories.statuses.of_record(declaration.entry, index)) != RECALLED:
            raise NotRecalled(f"record {index} is not recalled")


def _said_before(repositories: Repositories, declaration: Declaration) -> EntryRow | None:
    """Return the entry that says the same and still stands, if there is one."""
    first = next(iter(named_records(declaration.records)))
    rows = repositories.statuses.of_record(declaration.entry, first)
    recalls = [row.arrival for row in rows if row.kind in (RECALLED, LIFTED)]
    for row in rows:
        if row.kind != declaration.kind or row.record_index != first:
            continue
        if row.kind in (RECALLED, LIFTED) and row.arrival != max(recalls):
            continue
        entry = repositories.entries.by_arrival(row.arrival)
        if entry is not None and _says(entry, declaration):
            return entry
    return None


def _says(entry: EntryRow, declaration: Declaration) -> bool:
    statement = parse_statement(parse_envelope(entry.envelope).payload)
    if not isinstance(statement, StatusStatement):
        return False
    said = _declaration(statement)
    if said.kind == ERASED and said.erasure is not None and declaration.erasure is not None:
        # Nothing is erased twice, whoever asks for it the second time, and why.
        same = (said.entry, said.records, said.erasure.fields)
        return same == (declaration.entry, declaration.records, declaration.erasure.fields)
    return said == declaration
