"""The log replayed from entry 0: order, chains of keys, who may sign, and the states that follow.

Nothing is taken from any table but `entries`. What is kept of them does not grow with their
number: keys, statuses, and where each key's chain stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from traceability.hashing.ed25519 import key_id
from traceability.hashing.encoding import ZERO_HASH
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
)
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.ledger.audit.signed import CheckedEntry, check_entry
from traceability.merkle.state_trees import KeyLeaf, SortedTree, StatusLeaf
from traceability.store.repositories.entries import EntryRow


class BatchFacts(NamedTuple):
    """What a batch entry says that a later entry may refer to."""

    participant: bytes
    record_count: int


# Finds a batch entry of the log by its leaf hash, if it stands before a leaf index.
FindBatch = Callable[[bytes, int], BatchFacts | None]


@dataclass(slots=True)
class Replay:
    """What the entries seen so far say; the only mutable state of an audit.

    `find_batch` looks a batch entry up in a store that is being audited too; without it, the
    batches are remembered here.
    """

    find_batch: FindBatch | None = None
    size: int = 0
    genesis: Genesis | None = None
    genesis_hash: bytes = ZERO_HASH
    registrations: dict[bytes, KeyRegister] = field(default_factory=dict)
    registered_by: dict[bytes, int] = field(default_factory=dict)
    revoked_by: dict[bytes, int] = field(default_factory=dict)
    key_leaves: dict[bytes, KeyLeaf] = field(default_factory=dict)
    chains: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    batches: dict[bytes, BatchFacts] = field(default_factory=dict)
    # Each registration by the leaf hash of its entry: an erasure may name the card of one.
    registered_in: dict[bytes, KeyRegister] = field(default_factory=dict)
    erased_cards: set[bytes] = field(default_factory=set)
    last_state: bytes = ZERO_HASH
    ends_with_state: bool = False
    # The trees as of the last state entry, and what has changed since.
    key_tree: SortedTree[KeyLeaf] = field(default_factory=lambda: SortedTree(()))
    status_tree: SortedTree[StatusLeaf] = field(default_factory=lambda: SortedTree(()))
    changed_keys: dict[bytes, KeyLeaf] = field(default_factory=dict)
    new_statuses: list[StatusLeaf] = field(default_factory=list)

    def log_id(self) -> bytes:
        """Return the log id that the genesis entry yields."""
        if self.genesis is None:
            return ZERO_HASH
        return log_id(
            chain_id=self.genesis.chain_id,
            contract=self.genesis.contract,
            opener=self.genesis.opener,
            genesis_leaf_hash=self.genesis_hash,
        )

    def follow(self, row: EntryRow) -> Iterator[Difference]:
        """Check the next entry of the log and take over what it says."""
        yield from self.take(check_entry(row, self.public_key))

    def take(self, entry: CheckedEntry) -> Iterator[Difference]:
        """Take over the next entry of the log, which was checked by itself."""
        key, index = str(entry.arrival), self.size
        yield from entry.differences
        yield from compare(
            "entries", key, column="leaf_index", expected=index, found=entry.leaf_index
        )
        self.size += 1
        self.ends_with_state = isinstance(entry.statement, StateStatement)
        if index == 0:
            self.genesis_hash = entry.leaf_hash
        if entry.statement is None:
            return
        yield from self._chain(entry, entry.statement)
        yield from self._apply(entry, entry.statement, index)

    def public_key(self, wanted: bytes) -> tuple[str, bytes] | None:
        """Return the key with an id, if it is registered or the log's own."""
        if wanted in self.registrations:
            registered = self.registrations[wanted]
            return registered.alg, registered.public_key
        if self.genesis is not None:
            for key in (self.genesis.log_key, self.genesis.registrar_key):
                if key_id(key.alg, key.public_key) == wanted:
                    return key.alg, key.public_key
        return None

    def _chain(self, entry: CheckedEntry, statement: Statement) -> Iterator[Difference]:
        """Check that a statement is of this log, by a known key, and that key's next one."""
        if isinstance(statement, Genesis):
            return
        header, key = statement.header, str(entry.arrival)
        sequence, previous = self.chains.get(header.key, (0, ZERO_HASH))
        if self.public_key(header.key) is None:
            yield Difference("entries", key, "envelope", "a registered key", shown(header.key))
        yield from compare(
            "entries",
            key,
            column="envelope",
            expected=(shown(self.log_id()), sequence, shown(previous)),
            found=(shown(header.log), header.sequence, shown(header.previous)),
        )
        self.chains[header.key] = (header.sequence + 1, entry.leaf_hash)

    def _apply(self, entry: CheckedEntry, statement: Statement, index: int) -> Iterator[Difference]:
        key = str(entry.arrival)
        if isinstance(statement, Genesis):
            yield from self._open(key, statement, index)
        elif isinstance(statement, KeyRegister):
            yield from self._by_registrar(key, statement)
            self._register(entry, statement, index)
            self.registered_in[entry.leaf_hash] = statement
        elif isinstance(statement, KeyRevoke):
            # A key may also end itself.
            if statement.target != statement.header.key:
                yield from self._by_registrar(key, statement)
            yield from self._revoke(entry, statement, index)
        elif isinstance(statement, BatchStatement):
            yield from self._check_author(key, statement, index)
            if self.find_batch is None:
                self.batches[entry.leaf_hash] = _facts(statement)
        elif isinstance(statement, StatusStatement):
            yield from self._set_status(key, statement, index)
        elif isinstance(statement, StateStatement):
            yield from self._check_state(entry, statement, index)

    def _open(self, key: str, statement: Genesis, index: int) -> Iterator[Difference]:
        if index:
            yield Difference("entries", key, "envelope", "one genesis, entry 0", "another")
            return
        self.genesis = statement

    def _by_registrar(self, key: str, statement: KeyRegister | KeyRevoke) -> Iterator[Difference]:
        if self.genesis is not None:
            registrar = self.genesis.registrar_key
            expected = key_id(registrar.alg, registrar.public_key)
            found = statement.header.key
            yield from compare("entries", key, column="envelope", expected=expected, found=found)

    def _register(self, entry: CheckedEntry, statement: KeyRegister, index: int) -> None:
        registered = key_id(statement.alg, statement.public_key)
        if registered not in self.registrations:
            self.registrations[registered] = statement
            self.registered_by[registered] = entry.arrival
            self._set_key(KeyLeaf(registered, index, None, None))

    def _set_key(self, leaf: KeyLeaf) -> None:
        self.key_leaves[leaf.key_id] = self.changed_keys[leaf.key_id] = leaf

    def _revoke(
        self, entry: CheckedEntry, statement: KeyRevoke, index: int
    ) -> Iterator[Difference]:
        leaf = self.key_leaves.get(statement.target)
        if leaf is None or leaf.until is not None:
            key = str(entry.arrival)
            yield Difference("entries", key, "envelope", "a live key", shown(statement.target))
            return
        if statement.suspect_from is not None and statement.suspect_from > index:
            found = str(statement.suspect_from)
            yield Difference("entries", str(entry.arrival), "envelope", "suspect below", found)
        self.revoked_by[leaf.key_id] = entry.arrival
        self._set_key(KeyLeaf(leaf.key_id, leaf.registered_at, index, statement.suspect_from))

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

    def _batch(self, leaf_hash: bytes, index: int) -> BatchFacts | None:
        if self.find_batch is None:
            return self.batches.get(leaf_hash)
        return self.find_batch(leaf_hash, index)

    def _set_status(self, key: str, statement: StatusStatement, index: int) -> Iterator[Difference]:
        owner = self._owner(statement, index)
        if owner is None:
            yield Difference("entries", key, "envelope", "a batch entry", shown(statement.entry))
            return
        yield from self._check_authority(key, statement.header.key, owner)
        if statement.kind == ERASED and statement.entry in self.registered_in:
            self.erased_cards.add(self.registered_in[statement.entry].card)
        self.new_statuses += [
            StatusLeaf(statement.entry, record, statement.kind, index)
            for record in status_records(statement)
        ]

    def advance(self) -> None:
        """Bring the trees up to what has been replayed."""
        self.key_tree = self.key_tree.with_changes(list(self.changed_keys.values()))
        self.status_tree = self.status_tree.with_changes(self.new_statuses)
        self.changed_keys, self.new_statuses = {}, []

    def _owner(self, statement: StatusStatement, index: int) -> bytes | None:
        """Return the participant whose record, or for an erasure card, a status is about."""
        batch = self._batch(statement.entry, index)
        if batch is not None:
            return batch.participant
        if statement.kind != ERASED or statement.records != ALL_RECORDS:
            return None
        registration = self.registered_in.get(statement.entry)
        return None if registration is None else registration.participant

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
        self, entry: CheckedEntry, statement: StateStatement, index: int
    ) -> Iterator[Difference]:
        key = str(entry.arrival)
        self.advance()
        log_key = None if self.genesis is None else self.genesis.log_key
        author = None if log_key is None else key_id(log_key.alg, log_key.public_key)
        for expected, found in (
            (author, statement.header.key),
            (index, statement.index),
            (self.last_state, statement.previous_state),
            (self.key_tree.size, statement.keys_size),
            (self.key_tree.root_hash, statement.keys_root),
            (self.status_tree.size, statement.status_size),
            (self.status_tree.root_hash, statement.status_root),
        ):
            yield from compare("entries", key, column="envelope", expected=expected, found=found)
        self.last_state = entry.leaf_hash


def _facts(statement: BatchStatement) -> BatchFacts:
    return BatchFacts(statement.participant, statement.record_count)


def status_records(statement: StatusStatement) -> list[int]:
    """Return the record indexes that a status names; −1 for the whole batch."""
    if isinstance(statement.records, int):
        return [ALL_RECORDS]
    return [index for first, last in statement.records for index in range(first, last + 1)]
