"""Entries: bytes, hashes, order, chains of keys, signatures; and the keys and statuses they set.

The log is replayed from entry 0, with nothing taken from any table but `entries`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import key_id
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.envelope import parse_envelope, verify_envelope
from traceability.hashing.statement import (
    ALL_RECORDS,
    ERASED,
    BatchStatement,
    Genesis,
    KeyRegister,
    KeyRevoke,
    Statement,
    StateStatement,
    StatusStatement,
    log_id,
    parse_statement,
)
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.merkle.state_trees import KeyLeaf, SortedTree, StatusLeaf
from traceability.merkle.tree import leaf_hash
from traceability.store.repositories.entries import EntryRow


@dataclass(slots=True)
class Replay:
    """What the entries seen so far say; the only mutable state of an audit."""

    genesis: Genesis | None = None
    registrations: dict[bytes, KeyRegister] = field(default_factory=dict)
    key_leaves: dict[bytes, KeyLeaf] = field(default_factory=dict)
    statuses: dict[tuple[bytes, int, str, int], StatusLeaf] = field(default_factory=dict)
    chains: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    batches: dict[bytes, tuple[int, BatchStatement]] = field(default_factory=dict)
    # Whose card a registration names, by the leaf hash of its entry.
    card_owners: dict[bytes, bytes] = field(default_factory=dict)
    leaf_hashes: list[bytes] = field(default_factory=list)
    last_state: bytes = ZERO_HASH
    ends_with_state: set[int] = field(default_factory=set)

    def log_id(self) -> bytes:
        """Return the log id that the genesis entry yields."""
        if self.genesis is None:
            return ZERO_HASH
        return log_id(
            chain_id=self.genesis.chain_id,
            contract=self.genesis.contract,
            opener=self.genesis.opener,
            genesis_leaf_hash=self.leaf_hashes[0],
        )

    def follow(self, row: EntryRow) -> Iterator[Difference]:
        """Check the next entry of the log and take over what it says."""
        key = str(row.arrival)
        index = len(self.leaf_hashes)
        computed = leaf_hash(row.envelope)
        yield from compare(
            "entries", key, column="leaf_index", expected=index, found=row.leaf_index
        )
        yield from compare(
            "entries", key, column="envelope", expected=row.leaf_hash, found=computed
        )
        self.leaf_hashes.append(row.leaf_hash)
        try:
            envelope = parse_envelope(row.envelope)
            statement = parse_statement(envelope.payload)
            verify_envelope(envelope, self._signers(statement))
        except ItemProofError as error:
            yield Difference("entries", key, "envelope", "a signed statement", str(error)[:64])
            return
        yield from compare("entries", key, column="type", expected=statement.type, found=row.type)
        yield from self._chain(row, statement)
        yield from self._apply(row, statement, index)

    def _signers(self, statement: Statement) -> list[tuple[str, bytes]]:
        if isinstance(statement, Genesis):
            keys = (statement.log_key, statement.registrar_key)
            return [(key.alg, key.public_key) for key in keys]
        author = self._public_key(statement.header.key)
        if isinstance(statement, KeyRegister):
            return [author, (statement.alg, statement.public_key)]
        return [author]

    def _public_key(self, wanted: bytes) -> tuple[str, bytes]:
        if wanted in self.registrations:
            registered = self.registrations[wanted]
            return registered.alg, registered.public_key
        if self.genesis is not None:
            for key in (self.genesis.log_key, self.genesis.registrar_key):
                if key_id(key.alg, key.public_key) == wanted:
                    return key.alg, key.public_key
        raise ItemProofError(f"key {wanted.hex()[:16]} is not registered")

    def _chain(self, row: EntryRow, statement: Statement) -> Iterator[Difference]:
        if isinstance(statement, Genesis):
            return
        header = statement.header
        key = str(row.arrival)
        sequence, previous = self.chains.get(header.key, (0, ZERO_HASH))
        yield from compare("entries", key, column="key_id", expected=header.key, found=row.key_id)
        yield from compare("entries", key, column="sequence", expected=sequence, found=row.sequence)
        yield from compare(
            "entries",
            key,
            column="envelope",
            expected=(sequence, shown(previous)),
            found=(header.sequence, shown(header.previous)),
        )
        self.chains[header.key] = (header.sequence + 1, row.leaf_hash)

    def _apply(self, row: EntryRow, statement: Statement, index: int) -> Iterator[Difference]:
        key = str(row.arrival)
        if isinstance(statement, Genesis):
            self.genesis = statement
        elif isinstance(statement, KeyRegister):
            self._register(statement, index)
            self.card_owners[row.leaf_hash] = statement.participant
        elif isinstance(statement, KeyRevoke):
            yield from self._revoke(key, statement, index)
        elif isinstance(statement, BatchStatement):
            yield from self._check_author(key, statement, index)
            self.batches[row.leaf_hash] = (row.arrival, statement)
        elif isinstance(statement, StatusStatement):
            yield from self._set_status(key, statement, index)
        elif isinstance(statement, StateStatement):
            yield from self._check_state(row, statement, index)

    def _register(self, statement: KeyRegister, index: int) -> None:
        registered = key_id(statement.alg, statement.public_key)
        if registered not in self.registrations:
            self.registrations[registered] = statement
            self.key_leaves[registered] = KeyLeaf(registered, index, None, None)

    def _revoke(self, key: str, statement: KeyRevoke, index: int) -> Iterator[Difference]:
        leaf = self.key_leaves.get(statement.target)
        if leaf is None or leaf.until is not None:
            yield Difference("entries", key, "envelope", "a live key", shown(statement.target))
            return
        self.key_leaves[statement.target] = KeyLeaf(
            leaf.key_id, leaf.registered_at, index, statement.suspect_from
        )

    def _check_author(
        self, key: str, statement: BatchStatement, index: int
    ) -> Iterator[Difference]:
        author = statement.header.key
        registered = self.registrations.get(author)
        leaf = self.key_leaves.get(author)
        if registered is None or leaf is None or leaf.until is not None:
            yield Difference("entries", key, "envelope", "a live key", shown(author))
            return
        yield from compare(
            "entries",
            key,
            column="envelope",
            expected=registered.participant,
            found=statement.participant,
        )
        seen = statement.seen.tree_size
        if not leaf.registered_at < seen <= index:
            yield Difference("entries", key, "envelope", "a seen head between", str(seen))

    def _set_status(self, key: str, statement: StatusStatement, index: int) -> Iterator[Difference]:
        owner = self._owner(statement)
        if owner is None:
            yield Difference("entries", key, "envelope", "a batch entry", shown(statement.entry))
            return
        yield from self._check_authority(key, statement.header.key, owner)
        for record in status_records(statement):
            leaf = StatusLeaf(statement.entry, record, statement.kind, index)
            self.statuses[leaf.entry_hash, record, leaf.kind, index] = leaf

    def _owner(self, statement: StatusStatement) -> bytes | None:
        """Return the participant whose record, or for an erasure card, a status is about."""
        if statement.entry in self.batches:
            return self.batches[statement.entry][1].participant
        if statement.kind != ERASED or statement.records != ALL_RECORDS:
            return None
        return self.card_owners.get(statement.entry)

    def _check_authority(self, key: str, author: bytes, owner: bytes) -> Iterator[Difference]:
        """Check that a live key of the participant, or the registrar, says it."""
        registered, leaf = self.registrations.get(author), self.key_leaves.get(author)
        if registered is not None and leaf is not None:
            if leaf.until is not None:
                yield Difference("entries", key, "envelope", "a live key", shown(author))
            yield from compare(
                "entries", key, column="envelope", expected=owner, found=registered.participant
            )
            return
        genesis = self.genesis
        registrar = None if genesis is None else genesis.registrar_key
        if registrar is None or key_id(registrar.alg, registrar.public_key) != author:
            yield Difference("entries", key, "envelope", "the registrar's key", shown(author))

    def _check_state(
        self, row: EntryRow, statement: StateStatement, index: int
    ) -> Iterator[Difference]:
        key = str(row.arrival)
        keys = SortedTree(sorted(self.key_leaves.values(), key=KeyLeaf.sort_key))
        statuses = SortedTree(sorted(self.statuses.values(), key=StatusLeaf.sort_key))
        for expected, found in (
            (index, statement.index),
            (self.last_state, statement.previous_state),
            (keys.size, statement.keys_size),
            (keys.root_hash, statement.keys_root),
            (statuses.size, statement.status_size),
            (statuses.root_hash, statement.status_root),
        ):
            yield from compare("entries", key, column="envelope", expected=expected, found=found)
        self.last_state = row.leaf_hash
        self.ends_with_state.add(index + 1)


def status_records(statement: StatusStatement) -> list[int]:
    """Return the record indexes that a status names; −1 for the whole batch."""
    if isinstance(statement.records, int):
        return [ALL_RECORDS]
    return [index for first, last in statement.records for index in range(first, last + 1)]
