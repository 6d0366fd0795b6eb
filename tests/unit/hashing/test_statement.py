"""Statements are read strictly, and a fault names the member that holds it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from traceability.hashing.canonical import canonicalize
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import ZERO_HASH, sha256
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.statement import (
    ALL_RECORDS,
    CUSTODIES,
    ERASURE_BASES,
    REVOCATION_REASONS,
    ROLES,
    STATUS_KINDS,
    STATUS_REASONS,
    BatchStatement,
    Erasure,
    Header,
    KeyRegister,
    KeyRevoke,
    Receipt,
    Seen,
    StatementInvalid,
    StatusStatement,
    entry_leaf_hash,
    parse_receipt,
    parse_statement,
)
from traceability.strict_json import parse_json

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
HEADER = Header(sha256(b"log"), sha256(b"key"), 0, ZERO_HASH, NOW)
BATCH = BatchStatement(HEADER, bytes(16), Seen(1, sha256(b"root")), 1, sha256(b"batch"))
STATUS = StatusStatement(HEADER, sha256(b"entry"), ALL_RECORDS, "recalled", "safety")
ERASURE = Erasure(bytes(16), "consent_withdrawn")
SOME_FIELDS = replace(ERASURE, fields=((1, 1), (3, 4)))
ERASED = replace(STATUS, records=((7, 7),), kind="erased", erasure=SOME_FIELDS)
REGISTER = KeyRegister(
    HEADER, "ed25519", bytes(32), bytes(16), "self", ("supplier",), ("952123",), bytes(32)
)


def test_reads_back_what_was_written() -> None:
    for statement in (BATCH, STATUS, ERASED, REGISTER):
        assert parse_statement(statement.to_payload()) == statement


def test_statements_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        BATCH.record_count = 2  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("kind", STATUS_KINDS)
@pytest.mark.parametrize("reason", STATUS_REASONS)
def test_reads_every_kind_and_reason_of_status(kind: str, reason: str) -> None:
    erasure = ERASURE if kind == "erased" else None
    statement = replace(STATUS, kind=kind, reason=reason, erasure=erasure)
    assert parse_statement(statement.to_payload()) == statement


@pytest.mark.parametrize("basis", ERASURE_BASES)
def test_reads_every_basis_of_an_erasure(basis: str) -> None:
    statement = replace(ERASED, erasure=replace(ERASURE, basis=basis))
    assert parse_statement(statement.to_payload()) == statement


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("custody", CUSTODIES)
def test_reads_every_role_and_custody(role: str, custody: str) -> None:
    statement = replace(REGISTER, roles=(role,), custody=custody)
    assert parse_statement(statement.to_payload()) == statement


@pytest.mark.parametrize("reason", REVOCATION_REASONS)
def test_reads_every_reason_of_revocation(reason: str) -> None:
    statement = KeyRevoke(HEADER, sha256(b"target"), reason, suspect_from=3)
    assert parse_statement(statement.to_payload()) == statement


@pytest.mark.parametrize(
    ("statement", "pointer", "message"),
    [
        (replace(BATCH, record_count=0), "/record_count", "is out of range: expected 1 to"),
        (replace(BATCH, participant=bytes(15)), "/participant", "expected 16 bytes, got 15"),
        (replace(BATCH, seen=Seen(0, bytes(32))), "/seen/tree_size", "is out of range"),
        (replace(STATUS, kind="current"), "/kind", "is unknown: expected one of corrected"),
        (replace(STATUS, records=((3, 2),)), "/records", "ascending, disjoint ranges"),
        (replace(ERASED, erasure=None), "/erasure", "is missing"),
        (replace(STATUS, erasure=ERASURE), "/erasure", "is unknown"),
        (replace(ERASED, records=-1), "/erasure/fields", "expected exactly one record"),
        (
            replace(ERASED, erasure=replace(ERASURE, basis="whim")),
            "/erasure/basis",
            "is unknown: expected one of child_data",
        ),
        (
            replace(ERASED, erasure=replace(ERASURE, fields=((0, 2),))),
            "/erasure/fields",
            "ascending, disjoint ranges",
        ),
        (replace(REGISTER, roles=("king",)), "/scopes/roles", "are unknown"),
        (replace(REGISTER, alg="p256"), "/alg", "is unknown: expected one of ed25519"),
    ],
)
def test_names_the_member_at_fault(
    statement: BatchStatement | StatusStatement | KeyRegister, pointer: str, message: str
) -> None:
    with pytest.raises(StatementInvalid, match=message) as caught:
        parse_statement(statement.to_payload())
    assert caught.value.pointer == pointer


def test_refuses_a_member_that_it_does_not_know() -> None:
    value = parse_json(BATCH.to_payload())
    assert isinstance(value, dict)
    with pytest.raises(StatementInvalid, match="member 'more' is unknown"):
        parse_statement(canonicalize({**value, "more": 1}))


def test_an_entry_is_named_by_the_bytes_of_its_envelope() -> None:
    key = SigningKey.from_seed(bytes(32))
    envelope = sign_envelope(STATEMENT_TYPE, BATCH.to_payload(), [key])
    assert entry_leaf_hash(envelope) == sha256(b"\x00" + envelope.to_bytes())
    other = sign_envelope(STATEMENT_TYPE, STATUS.to_payload(), [key])
    assert entry_leaf_hash(other) != entry_leaf_hash(envelope)


def test_a_receipt_names_its_malformed_time() -> None:
    receipt = Receipt(bytes(32), bytes(32), 0, NOW, NOW)
    assert parse_receipt(receipt.to_payload()) == receipt
    changed = receipt.to_payload().replace(b"05.678Z", b"05.67Z", 1)
    with pytest.raises(StatementInvalid, match="is not a time") as caught:
        parse_receipt(changed)
    assert caught.value.pointer in {"/received", "/anchored_by"}
