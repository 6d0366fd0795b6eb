"""Read the statement in an envelope, and check whose and which log's it is.

Source: `docs/formats.md`, sections 3 and 4. Shared by the verifier's steps.
"""

from __future__ import annotations

from typing import TypeVar

from traceability.hashing.ed25519 import key_id
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope
from traceability.hashing.statement import (
    BatchStatement,
    Genesis,
    Header,
    KeyRegister,
    PublicKey,
    StateStatement,
    parse_statement,
)
from traceability.verify import faults

StatementType = TypeVar("StatementType", Genesis, KeyRegister, BatchStatement, StateStatement)


def read_statement(envelope: Envelope, wanted: type[StatementType]) -> StatementType:
    """Return the envelope's statement, which must be of the wanted type."""
    if envelope.payload_type != STATEMENT_TYPE:
        raise faults.StatementTypeWrong(
            f"entry is no statement: payload type {envelope.payload_type[:80]!r}"
        )
    statement = parse_statement(envelope.payload)
    if not isinstance(statement, wanted):
        raise faults.StatementTypeWrong(
            f"entry is of another type: expected {wanted.__name__}, got {statement.type}"
        )
    return statement


def check_log(header: Header, log: bytes) -> None:
    """Refuse a statement that was signed for another log."""
    if header.log != log:
        raise faults.StatementOfOtherLog(
            f"statement is for another log: expected {log.hex()[:16]}, got {header.log.hex()[:16]}"
        )


def check_author(header: Header, key: PublicKey) -> None:
    """Refuse a statement that names another author than `key`."""
    if header.key != key_id(key.alg, key.public_key):
        raise faults.AuthorMismatch("statement names another author than its type demands")


def pair(key: PublicKey) -> tuple[str, bytes]:
    """Return the key as `verify_envelope` takes it."""
    return key.alg, key.public_key
