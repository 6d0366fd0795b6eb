"""Statements and receipts: what keys sign, and how both are named by their hashes.

Source: docs/formats.md, sections "statement", "entry and log" and "receipt". The types are in
`statement_types.py`, their strict reading in `statement_parse.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.encoding import b64u_encode, format_time, sha256
from traceability.hashing.envelope import MAX_ENTRY_BYTES, Envelope
from traceability.hashing.members import Members, StatementInvalid
from traceability.hashing.statement_parse import parse_statement, sound_payload
from traceability.hashing.statement_types import (
    ALL_RECORDS,
    CUSTODIES,
    ERASED,
    ERASURE_BASES,
    REVOCATION_REASONS,
    ROLES,
    STATUS_KINDS,
    STATUS_REASONS,
    SUITE,
    BatchStatement,
    Erasure,
    Genesis,
    Header,
    KeyRegister,
    KeyRevoke,
    PublicKey,
    Ranges,
    Replacement,
    ScoreStatement,
    Seen,
    SignedStatement,
    Statement,
    StateStatement,
    StatusStatement,
    Succeeds,
)
from traceability.hashing.tree_hash import leaf_hash

__all__ = [
    "ALL_RECORDS",
    "CUSTODIES",
    "ERASED",
    "ERASURE_BASES",
    "REVOCATION_REASONS",
    "ROLES",
    "STATUS_KINDS",
    "STATUS_REASONS",
    "SUITE",
    "BatchStatement",
    "Erasure",
    "Genesis",
    "Header",
    "KeyRegister",
    "KeyRevoke",
    "PublicKey",
    "Ranges",
    "Receipt",
    "Replacement",
    "ScoreStatement",
    "Seen",
    "SignedStatement",
    "StateStatement",
    "Statement",
    "StatementInvalid",
    "StatusStatement",
    "Succeeds",
    "entry_leaf_hash",
    "log_id",
    "parse_receipt",
    "parse_statement",
    "sound_payload",
]

LOG_LABEL = b"itemproof/log/1\n"


def entry_leaf_hash(envelope: Envelope) -> bytes:
    """Return the leaf hash of an entry: H(0x00 ‖ JCS of its envelope)."""
    return leaf_hash(envelope.to_bytes())


def log_id(*, chain_id: int, contract: str, opener: str, genesis_leaf_hash: bytes) -> bytes:
    """Return a log's id, as the contract computes it from 120 packed bytes."""
    return sha256(
        LOG_LABEL
        + chain_id.to_bytes(32, "big")
        + bytes.fromhex(contract[2:])
        + bytes.fromhex(opener[2:])
        + genesis_leaf_hash
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """The operator's promise that an entry will be anchored by a time."""

    log: bytes
    entry_leaf_hash: bytes
    leaf_index: int
    received: datetime
    anchored_by: datetime

    def to_payload(self) -> bytes:
        """Return the JCS payload."""
        return canonicalize(
            {
                "suite": SUITE,
                "log": b64u_encode(self.log),
                "entry_leaf_hash": b64u_encode(self.entry_leaf_hash),
                "leaf_index": self.leaf_index,
                "received": format_time(self.received),
                "anchored_by": format_time(self.anchored_by),
            }
        )


def parse_receipt(payload: bytes) -> Receipt:
    """Return the receipt in a payload, read strictly."""
    members = Members(parse_canonical(payload, max_bytes=MAX_ENTRY_BYTES))
    if members.take("suite") != SUITE:
        raise members.fault("suite", f"is unknown: expected {SUITE}")
    receipt = Receipt(
        log=members.data("log"),
        entry_leaf_hash=members.data("entry_leaf_hash"),
        leaf_index=members.number("leaf_index"),
        received=members.time("received"),
        anchored_by=members.time("anchored_by"),
    )
    members.end()
    return receipt
