"""Many small batches in one transaction, each as if it came alone.

A group takes what can plainly be kept: everything of it is asked for at once and written at once.
Whatever would be refused, repeats something, or needs more than that is left out, untouched, and
is judged alone afterwards (`capture.py`), which also finds the words for a refusal. So nothing
that is wrong with one submission can touch another of its group.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, sign_envelope
from traceability.hashing.statement import BatchStatement, Header, parse_statement
from traceability.hashing.tree_hash import leaf_hash
from traceability.ledger.checks import KnownHeads, check_key, check_seen, newest_seen
from traceability.ledger.keeping import CapturedBatch, Kept, keep_batches
from traceability.ledger.keyring import Keyring
from traceability.ledger.known_events import is_reserved
from traceability.ledger.prepared import PreparedBatch
from traceability.store.repositories import Repositories
from traceability.store.repositories.entries import NewEntry
from traceability.store.repositories.events import EventFacts
from traceability.store.repositories.keys import KeyChain, KeyRow
from traceability.store.times import to_milliseconds


class SignedJob(NamedTuple):
    """A batch that its participant signed; its signature is checked before a group takes it."""

    envelope: Envelope
    statement: BatchStatement
    batch: PreparedBatch


class OwnJob(NamedTuple):
    """A batch to sign with a key that this node holds; `key` None: the participant's newest."""

    participant: bytes
    batch: PreparedBatch
    key: SigningKey | None = None


Job = SignedJob | OwnJob


class _Admitted(NamedTuple):
    """A job whose statement continues its key's chain."""

    number: int
    entry: NewEntry
    statement: BatchStatement
    batch: PreparedBatch


class Group:
    """Takes jobs within one transaction, with the chains of all their keys locked."""

    def __init__(
        self,
        repositories: Repositories,
        jobs: Sequence[Job],
        *,
        log: bytes,
        keyring: Keyring | None,
        now: datetime,
    ) -> None:
        self._repositories = repositories
        self._jobs = jobs
        self._log = log
        self._now = now
        self._signers = _signers(repositories, jobs, keyring)
        key_ids = {key_id for key_id in map(self._key_id, range(len(jobs))) if key_id is not None}
        repositories.keys.lock(key_ids)
        self._keys = repositories.keys.several(key_ids)
        self._chains = repositories.keys.chains(key_ids)
        self._moved: dict[bytes, KeyChain] = {}
        self._heads = KnownHeads(repositories)
        self._judged = repositories.one_code.held({_participant(job) for job in jobs})
        events = [event for job in jobs for event in _events(job.batch)]
        ids = {event.event_id for event in events if event.event_id is not None}
        self._ids = repositories.events.ids_known(ids)
        self._contents = repositories.events.contents_known({one.content_mac for one in events})

    def take(self) -> list[CapturedBatch | None]:
        """Keep what can plainly be kept; None stands for what is left out."""
        admitted = [one for one in map(self._admitted, range(len(self._jobs))) if one is not None]
        outcomes: list[CapturedBatch | None] = [None] * len(self._jobs)
        if not admitted:
            return outcomes
        arrivals = self._repositories.entries.add_many([one.entry for one in admitted])
        self._repositories.keys.set_chains(self._moved)
        kept = [
            Kept(arrival, one.entry.leaf_hash, one.statement, one.batch)
            for arrival, one in zip(arrivals, admitted, strict=True)
        ]
        captured = keep_batches(self._repositories, kept, now=self._now)
        for one, found in zip(admitted, captured, strict=True):
            outcomes[one.number] = found
        return outcomes

    def _key_id(self, number: int) -> bytes | None:
        job = self._jobs[number]
        if isinstance(job, SignedJob):
            return job.statement.header.key
        signer = self._signers.get(number)
        return None if signer is None else signer.key_id

    def _admitted(self, number: int) -> _Admitted | None:
        """Return a job with its entry, its key's chain moved past it; None to leave it out."""
        job = self._jobs[number]
        key_id = self._key_id(number)
        key = None if key_id is None else self._keys.get(key_id)
        if key is None or key.revoked_arrival is not None or not self._is_plain(job):
            return None
        chain = self._moved.get(key.key_id) or self._chains[key.key_id]
        try:
            check_key(key, _participant(job), job.batch)
            if isinstance(job, OwnJob):
                envelope, statement = self._signed(job, key, chain, self._signers[number])
            else:
                envelope, statement = job.envelope, job.statement
                if not self._continues(job, key, chain):
                    return None
        except ItemProofError:
            return None
        data = envelope.to_bytes()
        received = to_milliseconds(self._now)
        entry = NewEntry(
            leaf_hash(data), statement.type, key.key_id, chain.next_sequence, data, received
        )
        self._moved[key.key_id] = KeyChain(chain.next_sequence + 1, entry.leaf_hash)
        self._remember(job.batch)
        return _Admitted(number, entry, statement, job.batch)

    def _is_plain(self, job: Job) -> bool:
        """Tell whether nothing recorded, or of this group, has to be held against a batch."""
        if _participant(job) in self._judged:
            return False
        events = _events(job.batch)
        contents = {event.content_mac for event in events}
        ids = [event.event_id for event in events if event.event_id is not None]
        return (
            len(contents) == len(events)
            and len(set(ids)) == len(ids)
            and self._contents.isdisjoint(contents)
            and self._ids.isdisjoint(ids)
            and not any(is_reserved(event) for event in events)
        )

    def _remember(self, batch: PreparedBatch) -> None:
        for event in _events(batch):
            self._contents.add(event.content_mac)
            if event.event_id is not None:
                self._ids.add(event.event_id)

    def _continues(self, job: SignedJob, key: KeyRow, chain: KeyChain) -> bool:
        """Tell whether a signed statement is its key's next one."""
        header = job.statement.header
        check_seen(self._heads, key, job.statement.seen)
        return (header.sequence, header.previous) == (chain.next_sequence, chain.previous)

    def _signed(
        self, job: OwnJob, key: KeyRow, chain: KeyChain, signer: SigningKey
    ) -> tuple[Envelope, BatchStatement]:
        header = Header(self._log, key.key_id, chain.next_sequence, chain.previous, self._now)
        statement = BatchStatement(
            header=header,
            participant=job.participant,
            seen=newest_seen(self._heads, key),
            record_count=job.batch.record_count,
            batch_root=job.batch.batch_root,
        )
        payload = statement.to_payload()
        # A statement that no verifier accepts would stay in the log for ever.
        parse_statement(payload)
        return sign_envelope(STATEMENT_TYPE, payload, [signer]), statement


def _participant(job: Job) -> bytes:
    return job.participant if isinstance(job, OwnJob) else job.statement.participant


def _events(batch: PreparedBatch) -> list[EventFacts]:
    return [record.event for record in batch.records if record.event is not None]


def _signers(
    repositories: Repositories, jobs: Sequence[Job], keyring: Keyring | None
) -> dict[int, SigningKey]:
    """Return the keys that sign the node's own jobs, by the jobs' numbers; absent: none held."""
    own = [(number, job) for number, job in enumerate(jobs) if isinstance(job, OwnJob)]
    found = {number: job.key for number, job in own if job.key is not None}
    asked = {job.participant for _, job in own if job.key is None}
    if not asked or keyring is None:
        return found
    rows = repositories.keys.of_participants(asked)
    newest: dict[bytes, SigningKey] = {}
    for participant, keys in rows.items():
        live = [one for one in keys if one.revoked_arrival is None and keyring.holds(one.key_id)]
        if live:
            newest[participant] = keyring.held(live[-1].key_id)
    for number, job in own:
        if job.key is None and job.participant in newest:
            found[number] = newest[job.participant]
    return found
