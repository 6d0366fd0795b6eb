"""What must hold before a batch is appended: the log, the key, its scope, what it has seen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from traceability.codes.prefixes import gtin_in_prefixes
from traceability.hashing.statement import BatchStatement, Seen
from traceability.ledger.faults import (
    BatchMismatch,
    EventDuplicate,
    EventIdConflict,
    KeyRevoked,
    KeyUnknown,
    PrefixNotAllowed,
    RoleNotAllowed,
    SeenRefused,
    WrongLog,
    WrongParticipant,
)
from traceability.ledger.known_events import KnownEvents, is_reserved
from traceability.ledger.prepared import PreparedBatch, PreparedRecord
from traceability.ledger.tree_reading import log_nodes
from traceability.lineage.one_code.breach import Breach
from traceability.lineage.one_code.judging import OneCode
from traceability.merkle.proofs import root_from_nodes
from traceability.store.repositories import Repositories
from traceability.store.repositories.keys import KeyRow
from traceability.store.repositories.one_code import RuleMode
from traceability.verify.scope import GTIN_URI, ROLES_BY_KIND


def check_statement(statement: BatchStatement, log: bytes, batch: PreparedBatch) -> None:
    """Demand that a statement is for this log and says what the records hash to."""
    if statement.header.log != log:
        raise WrongLog(
            f"statement is for another log: expected {log.hex()[:16]}, "
            f"got {statement.header.log.hex()[:16]}"
        )
    if statement.record_count != batch.record_count:
        raise BatchMismatch(
            f"statement has another number of records: expected {batch.record_count}, "
            f"got {statement.record_count}"
        )
    if statement.batch_root != batch.batch_root:
        raise BatchMismatch(
            f"records hash to another root: expected {statement.batch_root.hex()[:16]}, "
            f"got {batch.batch_root.hex()[:16]}"
        )


def live_key(repositories: Repositories, key_id: bytes) -> KeyRow:
    """Return a registered key that has not been revoked."""
    key = repositories.keys.get(key_id)
    if key is None:
        raise KeyUnknown(f"key {key_id.hex()[:16]} is not registered")
    if key.revoked_arrival is not None:
        raise KeyRevoked(f"key {key_id.hex()[:16]} was revoked")
    return key


def check_key(key: KeyRow, participant: bytes, batch: PreparedBatch) -> None:
    """Demand that the key is the participant's, and may say what the batch says."""
    if key.participant != participant:
        raise WrongParticipant(
            f"key {key.key_id.hex()[:16]} belongs to another participant: expected "
            f"{participant.hex()}, got {key.participant.hex()}"
        )
    for kind in sorted(batch.kinds):
        if not ROLES_BY_KIND[kind] & set(key.roles):
            raise RoleNotAllowed(
                f"key may not sign {kind.name.lower()} records: expected one of "
                f"{', '.join(sorted(ROLES_BY_KIND[kind]))}, got {', '.join(key.roles)}"
            )
    if batch.items is not None:
        _check_prefix(key, batch.items.gtin, "/items")
    for record in batch.records:
        _check_commissioning(key, record)


def _check_commissioning(key: KeyRow, record: PreparedRecord) -> None:
    event = record.event
    if event is None or event.biz_step != "commissioning" or event.action != "ADD":
        return
    for _, uri, *_ in record.objects:
        found = GTIN_URI.match(uri)
        if found is not None:
            _check_prefix(key, found[1], record.pointer)


def one_code_breaches(
    repositories: Repositories, records: Sequence[PreparedRecord], *, participant: bytes
) -> tuple[RuleMode, dict[str, tuple[Breach, ...]]]:
    """Return how the participant's events are held to the one-code rules, and each breach.

    Call it with the keys locked, just before the records are kept: it waits for its turn.
    """
    mode = _mode_in_turn(repositories, participant)
    if mode is RuleMode.OFF:
        return mode, {}
    return mode, OneCode(repositories).judge(records, participant=participant, mode=mode)


def _mode_in_turn(repositories: Repositories, participant: bytes) -> RuleMode:
    """Return how a participant is held to the rules; if at all, others wait until it is judged."""
    mode = repositories.one_code.mode(participant)
    if mode is not RuleMode.OFF:
        repositories.one_code.take_turn()
    return mode


def check_events(
    repositories: Repositories, records: Sequence[PreparedRecord], *, participant: bytes
) -> None:
    """Refuse a signed batch with an event that is recorded already, or under a used eventID.

    Raises
    ------
    EventDuplicate, EventIdConflict
    """
    events = [(index, one.event) for index, one in enumerate(records) if one.event is not None]
    known = KnownEvents(repositories, [event for _, event in events], participant=participant)
    for index, event in events:
        pointer = f"/records/{index}"
        if known.has(event):
            raise EventDuplicate("event is recorded already: leave it out", pointer=pointer)
        if known.contradicts(event) or is_reserved(event):
            raise EventIdConflict(
                f"eventID {event.event_id!r} belongs to another event",
                pointer=f"{pointer}/payload/eventID",
            )
        known.add(event)


def check_one_code(
    repositories: Repositories, records: Sequence[PreparedRecord], *, participant: bytes
) -> None:
    """Refuse a signed batch that breaks the one-code rules, where they are enforced.

    Raises
    ------
    OneCodeBreach
        The first breach; a batch that its participant signed is kept whole or not at all.
    """
    # Nobody is told of breaches that are not refused here: they are not looked for.
    if _mode_in_turn(repositories, participant) is not RuleMode.ENFORCE:
        return
    found = OneCode(repositories).judge(records, participant=participant)
    if found:
        first = next(iter(found.values()))[0]
        raise first.kind(
            first.message, pointer=first.pointer, expected=first.rule, got=str(first.other)
        )


def _check_prefix(key: KeyRow, gtin: str, pointer: str) -> None:
    if not gtin_in_prefixes(gtin, key.prefixes):
        raise PrefixNotAllowed(
            f"GTIN {gtin} lies outside the key's prefixes: expected "
            f"{', '.join(key.prefixes) or 'none'}, got {gtin[1:]}",
            pointer=pointer,
        )


class Heads(NamedTuple):
    """The newest head of the log, and the newest whose anchor has its proof."""

    latest: Seen | None
    proven: Seen | None


class KnownHeads:
    """The newest heads as one transaction sees them, and the roots it has asked for, once each."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self._roots: dict[int, bytes] = {}

    @cached_property
    def newest(self) -> Heads:
        """The newest heads."""
        latest = self._repositories.tree.latest_checkpoint()
        proven = self._repositories.anchors.newest_proven_head()
        return Heads(
            None if latest is None else Seen(latest.tree_size, latest.root_hash),
            None if proven is None else Seen(*proven),
        )

    def root(self, tree_size: int) -> bytes:
        """Return the root over the first entries of the log."""
        latest = self.newest.latest
        if latest is not None and latest.tree_size == tree_size:
            return latest.root_hash
        if tree_size not in self._roots:
            nodes = log_nodes(self._repositories, tree_size)
            self._roots[tree_size] = root_from_nodes(tree_size, nodes)
        return self._roots[tree_size]


def check_seen(heads: KnownHeads, key: KeyRow, seen: Seen) -> None:
    """Demand that the signer saw a head of this log that covers its key's registration."""
    latest = heads.newest.latest
    size = 0 if latest is None else latest.tree_size
    if not 0 < seen.tree_size <= size:
        raise SeenRefused(
            f"seen checkpoint is not of this log: expected size 1 to {size}, got {seen.tree_size}"
        )
    if key.registered_at is None or key.registered_at >= seen.tree_size:
        raise SeenRefused(
            f"seen checkpoint is older than the key: expected size above "
            f"{key.registered_at}, got {seen.tree_size}"
        )
    root = heads.root(seen.tree_size)
    if root != seen.root_hash:
        raise SeenRefused(
            f"seen checkpoint is not of this log: expected root {root.hex()[:16]} at size "
            f"{seen.tree_size}, got {seen.root_hash.hex()[:16]}"
        )


def newest_seen(heads: Heads, key: KeyRow) -> Seen:
    """Return what a key held here has seen: the newest anchored head, else the newest head.

    An anchored head gives the batch a "not before" that others can check.
    """
    registered_at = sys.maxsize if key.registered_at is None else key.registered_at
    if heads.proven is not None and registered_at < heads.proven.tree_size:
        return heads.proven
    if heads.latest is None or registered_at >= heads.latest.tree_size:
        raise SeenRefused(f"key {key.key_id.hex()[:16]} is not in the log yet: try again")
    return heads.latest
