"""The rows of one group of entries that come back from a mirror."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from traceability.errors import Refused
from traceability.hashing.ed25519 import key_id
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.statement import ERASED, KeyRegister, KeyRevoke, StatusStatement
from traceability.ledger.audit.entries import status_records
from traceability.ledger.erasure import destroy
from traceability.ledger.mirror.reading import Told
from traceability.ledger.sequencer import PROMISE
from traceability.store.repositories import Repositories
from traceability.store.repositories.participants import ParticipantRow
from traceability.store.repositories.rebuilding import EntryValues

PROMISE_MILLISECONDS = int(PROMISE.total_seconds() * 1000)


class RebuildConflict(Refused):
    """The store holds a statement that contradicts one of the mirror."""

    code = "REBUILD_CONFLICT"


@dataclass(slots=True)
class Waiting:
    """Entries that the store has and has not placed: by hash, and by key and number."""

    arrivals: dict[bytes, int] = field(default_factory=dict)
    sequences: dict[tuple[bytes, int], int] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """Writes a group, within one transaction.

    A receipt is not in a mirror. Whoever asks for one again gets a promise that counts from
    now; the one in the submitter's hands stands.
    """

    repositories: Repositories
    told: Sequence[Told]
    first: int
    now: int
    _placed: set[int] = field(default_factory=set)

    def write(self, waiting: Waiting) -> None:
        """Write entries, batches, keys and statuses; place those that were waiting.

        Raises
        ------
        RebuildConflict
        """
        arrivals = self._arrivals(waiting)
        promised = self.now + PROMISE_MILLISECONDS
        self.repositories.rebuilding.add_entries(self._entries(arrivals, promised))
        places = [
            (arrival, self.first + at)
            for at, arrival in enumerate(arrivals)
            if arrival in self._placed
        ]
        if places:
            self.repositories.entries.assign(places, anchored_by=promised)
        self._write_batches(arrivals)
        for at, (arrival, told) in enumerate(zip(arrivals, self.told, strict=True)):
            if told.statement is not None:
                self._apply(told, arrival, self.first + at)
        self._move_chains()

    def _entries(self, arrivals: Sequence[int], promised: int) -> Iterator[EntryValues]:
        # A plain tuple of a row is made in a fifth of the time, and there are millions.
        now, placed = self.now, self._placed
        for leaf_index, (arrival, told) in enumerate(
            zip(arrivals, self.told, strict=True), self.first
        ):
            if arrival not in placed:
                digest, envelope, kind, signer, sequence = told[:5]
                yield (
                    *(arrival, leaf_index, digest, kind, signer, sequence),
                    *(envelope, now, promised),
                )

    def _arrivals(self, waiting: Waiting) -> list[int]:
        """Return the arrival number of each entry, new ones for those that are new."""
        known = [waiting.arrivals.get(told.leaf_hash) for told in self.told]
        for told, arrival in zip(self.told, known, strict=True):
            if told.key_id is None or told.sequence is None or arrival is not None:
                continue
            other = waiting.sequences.get((told.key_id, told.sequence))
            if other is not None:
                raise RebuildConflict(
                    f"store holds another statement {told.sequence} of key "
                    f"{told.key_id.hex()[:16]}, as arrival {other}: it was made after the copy"
                )
        self._placed = {arrival for arrival in known if arrival is not None}
        new = iter(self.repositories.rebuilding.arrivals(known.count(None)))
        return [next(new) if arrival is None else arrival for arrival in known]

    def _write_batches(self, arrivals: Sequence[int]) -> None:
        self.repositories.rebuilding.add_batches(
            (arrival, *told.batch, told.claimed or self.now)
            for arrival, told in zip(arrivals, self.told, strict=True)
            if told.batch is not None and arrival not in self._placed
        )

    def _apply(self, told: Told, arrival: int, leaf_index: int) -> None:
        statement = told.statement
        is_new = arrival not in self._placed
        keys = self.repositories.keys
        if isinstance(statement, StatusStatement):
            self._set_status(statement, arrival, leaf_index, is_new=is_new)
            return
        if isinstance(statement, KeyRegister) and is_new:
            self._register(statement, arrival)
        if isinstance(statement, KeyRevoke) and is_new:
            keys.revoke(statement.target, arrival=arrival, suspect_from=statement.suspect_from)
        keys.place(arrival, leaf_index)

    def _register(self, statement: KeyRegister, arrival: int) -> None:
        registered = key_id(statement.alg, statement.public_key)
        keys = self.repositories.keys
        keys.start_chain(registered, ZERO_HASH)
        keys.register(
            key_id=registered,
            alg=statement.alg,
            public_key=statement.public_key,
            participant=statement.participant,
            custody=statement.custody,
            roles=statement.roles,
            prefixes=statement.prefixes,
            card=statement.card,
            arrival=arrival,
        )
        participants = self.repositories.participants
        if participants.get(statement.participant) is None:
            # Name and GLN are on the card, which is a record: no mirror has it.
            name = statement.participant.hex()
            participants.put(ParticipantRow(statement.participant, None, name))

    def _set_status(
        self, statement: StatusStatement, arrival: int, leaf_index: int, *, is_new: bool
    ) -> None:
        statuses = self.repositories.statuses
        if is_new:
            indexes = status_records(statement)
            statuses.add(
                statement.entry, record_indexes=indexes, kind=statement.kind, arrival=arrival
            )
        statuses.place(arrival, leaf_index)
        if statement.kind == ERASED:
            # What a backup brought back and the log says is erased is erased again.
            destroy(self.repositories, statement.entry, statement.records, statement.erasure)

    def _move_chains(self) -> None:
        """Bring each key's chain past its newest statement."""
        newest: dict[bytes, tuple[int, bytes]] = {}
        for told in self.told:
            if told.key_id is not None and told.sequence is not None:
                newest[told.key_id] = (told.sequence + 1, told.leaf_hash)
        for signer, (following, leaf) in newest.items():
            chain = self.repositories.keys.chain(signer)
            if chain is not None and chain.next_sequence < following:
                self.repositories.rebuilding.set_chain(
                    signer, next_sequence=following, previous=leaf
                )
