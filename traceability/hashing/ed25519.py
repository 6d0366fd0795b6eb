"""Ed25519, strictly: RFC 8032 without cofactor, canonical encodings, no points of small order.

Source: RFC 8032, section 5.1; "Taming the many EdDSAs" (Chalkias et al., 2020), for the list of
small-order points. The usual library accepts the identity key for every message.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from traceability.errors import ProofRejected
from traceability.hashing.encoding import sha256

ALG = "ed25519"
KEY_BYTES = 32
SIGNATURE_BYTES = 64
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_Y_MASK = (1 << 255) - 1
# The y coordinates of the eight points of small order: orders 1, 2, 4 and 8.
_ORDER_EIGHT_Y = int("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16)
_SMALL_ORDER_Y = frozenset({1, _P - 1, 0, _ORDER_EIGHT_Y, _P - _ORDER_EIGHT_Y})


class SignatureInvalid(ProofRejected):
    """The signature is not this key's over these bytes, or not in its one strict form."""

    code = "SIGNATURE_INVALID"


class PublicKeyInvalid(ProofRejected):
    """The public key is not a canonical point of large order."""

    code = "PUBLIC_KEY_INVALID"


def key_id(alg: str, public_key: bytes) -> bytes:
    """Return KEY_ID = H(alg ‖ 0x00 ‖ raw public key)."""
    return sha256(alg.encode("ascii") + b"\x00" + public_key)


def _is_strict_point(encoded: bytes) -> bool:
    y = int.from_bytes(encoded, "little") & _Y_MASK
    return y < _P and y not in _SMALL_ORDER_Y


def check_public_key(public_key: bytes) -> None:
    """Refuse a key that is not 32 bytes, not canonical, not a point, or of small order.

    For registration: that it is a point at all costs a modular exponentiation.
    """
    _check_encoding(public_key)
    if not _is_on_curve(int.from_bytes(public_key, "little") & _Y_MASK):
        raise PublicKeyInvalid("public key is not a point of the curve")


def _is_on_curve(y: int) -> bool:
    """Tell whether some x fits: x² = (y² - 1) / (d y² + 1) must be a square (section 5.1.3)."""
    square = (y * y - 1) * (_D * y * y + 1)
    return pow(square, (_P - 1) // 2, _P) <= 1


def _check_encoding(public_key: bytes) -> None:
    if len(public_key) != KEY_BYTES:
        raise PublicKeyInvalid(
            f"public key has the wrong length: expected {KEY_BYTES} bytes, got {len(public_key)}"
        )
    if not _is_strict_point(public_key):
        raise PublicKeyInvalid("public key is not a canonical point of large order")


def verify_strict(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature.

    Raises
    ------
    PublicKeyInvalid, SignatureInvalid
    """
    _check_encoding(public_key)
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureInvalid(
            f"signature has the wrong length: expected {SIGNATURE_BYTES} bytes, "
            f"got {len(signature)}"
        )
    if not _is_strict_point(signature[:32]):
        raise SignatureInvalid("signature's R is not a canonical point of large order")
    if int.from_bytes(signature[32:], "little") >= _L:
        raise SignatureInvalid("signature's S is not below the group order")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid("signature does not match its key and message") from error


class SigningKey:
    """An Ed25519 private key; it shows its secret to key files only, by `to_seed`."""

    alg = ALG

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key = private.public_key().public_bytes_raw()
        self.key_id = key_id(ALG, self.public_key)

    @classmethod
    def generate(cls) -> SigningKey:
        """Draw a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Return the key of a 32-byte seed."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id.hex()[:16]})"

    def to_seed(self) -> bytes:
        """Return the 32-byte seed, for a key file."""
        return self._private.private_bytes_raw()
