"""What stands in for other people's packages in the single file does what they do."""

from __future__ import annotations

import json
import math
import random
import struct
from typing import Any

import orjson
import pytest
import rfc8785
from Crypto.Hash import keccak
from hypothesis import given
from hypothesis import strategies as st

from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.secp256k1 import WalletKey
from traceability.verify.alone import (
    plain_cryptography,
    plain_keccak,
    plain_orjson,
    plain_rfc8785,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(), parts, max_size=4),
    max_leaves=20,
)


class TestCanonicalJson:
    @given(VALUES)
    def test_writes_what_rfc8785_writes(self, value: Any) -> None:
        assert plain_rfc8785.dumps(value) == rfc8785.dumps(value)

    def test_writes_doubles_of_any_bits_alike(self) -> None:
        drawn = random.Random(8785)
        for _ in range(20_000):
            (value,) = struct.unpack("<d", drawn.randbytes(8))
            if math.isfinite(value):
                assert plain_rfc8785.dumps(value) == rfc8785.dumps(value), value.hex()

    @pytest.mark.parametrize(
        "value", [2**53, -(2**53), math.nan, math.inf, "\ud800", {"\udfff": 1}, {1: 1}, {1, 2}, b""]
    )
    def test_refuses_what_rfc8785_refuses(self, value: Any) -> None:
        with pytest.raises(plain_rfc8785.CanonicalizationError):
            plain_rfc8785.dumps(value)
        with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
            rfc8785.dumps(value)

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (-0.0, "0"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (123456789012345680000.0, "123456789012345680000"),
            (5e-324, "5e-324"),
        ],
    )
    def test_writes_exponents_as_ecmascript_does(self, value: float, text: str) -> None:
        assert plain_rfc8785.number_text(value) == text


class TestJson:
    @given(VALUES)
    def test_round_trip_of_what_orjson_writes(self, value: Any) -> None:
        data = orjson.dumps(value)
        assert json.dumps(plain_orjson.loads(data)) == json.dumps(orjson.loads(data))

    @given(st.text())
    def test_writes_text_as_orjson_does(self, text: str) -> None:
        assert plain_orjson.dumps(text) == orjson.dumps(text)

    @pytest.mark.parametrize("data", [b"NaN", b"[Infinity]", b"{", b"\xff", b"[" * 500])
    def test_refuses_what_orjson_refuses(self, data: bytes) -> None:
        with pytest.raises(plain_orjson.JSONDecodeError):
            plain_orjson.loads(data)
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(data)

    @pytest.mark.parametrize("value", [2**53, [-(2**53)], {"a": 2**60}, "\ud800", {1: 1}])
    def test_refuses_to_write_what_orjson_refuses(self, value: Any) -> None:
        with pytest.raises(plain_orjson.JSONEncodeError):
            plain_orjson.dumps(value, option=plain_orjson.OPT_STRICT_INTEGER)
        with pytest.raises(orjson.JSONEncodeError):
            orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)


class TestKeccak:
    @pytest.mark.parametrize("length", [0, 1, 135, 136, 137, 271, 272, 273, 1000])
    def test_hashes_as_the_library_does(self, length: int) -> None:
        data = random.Random(length).randbytes(length)
        expected = keccak.new(digest_bits=256, data=data).digest()
        assert plain_keccak.new(digest_bits=256, data=data).digest() == expected

    def test_knows_the_hash_of_nothing(self) -> None:
        found = plain_keccak.new(digest_bits=256, data=b"").digest().hex()
        assert found == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"

    def test_has_no_other_length(self) -> None:
        with pytest.raises(ValueError, match="only 256 bits"):
            plain_keccak.new(digest_bits=512, data=b"")


class TestEd25519:
    def check(self, public_key: bytes, signature: bytes, message: bytes) -> bool:
        key = plain_cryptography.Ed25519PublicKey.from_public_bytes(public_key)
        try:
            key.verify(signature, message)
        except plain_cryptography.InvalidSignature:
            return False
        return True

    def test_accepts_a_signature_and_no_change_of_it(self) -> None:
        key = SigningKey.from_seed(bytes(range(32)))
        signature = key.sign(b"message")
        assert self.check(key.public_key, signature, b"message")
        assert not self.check(key.public_key, signature, b"messagf")
        for at in range(0, 64, 7):
            changed = bytearray(signature)
            changed[at] ^= 1
            assert not self.check(key.public_key, bytes(changed), b"message")

    def test_refuses_another_key_and_what_is_no_point(self) -> None:
        key = SigningKey.from_seed(bytes(range(32)))
        other = SigningKey.from_seed(bytes(32)).public_key
        signature = key.sign(b"message")
        assert not self.check(other, signature, b"message")
        no_points = [bytes([n]) + bytes(31) for n in range(2, 12)]
        assert not any(self.check(one, signature, b"message") for one in no_points)
        assert not self.check(b"\xff" * 32, signature, b"message")


class TestSecp256k1:
    def check(self, public_key: bytes, signature: bytes, digest: bytes) -> bool:
        point = plain_cryptography.EllipticCurvePublicKey.from_encoded_point(None, public_key)
        try:
            point.verify(signature, digest, None)
        except plain_cryptography.InvalidSignature:
            return False
        return True

    def test_accepts_a_signature_and_no_change_of_it(self) -> None:
        key = WalletKey.from_seed(bytes(31) + b"\x07")
        digest = bytes(range(32))
        signature = key.sign(digest)
        assert self.check(key.public_key, signature, digest)
        assert not self.check(key.public_key, signature, bytes(32))
        for at in range(0, 64, 7):
            changed = bytearray(signature)
            changed[at] ^= 1
            assert not self.check(key.public_key, bytes(changed), digest)
        assert not self.check(key.public_key, bytes(64), digest)

    @pytest.mark.parametrize(
        "data", [b"\x04" + bytes(64), b"\x02" + b"\xff" * 32, b"\x02" + bytes(31) + b"\x05", b""]
    )
    def test_refuses_what_is_no_point(self, data: bytes) -> None:
        with pytest.raises(ValueError, match="public key is not"):
            plain_cryptography.EllipticCurvePublicKey.from_encoded_point(None, data)

    def test_names_that_checking_does_not_use_are_there_and_inner_ones_are_not(self) -> None:
        assert plain_cryptography.AnyOtherName()
        assert not hasattr(plain_cryptography, "__wrapped__")
