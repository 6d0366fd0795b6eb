"""Keys and signatures have one strict form; a key file is its owner's alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.vectors.curve import IDENTITY, small_order_points
from traceability.hashing import ed25519
from traceability.hashing.ed25519 import (
    KeyFileInvalid,
    PublicKeyInvalid,
    SignatureInvalid,
    SigningKey,
    check_public_key,
    key_id,
    load_signing_key,
    save_signing_key,
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


class TestKeyFiles:
    def test_reads_back_what_was_written(self, tmp_path: Path) -> None:
        save_signing_key(KEY, tmp_path / "key.pem")
        assert load_signing_key(tmp_path / "key.pem").public_key == KEY.public_key

    def test_is_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        save_signing_key(KEY, tmp_path / "key.pem")
        assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600

    def test_is_never_overwritten(self, tmp_path: Path) -> None:
        save_signing_key(KEY, tmp_path / "key.pem")
        with pytest.raises(KeyFileInvalid, match="it is never overwritten"):
            save_signing_key(SigningKey.generate(), tmp_path / "key.pem")
        assert load_signing_key(tmp_path / "key.pem").public_key == KEY.public_key

    @pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\n", b"\xff"])
    def test_refuses_a_file_that_holds_no_key(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "key.pem").write_bytes(content)
        with pytest.raises(KeyFileInvalid, match="cannot be read"):
            load_signing_key(tmp_path / "key.pem")

    def test_refuses_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(KeyFileInvalid, match="cannot be read"):
            load_signing_key(tmp_path / "key.pem")

    def test_refuses_another_kind_of_key(self, tmp_path: Path) -> None:
        other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (tmp_path / "key.pem").write_bytes(other)
        with pytest.raises(KeyFileInvalid, match="another kind of key"):
            load_signing_key(tmp_path / "key.pem")
