"""A checkpoint is one log's, signed by its key, written in one way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from traceability.hashing.ed25519 import SignatureInvalid, SigningKey
from traceability.hashing.encoding import sha256
from traceability.merkle.checkpoint import (
    Checkpoint,
    CheckpointInvalid,
    origin_for,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)

KEY, OTHER = SigningKey.from_seed(b"k" * 32), SigningKey.from_seed(b"o" * 32)
ORIGIN = origin_for("log.example:8000", sha256(b"log"))
HEAD = Checkpoint(ORIGIN, 7, sha256(b"root"))


def test_the_origin_names_host_and_log() -> None:
    assert f"log.example:8000/log/{sha256(b'log').hex()}" == ORIGIN


@pytest.mark.parametrize("host", ["", "a b", "a/b", "a+b", "ä", "a\nb"])
def test_refuses_hosts_that_no_origin_can_hold(host: str) -> None:
    with pytest.raises(CheckpointInvalid, match="host is malformed"):
        origin_for(host, bytes(32))


def test_reads_back_what_was_signed() -> None:
    note = sign_checkpoint(HEAD, KEY)
    assert verify_checkpoint(note, origin=ORIGIN, public_key=KEY.public_key) == HEAD
    signed = parse_checkpoint(note)
    assert (signed.checkpoint, signed.key_name) == (HEAD, ORIGIN)


def test_refuses_another_key() -> None:
    note = sign_checkpoint(HEAD, OTHER)
    with pytest.raises(CheckpointInvalid, match="signed by another key than the log's"):
        verify_checkpoint(note, origin=ORIGIN, public_key=KEY.public_key)


def test_refuses_another_log() -> None:
    note = sign_checkpoint(HEAD, KEY)
    with pytest.raises(CheckpointInvalid, match="checkpoint is of another log"):
        verify_checkpoint(note, origin="log.example/log/00", public_key=KEY.public_key)


def test_refuses_another_size_under_the_signature() -> None:
    note = sign_checkpoint(HEAD, KEY).replace("\n7\n", "\n8\n")
    with pytest.raises(SignatureInvalid):
        verify_checkpoint(note, origin=ORIGIN, public_key=KEY.public_key)


@pytest.mark.parametrize(
    "change",
    [{"tree_size": 0}, {"tree_size": -1}, {"tree_size": 2**53}, {"origin": "a b"}, {"origin": ""},
     {"root_hash": bytes(31)}],
)  # fmt: skip
def test_does_not_sign_what_nobody_would_accept(change: dict[str, object]) -> None:
    with pytest.raises(CheckpointInvalid):
        sign_checkpoint(replace(HEAD, **change), KEY)  # type: ignore[arg-type]  # bad on purpose
