"""Signatures of wallets have the result that the vectors state; JavaScript reads the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from traceability.errors import ItemProofError
from traceability.hashing import secp256k1
from traceability.hashing.envelope import parse_envelope, verify_envelope
from traceability.hashing.signatures import check_public_key, verify

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "secp256k1.json").read_text(encoding="utf-8")
)
unhex = bytes.fromhex
# What a wallet is asked to sign, as a page writes it.
TYPES = {
    "Statement": [
        {"name": "payloadType", "type": "string"},
        {"name": "payload", "type": "string"},
    ]
}


def named(table: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in VECTORS[table]]


def refused(code: str) -> Any:
    return pytest.raises(ItemProofError, check=lambda error: error.code == code)  # type: ignore[attr-defined]  # pytest.raises types BaseException


@pytest.mark.parametrize("case", named("signatures"))
def test_a_signature_verifies_or_is_refused(case: dict[str, Any]) -> None:
    def check() -> None:
        verify(
            VECTORS["alg"],
            unhex(case["public_key"]),
            payload_type=case["payload_type"],
            payload=unhex(case["payload"]),
            signature=unhex(case["signature"]),
        )

    if case["ok"]:
        check()
    else:
        with refused(case["code"]):
            check()


@pytest.mark.parametrize("case", named("keys"))
def test_a_key_is_registered_or_refused(case: dict[str, Any]) -> None:
    key = unhex(case["public_key"])
    if case["ok"]:
        check_public_key(VECTORS["alg"], key)
    else:
        with refused(case["code"]):
            check_public_key(VECTORS["alg"], key)


@pytest.mark.parametrize("case", named("envelopes"))
def test_an_envelope_of_two_schemes_verifies_or_is_refused(case: dict[str, Any]) -> None:
    envelope = parse_envelope(case["text"].encode())
    keys = [(key["alg"], unhex(key["public_key"])) for key in case["keys"]]
    if case["ok"]:
        verify_envelope(envelope, keys)
    else:
        with refused(case["code"]):
            verify_envelope(envelope, keys)


@pytest.mark.parametrize("case", VECTORS["digests"])
def test_another_implementation_of_eip_712_has_the_same_digest(case: dict[str, str]) -> None:
    payload = unhex(case["payload"])
    message = encode_typed_data(
        domain_data={"name": "ItemProof", "version": "1"},
        message_types=TYPES,
        message_data={"payloadType": case["payload_type"], "payload": payload.decode()},
    )
    assert bytes(_hash_eip191_message(message)).hex() == case["digest"]
    assert secp256k1.typed_data_hash(case["payload_type"], payload).hex() == case["digest"]
