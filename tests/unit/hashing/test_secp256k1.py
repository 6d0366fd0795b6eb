"""Wallet keys sign typed data in one strict form, and another implementation says the same."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.test_wallet_vectors import TYPES
from traceability.hashing.ed25519 import PublicKeyInvalid, SignatureInvalid, SigningKey
from traceability.hashing.encoding import sha256
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope, verify_envelope
from traceability.hashing.secp256k1 import ALG, WalletKey, typed_data_hash, verify_strict

KEY = WalletKey.from_seed(b"k" * 32)
DIGEST = typed_data_hash(STATEMENT_TYPE, b"{}")


def wallet_signature(payload: str) -> bytes:
    """Return r ‖ s ‖ v as a wallet gives it to a page."""
    message = encode_typed_data(
        domain_data={"name": "ItemProof", "version": "1"},
        message_types=TYPES,
        message_data={"payloadType": STATEMENT_TYPE, "payload": payload},
    )
    return bytes(Account.sign_message(message, b"k" * 32).signature)


class TestSigning:
    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
    def test_a_wallet_signs_the_same_bytes(self, payload: str) -> None:
        digest = typed_data_hash(STATEMENT_TYPE, payload.encode())
        assert KEY.sign(digest) == wallet_signature(payload)[:64]
        verify_strict(KEY.public_key, KEY.sign(digest), digest)

    def test_the_same_payload_gives_the_same_bytes(self) -> None:
        first, second = (sign_envelope(STATEMENT_TYPE, b"{}", [KEY]) for _ in range(2))
        assert first.to_bytes() == second.to_bytes()

    def test_the_smaller_s_is_always_taken(self) -> None:
        order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
        for number in range(40):
            signature = KEY.sign(sha256(b"%d" % number))
            assert int.from_bytes(signature[32:], "big") <= order // 2

    def test_names_the_scheme_in_the_id(self) -> None:
        assert KEY.key_id == sha256(ALG.encode() + b"\x00" + KEY.public_key)
        assert len(KEY.public_key) == 33

    def test_never_shows_its_secret(self) -> None:
        assert (b"k" * 32).hex() not in repr(KEY)
        assert KEY.key_id.hex()[:16] in repr(KEY)


class TestVerifying:
    def test_refuses_another_digest(self) -> None:
        verify_strict(KEY.public_key, KEY.sign(DIGEST), DIGEST)
        with pytest.raises(SignatureInvalid, match="does not match"):
            verify_strict(KEY.public_key, KEY.sign(DIGEST), sha256(DIGEST))

    def test_refuses_every_flipped_bit(self) -> None:
        signature = KEY.sign(DIGEST)
        for bit in range(0, 512, 5):
            changed = bytearray(signature)
            changed[bit >> 3] ^= 1 << (bit & 7)
            with pytest.raises(SignatureInvalid):
                verify_strict(KEY.public_key, bytes(changed), DIGEST)

    def test_refuses_a_payload_that_no_wallet_can_show(self) -> None:
        with pytest.raises(SignatureInvalid, match="not UTF-8 text"):
            typed_data_hash(STATEMENT_TYPE, b"\xff")

    def test_refuses_a_key_that_is_uncompressed(self) -> None:
        with pytest.raises(PublicKeyInvalid, match="expected 33 bytes, compressed, got 65"):
            verify_strict(b"\x04" + bytes(64), KEY.sign(DIGEST), DIGEST)

    def test_an_envelope_of_both_schemes_is_signed_by_both(self) -> None:
        registrar = SigningKey.from_seed(b"r" * 32)
        envelope = sign_envelope(STATEMENT_TYPE, b"{}", [registrar, KEY])
        keys = [(registrar.alg, registrar.public_key), (KEY.alg, KEY.public_key)]
        verify_envelope(envelope, keys)
        with pytest.raises(SignatureInvalid):
            verify_envelope(sign_envelope(STATEMENT_TYPE, b"{} ", [registrar, _As(KEY)]), keys)


class _As:
    """A wallet's key that signs DSSE's encoding, as one of Ed25519 would."""

    def __init__(self, key: WalletKey) -> None:
        self.alg = "ed25519"
        self.public_key, self.key_id = key.public_key, key.key_id

    def sign(self, message: bytes, /) -> bytes:
        return KEY.sign(sha256(message))
