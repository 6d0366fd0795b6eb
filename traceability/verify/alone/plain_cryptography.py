"""Checking Ed25519 and ECDSA signatures in Python, in the form of `cryptography`'s modules.

Sources: RFC 8032, section 5.1 (no cofactor; what else is strict is in `hashing/ed25519.py`);
SEC 1, sections 2.3.4 and 4.1.4, on the curve secp256k1 of SEC 2. It only checks: nothing is
signed here, so nothing secret is at hand, and it need not take the same time for every input.
"""

from __future__ import annotations

import hashlib
from typing import Any

Affine = tuple[int, int]
Extended = tuple[int, int, int, int]

# Ed25519: -x² + y² = 1 + d x² y² over 2^255 - 19.
_Q = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _Q) % _Q
_ROOT_OF_MINUS_ONE = pow(2, (_Q - 1) // 4, _Q)
_IDENTITY: Extended = (0, 1, 1, 0)

# secp256k1: y² = x³ + 7 over _P; order _N.
_P = 2**256 - 2**32 - 977
_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G: Affine = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_COMPRESSED_BYTES = 33


class InvalidSignature(Exception):
    """The signature does not match."""


class UnsupportedAlgorithm(Exception):
    """Never raised here."""


# Ed25519


def _recovered(encoded: bytes) -> Extended | None:
    """Return the point of 32 bytes; none if no x fits its y (RFC 8032, section 5.1.3)."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= _Q:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _Q) % _Q
    x = pow(square, (_Q + 3) // 8, _Q)
    if x * x % _Q != square:
        x = x * _ROOT_OF_MINUS_ONE % _Q
    if x * x % _Q != square or (x == 0 and sign):
        return None
    x = _Q - x if x & 1 != sign else x
    return (x, y, 1, x * y % _Q)


def _added(one: Extended, other: Extended) -> Extended:
    """Add two points (RFC 8032, section 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % _Q
    b = (one[1] + one[0]) * (other[1] + other[0]) % _Q
    c = 2 * one[3] * other[3] * _D % _Q
    d = 2 * one[2] * other[2] % _Q
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _Q, g * h % _Q, f * g % _Q, e * h % _Q)


def _sum_of_multiples(one: Extended, times: int, other: Extended, more: int) -> Extended:
    """Return times · one + more · other, both numbers read bit by bit together."""
    steps = {1: one, 2: other, 3: _added(one, other)}
    total = _IDENTITY
    for bit in reversed(range(max(times.bit_length(), more.bit_length()))):
        total = _added(total, total)
        step = (times >> bit & 1) | (more >> bit & 1) << 1
        if step:
            total = _added(total, steps[step])
    return total


def _encoded(point: Extended) -> bytes:
    inverse = pow(point[2], -1, _Q)
    x, y = point[0] * inverse % _Q, point[1] * inverse % _Q
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE_Y = 4 * pow(5, -1, _Q) % _Q
_BASE = _recovered(_BASE_Y.to_bytes(32, "little")) or _IDENTITY


class Ed25519PublicKey:
    """A public key; it is read when it is used."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @classmethod
    def from_public_bytes(cls, data: bytes) -> Ed25519PublicKey:
        """Return the key of 32 bytes."""
        return cls(data)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Check that S·B − k·A, encoded, is the R of the signature."""
        key = _recovered(self._data)
        s = int.from_bytes(signature[32:], "little")
        if key is None or s >= _L:
            raise InvalidSignature
        k = int.from_bytes(hashlib.sha512(signature[:32] + self._data + data).digest(), "little")
        minus_key = (_Q - key[0], key[1], key[2], _Q - key[3])
        found = _sum_of_multiples(_BASE, s, minus_key, k % _L)
        if _encoded(found) != signature[:32]:
            raise InvalidSignature


# ECDSA on secp256k1


def _plus(one: Affine | None, other: Affine | None) -> Affine | None:
    """Add two points of secp256k1; None is the point at infinity."""
    if one is None or other is None:
        return one or other
    if one[0] == other[0] and (one[1] + other[1]) % _P == 0:
        return None
    if one == other:
        slope = 3 * one[0] * one[0] * pow(2 * one[1], -1, _P) % _P
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P) % _P
    x = (slope * slope - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _multiple(point: Affine | None, times: int) -> Affine | None:
    total: Affine | None = None
    while times:
        if times & 1:
            total = _plus(total, point)
        point = _plus(point, point)
        times >>= 1
    return total


class EllipticCurvePublicKey:
    """A point of secp256k1."""

    def __init__(self, point: Affine) -> None:
        self._point = point

    @classmethod
    def from_encoded_point(cls, _curve: object, data: bytes) -> EllipticCurvePublicKey:
        """Return the point of 33 bytes, the only form in use (SEC 1, section 2.3.4)."""
        x = int.from_bytes(data[1:], "big")
        square = (x * x * x + 7) % _P
        y = pow(square, (_P + 1) // 4, _P)
        if len(data) != _COMPRESSED_BYTES or data[0] not in (2, 3) or x >= _P:
            raise ValueError("public key is not in compressed form")
        if y * y % _P != square:
            raise ValueError("public key is not a point of the curve")
        return cls((x, y if y & 1 == data[0] & 1 else _P - y))

    def verify(self, signature: bytes, digest: bytes, _algorithm: object) -> None:
        """Check a signature over a digest of 32 bytes (SEC 1, section 4.1.4)."""
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        if not (1 <= r < _N and 1 <= s < _N):
            raise InvalidSignature
        inverse = pow(s, -1, _N)
        found = _plus(
            _multiple(_G, int.from_bytes(digest, "big") * inverse % _N),
            _multiple(self._point, r * inverse % _N),
        )
        if found is None or found[0] % _N != r:
            raise InvalidSignature


def encode_dss_signature(r: int, s: int) -> bytes:
    """Return r and s side by side; `verify` above reads them so."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class _NotHere:
    """Stands for what only makes keys and signatures."""

    def __init__(self, *_: Any) -> None:
        """Take whatever it is made of."""


def __getattr__(name: str) -> type[_NotHere]:
    """Stand for every other name that the sources import and checking does not use."""
    if name.startswith("__"):
        raise AttributeError(name)
    return _NotHere
