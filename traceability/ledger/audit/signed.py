"""What an entry shows by itself: its bytes, its hash, its signatures, and its row's columns.

Nothing here depends on the entries before it, so that any process can do it. A key's id is the
hash of the key: whoever names the key is not believed, only asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import key_id
from traceability.hashing.envelope import parse_envelope, verify_envelope
from traceability.hashing.statement import Genesis, KeyRegister, Statement, parse_statement
from traceability.ledger.audit.difference import Difference, compare
from traceability.merkle.tree import leaf_hash
from traceability.store.repositories.entries import EntryRow

# Scheme and bytes of the key with an id; None where nobody knows it.
KeyOf = Callable[[bytes], tuple[str, bytes] | None]


class CheckedEntry(NamedTuple):
    """An entry that was checked by itself; `statement` is None where nothing can be believed."""

    arrival: int
    leaf_index: int | None
    leaf_hash: bytes
    statement: Statement | None
    differences: tuple[Difference, ...]


def check_entry(row: EntryRow, key_of: KeyOf, *, is_leaf: bool = False) -> CheckedEntry:
    """Check an entry by itself.

    Parameters
    ----------
    is_leaf
        The tree holds the hash of the bytes: where the row's is another, that is the wrong one.
    """
    computed = leaf_hash(row.envelope)
    key = str(row.arrival)
    column = "leaf_hash" if is_leaf else "envelope"
    expected, found = (computed, row.leaf_hash) if is_leaf else (row.leaf_hash, computed)
    differences = list(compare("entries", key, column=column, expected=expected, found=found))
    statement = None
    try:
        envelope = parse_envelope(row.envelope)
        read = parse_statement(envelope.payload)
        verify_envelope(envelope, _signers(read, key_of))
    except ItemProofError as error:
        differences.append(
            Difference("entries", key, "envelope", "a signed statement", str(error)[:64])
        )
    else:
        statement = read
        differences += _columns(row, read)
    leaf = computed if is_leaf else row.leaf_hash
    return CheckedEntry(row.arrival, row.leaf_index, leaf, statement, tuple(differences))


def _signers(statement: Statement, key_of: KeyOf) -> list[tuple[str, bytes]]:
    if isinstance(statement, Genesis):
        return [(key.alg, key.public_key) for key in (statement.log_key, statement.registrar_key)]
    author = key_of(statement.header.key)
    if author is None or key_id(*author) != statement.header.key:
        raise ItemProofError(f"key {statement.header.key.hex()[:16]} is not registered")
    if isinstance(statement, KeyRegister):
        return [author, (statement.alg, statement.public_key)]
    return [author]


def _columns(row: EntryRow, statement: Statement) -> Iterator[Difference]:
    """Compare what the row repeats of its statement."""
    key = str(row.arrival)
    yield from compare("entries", key, column="type", expected=statement.type, found=row.type)
    header = None if isinstance(statement, Genesis) else statement.header
    key_id_, sequence = (None, None) if header is None else (header.key, header.sequence)
    yield from compare("entries", key, column="key_id", expected=key_id_, found=row.key_id)
    yield from compare("entries", key, column="sequence", expected=sequence, found=row.sequence)
