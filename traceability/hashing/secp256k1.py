"""Signatures of Ethereum wallets: ECDSA on secp256k1 over EIP-712 typed data, in one strict form.

Sources: SEC 1, sections 2.3.4 and 4.1; EIP-2 (low S); EIP-712; docs/formats.md, section
"statement". The domain names no chain, since a wallet signs for its current one only; what is
signed names its log, which commits to chain and contract.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from traceability.hashing.ed25519 import PublicKeyInvalid, SignatureInvalid, key_id
from traceability.hashing.keccak import keccak256

ALG = "secp256k1-eip712"
KEY_BYTES = 33
SIGNATURE_BYTES = 64
DOMAIN_NAME, DOMAIN_VERSION = "ItemProof", "1"
_COMPRESSED = (2, 3)
_HALF = 32
_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_DIGEST = Prehashed(hashes.SHA256())  # Any hash of 32 bytes: Keccak has been applied already.


def _text_hash(text: str) -> bytes:
    return keccak256(text.encode())


_DOMAIN_SEPARATOR = keccak256(
    _text_hash("EIP712Domain(string name,string version)")
    + _text_hash(DOMAIN_NAME)
    + _text_hash(DOMAIN_VERSION)
)
_STATEMENT_TYPE_HASH = _text_hash("Statement(string payloadType,string payload)")


def typed_data_hash(payload_type: str, payload: bytes) -> bytes:
    """Return the digest that a wallet signs: keccak(0x1901 ‖ domain ‖ hashStruct(statement)).

    Raises
    ------
    SignatureInvalid
        The payload is no UTF-8 text, so that no wallet could have shown it.
    """
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise SignatureInvalid("payload is not UTF-8 text: no wallet can sign it") from error
    statement = keccak256(_STATEMENT_TYPE_HASH + _text_hash(payload_type) + keccak256(payload))
    return keccak256(b"\x19\x01" + _DOMAIN_SEPARATOR + statement)


def check_public_key(public_key: bytes) -> None:
    """Refuse a key that is not a point of the curve in its compressed form of 33 bytes."""
    _point(public_key)


# Reading a point costs a square root; a key signs many statements.
@lru_cache(maxsize=256)
def _point(public_key: bytes) -> ec.EllipticCurvePublicKey:
    if len(public_key) != KEY_BYTES or public_key[0] not in _COMPRESSED:
        raise PublicKeyInvalid(
            f"public key has another form: expected {KEY_BYTES} bytes, compressed, "
            f"got {len(public_key)}"
        )
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public_key)
    except ValueError as error:
        raise PublicKeyInvalid("public key is not a point of the curve") from error


def verify_strict(public_key: bytes, signature: bytes, digest: bytes) -> None:
    """Check a signature r ‖ s over a digest.

    Raises
    ------
    PublicKeyInvalid, SignatureInvalid
        Of the two s that fit every signature, the larger is refused.
    """
    point = _point(public_key)
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureInvalid(
            f"signature has the wrong length: expected {SIGNATURE_BYTES} bytes, "
            f"got {len(signature)}"
        )
    r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    if not 1 <= r < _N:
        raise SignatureInvalid("signature's r is not between 1 and the group order")
    if not 1 <= s <= _N // 2:
        raise SignatureInvalid("signature's s is not between 1 and half the group order")
    try:
        point.verify(encode_dss_signature(r, s), digest, ec.ECDSA(_DIGEST))
    except InvalidSignature as error:
        raise SignatureInvalid("signature does not match its key and message") from error


class WalletKey:
    """A secp256k1 private key outside a wallet; it never shows its secret but in `to_seed`."""

    alg = ALG

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.public_key = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )
        self.key_id = key_id(ALG, self.public_key)

    @classmethod
    def generate(cls) -> WalletKey:
        """Draw a new key."""
        return cls(ec.generate_private_key(ec.SECP256K1()))

    @classmethod
    def from_seed(cls, seed: bytes) -> WalletKey:
        """Return the key of a 32-byte secret, a number from 1 to the group order - 1."""
        return cls(ec.derive_private_key(int.from_bytes(seed, "big"), ec.SECP256K1()))

    def sign(self, digest: bytes) -> bytes:
        """Return the 64-byte signature r ‖ s over a digest, s low, the nonce by RFC 6979."""
        signature = self._private.sign(digest, ec.ECDSA(_DIGEST, deterministic_signing=True))
        r, s = decode_dss_signature(signature)
        return r.to_bytes(_HALF, "big") + min(s, _N - s).to_bytes(_HALF, "big")

    def __repr__(self) -> str:
        return f"WalletKey({self.key_id.hex()[:16]})"

    def to_seed(self) -> bytes:
        """Return the 32-byte secret."""
        return self._private.private_numbers().private_value.to_bytes(_HALF, "big")
