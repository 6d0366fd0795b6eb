"""Signing the next statement of a key that this node holds, inside the transaction that keeps it.

A key's statements form a chain: `sequence` counts from 0 and `previous` is the leaf hash of the
key's preceding entry. The row of `key_chains` is locked first, so that two writers cannot sign
the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, sign_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import (
    Header,
    SignedStatement,
    entry_leaf_hash,
    sound_payload,
)
from traceability.ledger.faults import KeyUnknown
from traceability.store.repositories import Repositories
from traceability.store.repositories.keys import KeyChain
from traceability.store.store import Store
from traceability.store.times import to_milliseconds


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry that has arrived: its number, its leaf hash and its exact bytes."""

    arrival: int
    leaf_hash: bytes
    envelope: bytes


def append_signed(
    repositories: Repositories,
    build: Callable[[Header], SignedStatement],
    *,
    log: bytes,
    author: SecretKey,
    now: datetime,
    cosigners: Sequence[SecretKey] = (),
) -> Appended:
    """Sign the author's next statement and append it.

    The caller holds the lock on the author's chain, and commits.

    Raises
    ------
    StatementInvalid
        The statement is not one that anybody could read back: nothing is signed.
    """
    chain = chain_of(repositories, author.key_id)
    statement = build(
        Header(
            log=log,
            key=author.key_id,
            sequence=chain.next_sequence,
            previous=chain.previous,
            claimed_time=now,
        )
    )
    payload = sound_payload(statement)
    envelope = sign_envelope(STATEMENT_TYPE, payload, [author, *cosigners])
    return append_envelope(repositories, envelope, statement=statement, now=now)


def chain_of(repositories: Repositories, key_id: bytes) -> KeyChain:
    """Return where a key's chain stands.

    Raises
    ------
    KeyUnknown
        The key was never registered, so it has no chain.
    """
    chain = repositories.keys.chain(key_id)
    if chain is None:
        raise KeyUnknown(f"key {key_id.hex()[:16]} is not registered")
    return chain


def append_envelope(
    repositories: Repositories, envelope: Envelope, *, statement: SignedStatement, now: datetime
) -> Appended:
    """Append a statement that has been checked, and advance its key's chain."""
    leaf_hash = entry_leaf_hash(envelope)
    header = statement.header
    data = envelope.to_bytes()
    arrival = repositories.entries.add(
        leaf_hash=leaf_hash,
        type=statement.type,
        key_id=header.key,
        sequence=header.sequence,
        envelope=data,
        received=to_milliseconds(now),
    )
    repositories.keys.advance_chain(header.key, leaf_hash)
    return Appended(arrival, leaf_hash, data)


def has_arrived(store: Store, leaf_hash: bytes) -> bool:
    """Tell whether an entry was kept, after a commit that the database reported failed."""
    with store.reading() as repositories:
        return repositories.entries.by_leaf_hash(leaf_hash) is not None
