"""The node's own batches, signed before the store is locked.

What a group has just kept says where the chain of each of its keys stands, unless another process
signs with the same keys. A statement that was signed so is used only if it proves to be its key's
next one once the chain is locked; otherwise nobody ever sees it, and another is signed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from traceability.errors import ItemProofError
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, sign_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import BatchStatement, Header, Seen, sound_payload
from traceability.hashing.tree_hash import leaf_hash
from traceability.ledger.checks import Heads, newest_seen
from traceability.ledger.clock import Clock
from traceability.ledger.prepared import PreparedBatch
from traceability.store.repositories.keys import KeyChain, KeyRow

# What was learnt longer ago is no longer worth trying, since others may have signed meanwhile;
# and of so many keys nothing is remembered at all.
FRESH_SECONDS = 1.0
MAX_KEYS = 10_000


class SignedJob(NamedTuple):
    """A signed batch, its entry's bytes and their leaf hash.

    Of one that its participant signed, the signature is checked before a group takes it.
    """

    envelope: Envelope
    statement: BatchStatement
    batch: PreparedBatch
    data: bytes
    leaf_hash: bytes

    @classmethod
    def of(cls, envelope: Envelope, statement: BatchStatement, batch: PreparedBatch) -> SignedJob:
        """Return a job, its entry written out."""
        data = envelope.to_bytes()
        return cls(envelope, statement, batch, data, leaf_hash(data))


class OwnJob(NamedTuple):
    """A batch to sign with a key that this node holds; `key` None: the participant's newest."""

    participant: bytes
    batch: PreparedBatch
    key: SecretKey | None = None


Job = SignedJob | OwnJob


class Signer(NamedTuple):
    """A key that this node holds, as it is registered."""

    key: SecretKey
    row: KeyRow


def sign_batch(
    job: OwnJob, signer: Signer, *, log: bytes, chain: KeyChain, seen: Seen, now: datetime
) -> SignedJob:
    """Sign a batch as the next statement of a key.

    Raises
    ------
    StatementInvalid
        The statement is not one that anybody could read back: nothing is signed.
    """
    statement = BatchStatement(
        header=Header(log, signer.key.key_id, chain.next_sequence, chain.previous, now),
        participant=job.participant,
        seen=seen,
        record_count=job.batch.record_count,
        batch_root=job.batch.batch_root,
    )
    payload = sound_payload(statement)
    return SignedJob.of(sign_envelope(STATEMENT_TYPE, payload, [signer.key]), statement, job.batch)


class Presigner:
    """Signs the node's own batches by what it learnt from the groups before."""

    def __init__(self, log: bytes, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._signers: dict[bytes, Signer] = {}
        self._newest: dict[bytes, bytes] = {}
        self._chains: dict[bytes, KeyChain] = {}
        self._heads = Heads(None, None)
        self._learnt = -FRESH_SECONDS

    def learn(
        self,
        signers: Mapping[bytes, Signer],
        newest: Mapping[bytes, bytes],
        *,
        chains: Mapping[bytes, KeyChain],
        heads: Heads,
    ) -> None:
        """Remember how a group left things, once it is durable.

        Parameters
        ----------
        signers, chains
            By key id.
        newest
            Of participants, the id of the key that signs for them.
        """
        if len(self._chains) > MAX_KEYS:
            self._signers, self._newest, self._chains = {}, {}, {}
        self._signers |= signers
        self._newest |= newest
        self._chains |= chains
        self._heads = heads
        self._learnt = time.monotonic()

    def sign(self, jobs: Sequence[Job]) -> dict[int, SignedJob]:
        """Return the own ones of these, signed as far as is known how, by their numbers."""
        if time.monotonic() - self._learnt >= FRESH_SECONDS:
            return {}
        found: dict[int, SignedJob] = {}
        chains = dict[bytes, KeyChain]()
        now = self._clock()
        for number, job in enumerate(jobs):
            key_id = self._key_id(job)
            chain = chains.get(key_id) or self._chains.get(key_id)
            if isinstance(job, SignedJob) or chain is None or key_id not in self._signers:
                continue
            signed = self._signed(job, self._signers[key_id], chain, now)
            if signed is not None:
                found[number] = signed
                chains[key_id] = KeyChain(chain.next_sequence + 1, signed.leaf_hash)
        return found

    def _key_id(self, job: Job) -> bytes:
        if isinstance(job, SignedJob):
            return job.statement.header.key
        return self._newest.get(job.participant, b"") if job.key is None else job.key.key_id

    def _signed(
        self, job: OwnJob, signer: Signer, chain: KeyChain, now: datetime
    ) -> SignedJob | None:
        try:
            seen = newest_seen(self._heads, signer.row)
            return sign_batch(job, signer, log=self._log, chain=chain, seen=seen, now=now)
        except ItemProofError:
            return None
