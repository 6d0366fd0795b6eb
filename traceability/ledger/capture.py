"""Taking a signed batch in: check, lock, append; nothing is half-stored.

Everything that costs time (parsing, hashing) is done before the transaction. Inside it the
keys that the statement names are locked, in key-id order, and only then is the arrival number
taken: so two statements of one key cannot overtake each other.

A crash before the commit leaves nothing. After it, the batch has arrived and the sequencer
finds it, whether this process lives or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from traceability.errors import ItemProofError
from traceability.hashing.envelope import Envelope, parse_envelope, verify_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import BatchStatement, Header
from traceability.ledger.chains import append_envelope, append_signed, chain_of
from traceability.ledger.checks import (
    KnownHeads,
    check_events,
    check_key,
    check_one_code,
    check_seen,
    check_statement,
    live_key,
    newest_seen,
)
from traceability.ledger.clock import Clock
from traceability.ledger.faults import SequenceConflict, SequenceGap
from traceability.ledger.gathering import Gatherer
from traceability.ledger.group import Group
from traceability.ledger.identity import Identity
from traceability.ledger.keeping import CapturedBatch, captured_before, keep_batch
from traceability.ledger.keyring import Keyring
from traceability.ledger.prepared import PreparedBatch
from traceability.ledger.presigning import Job, OwnJob, Presigner, SignedJob
from traceability.store.faults import StoreUnavailable
from traceability.store.repositories import Repositories
from traceability.store.store import Store
from traceability.store.times import to_milliseconds

# Batches kept in one transaction, and records of a batch that shares one with others: what waits
# behind them waits some ten milliseconds.
GROUP_LIMIT = 256
GROUP_RECORDS = 100


class Capture:
    """Appends batches to a ledger."""

    def __init__(
        self, store: Store, identity: Identity, *, clock: Clock, keyring: Keyring | None = None
    ) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock
        self._keyring = keyring
        self._public_keys: dict[bytes, tuple[str, bytes]] = {}
        self._presigner = Presigner(identity.log, clock)
        self._gatherer = Gatherer[Job, CapturedBatch](self._keep_group, limit=GROUP_LIMIT)

    def signed(
        self, envelope: Envelope, statement: BatchStatement, *, batch: PreparedBatch
    ) -> CapturedBatch:
        """Append a batch that its participant signed; the same one again gives the same answer.

        Raises
        ------
        WrongLog, KeyUnknown, KeyRevoked, WrongParticipant, RoleNotAllowed, PrefixNotAllowed,
        BatchMismatch, SeenRefused, SequenceConflict, SequenceGap, SerialDuplicate,
        EventDuplicate, EventIdConflict, OneCodeBreach
            The store is as before, but for the evidence of a conflicting statement.
        """
        check_statement(statement, self._identity.log, batch)
        captured = self._with_others(SignedJob.of(envelope, statement, batch))
        return captured or self._alone(envelope, statement, batch)

    @property
    def waiting(self) -> int:
        """How many submissions wait for the group that is being kept."""
        return self._gatherer.waiting

    def own(
        self, batch: PreparedBatch, *, participant: bytes, key: SecretKey | None = None
    ) -> CapturedBatch | None:
        """Sign a batch with a key that this node holds and keep it, together with others.

        None: nothing was kept. It is for the caller to judge it alone (`held`), since it cannot
        plainly be kept.
        """
        return self._with_others(OwnJob(participant, batch, key))

    def _with_others(self, job: Job) -> CapturedBatch | None:
        """Keep a small batch together with others that come now; None: not kept."""
        if job.batch.items is not None or job.batch.record_count > GROUP_RECORDS:
            return None
        return self._gatherer.submit(job)

    def _keep_group(self, jobs: Sequence[Job]) -> Sequence[CapturedBatch | None]:
        """Keep what can plainly be kept of a group, in one transaction.

        Signatures are checked and made before it, by the one thread that works: threads that
        compute would hold up the one that writes. A crash before the commit leaves nothing of
        any; after it, all are kept. Nobody was told anything before.
        """
        self._learn_keys(jobs)
        sound = [number for number, job in enumerate(jobs) if self._is_signed_well(job)]
        outcomes: list[CapturedBatch | None] = [None] * len(jobs)
        kept = self._keep_sound([jobs[number] for number in sound])
        for number, captured in zip(sound, kept, strict=True):
            outcomes[number] = captured
        return outcomes

    def _learn_keys(self, jobs: Sequence[Job]) -> None:
        """Read public keys that are not known; an id is the hash of its key: it has no other."""
        signed = {job.statement.header.key for job in jobs if isinstance(job, SignedJob)}
        unknown = signed - self._public_keys.keys()
        if unknown:
            with self._store.reading() as repositories:
                found = repositories.keys.several(unknown)
            self._public_keys |= {row.key_id: (row.alg, row.public_key) for row in found.values()}

    def _is_signed_well(self, job: Job) -> bool:
        if isinstance(job, OwnJob):
            return True
        public = self._public_keys.get(job.statement.header.key)
        try:
            verify_envelope(job.envelope, [] if public is None else [public])
        except ItemProofError:
            return False
        return public is not None

    def _keep_sound(self, jobs: Sequence[Job]) -> Sequence[CapturedBatch | None]:
        """Keep a group in one transaction; where the store refuses it, nothing of it is kept."""
        is_committing = False
        try:
            presigned = self._presigner.sign(jobs)
            with self._store.unit_of_work() as work:
                group = self._group(work.repositories, jobs, presigned)
                outcomes = group.take()
                heads = group.heads
                is_committing = True
                work.commit()
        except Exception as error:
            # Of a commit that failed nobody knows whether it was made: nothing is done again.
            if is_committing or isinstance(error, StoreUnavailable):
                raise
            return [None] * len(jobs)
        self._presigner.learn(group.signers, group.newest, chains=group.chains, heads=heads)
        return outcomes

    def _group(
        self, repositories: Repositories, jobs: Sequence[Job], presigned: Mapping[int, SignedJob]
    ) -> Group:
        return Group(
            repositories,
            jobs,
            presigned=presigned,
            log=self._identity.log,
            keyring=self._keyring,
            now=self._clock(),
        )

    def _alone(
        self, envelope: Envelope, statement: BatchStatement, batch: PreparedBatch
    ) -> CapturedBatch:
        try:
            with self._store.unit_of_work() as work:
                captured = self._append(work.repositories, envelope, statement, batch)
                work.commit()
        except SequenceConflict:
            self._keep_evidence(envelope, statement)
            raise
        return captured

    def _append(
        self,
        repositories: Repositories,
        envelope: Envelope,
        statement: BatchStatement,
        batch: PreparedBatch,
    ) -> CapturedBatch:
        header = statement.header
        repositories.keys.lock([header.key])
        key = live_key(repositories, header.key)
        verify_envelope(envelope, [(key.alg, key.public_key)])
        if self._is_repeated(repositories, envelope, header):
            return captured_before(repositories, header)
        check_key(key, statement.participant, batch)
        check_chain(repositories, header)
        check_seen(KnownHeads(repositories), key, statement.seen)
        check_events(repositories, batch.records, participant=statement.participant)
        check_one_code(repositories, batch.records, participant=statement.participant)
        appended = append_envelope(repositories, envelope, statement=statement, now=self._clock())
        return keep_batch(repositories, appended, statement, batch=batch, now=self._clock())

    def _is_repeated(self, repositories: Repositories, envelope: Envelope, header: Header) -> bool:
        known = repositories.entries.by_sequence(header.key, header.sequence)
        if known is None:
            return False
        if parse_envelope(known.envelope).payload != envelope.payload:
            raise SequenceConflict(
                f"key has already signed another statement with sequence {header.sequence}",
                expected=known.leaf_hash.hex()[:16],
                got="another statement",
            )
        return True

    def _keep_evidence(self, envelope: Envelope, statement: BatchStatement) -> None:
        with self._store.unit_of_work() as work:
            work.repositories.entries.add_conflict(
                key_id=statement.header.key,
                sequence=statement.header.sequence,
                envelope=envelope.to_bytes(),
                received=to_milliseconds(self._clock()),
            )
            work.commit()

    def held(
        self,
        repositories: Repositories,
        key: SecretKey,
        *,
        participant: bytes,
        batch: PreparedBatch,
    ) -> CapturedBatch:
        """Sign a batch with a key that this node holds, within the caller's transaction."""
        repositories.keys.lock([key.key_id])
        row = live_key(repositories, key.key_id)
        check_key(row, participant, batch)
        seen = newest_seen(KnownHeads(repositories).newest, row)
        made: list[BatchStatement] = []

        def build(header: Header) -> BatchStatement:
            made.append(
                BatchStatement(
                    header=header,
                    participant=participant,
                    seen=seen,
                    record_count=batch.record_count,
                    batch_root=batch.batch_root,
                )
            )
            return made[0]

        now = self._clock()
        appended = append_signed(repositories, build, log=self._identity.log, author=key, now=now)
        return keep_batch(repositories, appended, made[0], batch=batch, now=now)


def check_chain(repositories: Repositories, header: Header) -> None:
    """Demand that a statement is its key's next one.

    Raises
    ------
    SequenceGap
        The sequence number or the previous hash does not continue the key's chain.
    """
    chain = chain_of(repositories, header.key)
    if header.sequence != chain.next_sequence:
        raise SequenceGap(
            f"statement does not continue its key's chain: expected sequence "
            f"{chain.next_sequence}, got {header.sequence}",
            expected=str(chain.next_sequence),
            got=str(header.sequence),
        )
    if header.previous != chain.previous:
        raise SequenceGap(
            "statement names another previous entry of its key: expected "
            f"{chain.previous.hex()[:16]}, got {header.previous.hex()[:16]}",
            expected=chain.previous.hex()[:16],
            got=header.previous.hex()[:16],
        )
