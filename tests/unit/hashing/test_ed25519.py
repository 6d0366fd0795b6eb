"""Keys and signatures have one strict form."""

from __future__ import annotations

import pytest

from tests.support.vectors.curve import IDENTITY, small_order_points
from traceability.hashing import ed25519
from traceability.hashing.ed25519 import (
    PublicKeyInvalid,
    SignatureInvalid,
    SigningKey,
    check_public_key,
    key_id,
    verify_strict,
)
from traceability.hashing.encoding import sha256

KEY = SigningKey.from_seed(bytes(32))


class TestSignatures:
    def test_verifies_what_was_signed(self) -> None:
        verify_strict(KEY.public_key, KEY.sign(b"x"), b"x")

    def test_refuses_another_message(self) -> None:
        with pytest.raises(SignatureInvalid, match="does not match"):
            verify_strict(KEY.public_key, KEY.sign(b"x"), b"y")

    def test_refuses_the_identity_that_libraries_accept(self) -> None:
        identity = IDENTITY.encoded()
        with pytest.raises(PublicKeyInvalid, match="large order"):
            verify_strict(identity, identity + bytes(32), b"any message")

    def test_lists_exactly_the_points_of_small_order(self) -> None:
        assert {point.y for point in small_order_points()} == ed25519._SMALL_ORDER_Y


class TestKeys:
    def test_names_a_key_by_scheme_and_bytes(self) -> None:
        assert KEY.key_id == sha256(b"ed25519\x00" + KEY.public_key)
        assert key_id("p256", KEY.public_key) != KEY.key_id

    def test_registers_new_keys(self) -> None:
        check_public_key(SigningKey.generate().public_key)

    def test_refuses_a_key_that_is_no_point(self) -> None:
        with pytest.raises(PublicKeyInvalid, match="not a point of the curve"):
            check_public_key((2).to_bytes(32, "little"))

    def test_does_not_show_its_secret(self) -> None:
        assert repr(KEY) == f"SigningKey({KEY.key_id.hex()[:16]})"
