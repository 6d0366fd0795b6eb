"""Many small batches in one transaction, each as if it came alone.

A group takes what can plainly be kept: everything of it is asked for at once and written at once.
Whatever would be refused, repeats something, or needs more than that is left out, untouched, and
is judged alone afterwards (`capture.py`), which also finds the words for a refusal. So nothing
that is wrong with one submission can touch another of its group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from traceability.errors import ItemProofError
from traceability.ledger.checks import Heads, KnownHeads, check_key, check_seen, newest_seen
from traceability.ledger.keeping import CapturedBatch, Kept, keep_batches
from traceability.ledger.keyring import Keyring
from traceability.ledger.known_events import is_reserved
from traceability.ledger.prepared import PreparedBatch
from traceability.ledger.presigning import Job, OwnJob, SignedJob, Signer, sign_batch
from traceability.store.repositories import Repositories
from traceability.store.repositories.entries import NewEntry
from traceability.store.repositories.events import EventFacts
from traceability.store.repositories.keys import KeyChain, KeyRow
from traceability.store.times import to_milliseconds


class _Admitted(NamedTuple):
    """A job whose statement continues its key's chain."""

    number: int
    entry: NewEntry
    signed: SignedJob


class Group:
    """Takes jobs within one transaction, with the chains of all their keys locked.

    `signers` holds the keys that sign the node's own jobs, by key id; `newest` their ids by
    participant, where the participant's newest was asked for; `chains` where the chains of the
    group's keys stand once the transaction is kept.

    Parameters
    ----------
    presigned
        The node's own jobs as they were signed in advance, by number: used where they continue
        their keys' chains.
    """

    def __init__(
        self,
        repositories: Repositories,
        jobs: Sequence[Job],
        *,
        presigned: Mapping[int, SignedJob],
        log: bytes,
        keyring: Keyring | None,
        now: datetime,
    ) -> None:
        self._repositories = repositories
        self._jobs = jobs
        self._presigned = presigned
        self._log = log
        self._now = now
        self._received = to_milliseconds(now)
        self.newest = _newest_keys(repositories, jobs, keyring)
        self._key_ids = list(map(self._key_id, jobs))
        key_ids = {key_id for key_id in self._key_ids if key_id is not None}
        repositories.keys.lock(key_ids)
        chained = repositories.keys.chained(key_ids)
        self._keys = {key_id: key for key_id, (key, _) in chained.items()}
        self.chains = {key_id: chain for key_id, (_, chain) in chained.items()}
        self._moved: set[bytes] = set()
        self.signers = self._own_signers(keyring)
        self._heads = KnownHeads(repositories)
        self._judged = repositories.one_code.held({_participant(job) for job in jobs})
        events = [event for job in jobs for event in _events(job.batch)]
        ids = {event.event_id for event in events if event.event_id is not None}
        self._ids = repositories.events.ids_known(ids)
        self._contents = repositories.events.contents_known({one.content_mac for one in events})

    @property
    def heads(self) -> Heads:
        """The newest heads as the group saw them."""
        return self._heads.newest

    def _key_id(self, job: Job) -> bytes | None:
        if isinstance(job, SignedJob):
            return job.statement.header.key
        return self.newest.get(job.participant) if job.key is None else job.key.key_id

    def _own_signers(self, keyring: Keyring | None) -> dict[bytes, Signer]:
        given = {
            job.key.key_id: job.key
            for job in self._jobs
            if isinstance(job, OwnJob) and job.key is not None
        }
        if keyring is not None:
            given |= {key_id: keyring.held(key_id) for key_id in self.newest.values()}
        return {
            key_id: Signer(key, self._keys[key_id])
            for key_id, key in given.items()
            if key_id in self._keys
        }

    def take(self) -> list[CapturedBatch | None]:
        """Keep what can plainly be kept; None stands for what is left out."""
        admitted = [one for one in map(self._admitted, range(len(self._jobs))) if one is not None]
        outcomes: list[CapturedBatch | None] = [None] * len(self._jobs)
        if not admitted:
            return outcomes
        arrivals = self._repositories.entries.add_many([one.entry for one in admitted])
        self._repositories.keys.set_chains({key: self.chains[key] for key in self._moved})
        kept = [
            Kept(arrival, one.entry.leaf_hash, one.signed.statement, one.signed.batch)
            for arrival, one in zip(arrivals, admitted, strict=True)
        ]
        captured = keep_batches(self._repositories, kept, now=self._now)
        for one, found in zip(admitted, captured, strict=True):
            outcomes[one.number] = found
        return outcomes

    def _admitted(self, number: int) -> _Admitted | None:
        """Return a job with its entry, its key's chain moved past it; None to leave it out."""
        job, key_id = self._jobs[number], self._key_ids[number]
        key = None if key_id is None else self._keys.get(key_id)
        if key is None or key.revoked_arrival is not None or not self._is_plain(job):
            return None
        try:
            check_key(key, _participant(job), job.batch)
            signed = self._signed(number, key)
        except ItemProofError:
            return None
        if signed is None:
            return None
        sequence = self.chains[key.key_id].next_sequence
        entry = NewEntry(
            signed.leaf_hash,
            signed.statement.type,
            key.key_id,
            sequence,
            signed.data,
            self._received,
        )
        self.chains[key.key_id] = KeyChain(sequence + 1, entry.leaf_hash)
        self._moved.add(key.key_id)
        self._remember(job.batch)
        return _Admitted(number, entry, signed)

    def _is_plain(self, job: Job) -> bool:
        """Tell whether nothing recorded, or of this group, has to be held against a batch."""
        if _participant(job) in self._judged:
            return False
        events = _events(job.batch)
        if not events:
            return True
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

    def _signed(self, number: int, key: KeyRow) -> SignedJob | None:
        """Return a job signed as its key's next statement; None for another one."""
        job = self._jobs[number]
        if isinstance(job, SignedJob):
            return job if self._continues(job, key) else None
        presigned = self._presigned.get(number)
        if presigned is not None and self._continues(presigned, key):
            return presigned
        return sign_batch(
            job,
            self.signers[key.key_id],
            log=self._log,
            chain=self.chains[key.key_id],
            seen=newest_seen(self.heads, key),
            now=self._now,
        )

    def _continues(self, job: SignedJob, key: KeyRow) -> bool:
        """Tell whether a signed statement is its key's next one."""
        header, chain = job.statement.header, self.chains[key.key_id]
        stands = (key.key_id, chain.next_sequence, chain.previous)
        if (header.key, header.sequence, header.previous) != stands:
            return False
        check_seen(self._heads, key, job.statement.seen)
        return True


def _participant(job: Job) -> bytes:
    return job.participant if isinstance(job, OwnJob) else job.statement.participant


def _events(batch: PreparedBatch) -> list[EventFacts]:
    return [record.event for record in batch.records if record.event is not None]


def _newest_keys(
    repositories: Repositories, jobs: Sequence[Job], keyring: Keyring | None
) -> dict[bytes, bytes]:
    """Return the newest key held here of each participant for whom one is asked, by its id."""
    asked = {job.participant for job in jobs if isinstance(job, OwnJob) and job.key is None}
    if not asked or keyring is None:
        return {}
    newest: dict[bytes, bytes] = {}
    for participant, live in repositories.keys.live_of(asked).items():
        held = next(filter(keyring.holds, live), None)
        if held is not None:
            newest[participant] = held
    return newest
